/*
 * codec/json.h: a JSON text as a tree, for callers that need to look around in it. One allocation
 * arena a document; strings are decoded, raw bytes of every value stay available. Signed or large
 * inputs with a known shape are better read with codec/json_reader.h.
 */
#ifndef COFFER_CODEC_JSON_H
#define COFFER_CODEC_JSON_H

#include "codec/json_reader.h"

enum {
    JSON_TEXT_SIZE_MAX = 16 * 1024 * 1024, /* bytes of a document */
    JSON_VALUE_COUNT_MAX = 1024 * 1024,    /* values of a document */
};

struct json_doc;   /* owns everything; opaque */
struct json_value; /* borrowed from its document; opaque */

/**
 * json_parse() - decode a whole text; duplicate keys in one object are refused
 * @text: copied; Return: 0 and @ret, released with json_free(); -EBADMSG; -EMSGSIZE; -ENOMEM.
 */
NODISCARD int json_parse(struct span text, struct json_doc **ret, struct err *err);
void json_free(struct json_doc *doc);
void json_freep(struct json_doc **doc);
const struct json_value *json_root(const struct json_doc *doc);

/* All accessors take NULL and then find nothing, so that paths can be chained. */
enum json_type json_type_of(const struct json_value *v);

/** json_find() - member @key of an object, or NULL */
const struct json_value *json_find(const struct json_value *object, const char *key);

/** json_count() - members of an object or items of an array, else 0 */
size_t json_count(const struct json_value *v);

/** json_first() / json_following() - iterate members or items; NULL at the end */
const struct json_value *json_first(const struct json_value *v);
const struct json_value *json_following(const struct json_value *v);

/** json_key_of() - key of a member, decoded; the empty span for an array's item */
struct span json_key_of(const struct json_value *v);

/** json_text_of() - a string, decoded; the empty span for other types. NUL-terminated behind its
 * len. */
struct span json_text_of(const struct json_value *v);

/** json_cstr_of() - a string without NUL inside; NULL for other types */
const char *json_cstr_of(const struct json_value *v);

/** json_int_of() - an integer that fits. Return: false and @ret untouched otherwise */
bool json_int_of(const struct json_value *v, int64_t *ret);

/** json_true_of() - true only for the literal true */
bool json_true_of(const struct json_value *v);

/** json_raw_of() - the bytes as received, without surrounding blanks */
struct span json_raw_of(const struct json_value *v);

#endif
