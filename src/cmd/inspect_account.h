/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd/inspect_account.h: one account of an object, described once and written in three forms: for
 * people on 80 columns, the same with the place of every field, and JSON. Text from the file never
 * reaches a terminal as it is: bytes that do not print become '?'.
 */
#ifndef COFFER_CMD_INSPECT_ACCOUNT_H
#define COFFER_CMD_INSPECT_ACCOUNT_H

#include <stdbool.h>

#include "codec/json_writer.h"

enum {
    ACCOUNT_COLUMNS = 80,
    ACCOUNT_SIZE_MAX = 64 * 1024 * 1024, /* bytes of one account */
};

struct account {
    struct buf *out; /* borrowed; latches */
    struct json_writer w;
    bool json;
    bool bytes;       /* with offset and size of each field */
    struct span wire; /* offsets count from here; fields elsewhere have none */
    unsigned depth;   /* of groups, for people */
};

/** account_of() - @wire: the file's bytes, or what was decoded from it */
struct account account_of(struct buf *out, bool json, bool bytes, struct span wire);

/** account_begin() - a group of fields; @where may be empty. Close with account_end(). */
void account_begin(struct account *a, const char *name, struct span where);
void account_end(struct account *a);

/** account_list() - a list of groups, each between account_item() and account_end() */
void account_list(struct account *a, const char *name);
void account_list_end(struct account *a);
void account_item(struct account *a, const char *heading, size_t number, struct span where);

/* One field each. @where: its bytes in the file, or the empty span. */
void account_hex(struct account *a, const char *name, struct span bytes);
void account_hex_noted(struct account *a, const char *name, struct span bytes, const char *note);
void account_number(struct account *a, const char *name, uint64_t value, struct span where);
void account_text(struct account *a, const char *name, struct span text, struct span where);
void account_string(struct account *a, const char *name, const char *text);
void account_time(struct account *a, const char *name, int64_t unix_s);
void account_flag(struct account *a, const char *name, bool value);

/** account_problem() - a part that cannot be shown, and why; lack of memory fails the whole account
 */
void account_problem(struct account *a, int code, const char *reason);

/** account_words() - a list of short texts; nothing for people when there are none */
void account_words(struct account *a, const char *name, const struct span *words, size_t count);

/** account_svns() - security version numbers, one a byte */
void account_svns(struct account *a, const char *name, const uint8_t *svns, size_t count);

/** account_reserved() - bytes without meaning: shown with --bytes, or when they are not zero */
void account_reserved(struct account *a, const char *name, struct span bytes);

#endif
