/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aesm/message.h: AESM messages as values. Pure: no I/O, no decision about trust.
 *
 * Source of the rules: messages.proto and ProtobufSerializer of Intel's aesmd. What its parser does
 * and this one does too: several kinds in one request are settled by a fixed precedence; a field
 * that comes twice counts as its last, an embedded message that comes twice is merged; unknown
 * fields and known ones of another wire type are skipped; a request whose required fields are not
 * all there is answered with "unexpected error", not dropped. One thing is stricter: bytes that are
 * not a proto2 message at all are refused, where aesmd would act on the part before the fault.
 */
#ifndef COFFER_AESM_MESSAGE_H
#define COFFER_AESM_MESSAGE_H

#include "aesm/protocol.h"
#include "base/buf.h"
#include "base/err.h"

/** struct aesm_bytes - an optional field of bytes; borrowed from the request's message */
struct aesm_bytes {
    bool present;
    struct span bytes;
};

/** struct aesm_request - one request; fields that its kind does not have stay zero */
struct aesm_request {
    enum aesm_kind kind;
    bool complete; /* every required field is there */
    struct aesm_bytes report;
    struct aesm_bytes key_id;         /* att_key_id */
    struct aesm_bytes key_id_list;    /* att_key_id_list */
    struct aesm_bytes qe_report_info; /* nonce | target info | report */
    uint64_t wants_pub_key_id;        /* b_pub_key_id: not zero is yes */
    uint64_t buf_size;                /* bytes; clients send garbage when they ask for no key id */
    uint64_t data_type;
};

/**
 * aesm_request_parse() - decode the message of a request frame
 * @message: untrusted, without the frame's length; the request's spans point into it
 * Return: 0; -EBADMSG when it is no proto2 message; -ENOMSG when no known kind is set. Either way
 * the connection is closed without an answer.
 */
NODISCARD int aesm_request_parse(struct span message, struct aesm_request *ret, struct err *err);

/** aesm_kind_name() - "getQuoteEx"; "unknown" for what is no kind */
const char *aesm_kind_name(enum aesm_kind kind);

/** aesm_code_text() - a sentence for an error code */
const char *aesm_code_text(uint32_t code);

/**
 * struct aesm_field - one field of a response. With @is_bytes: @bytes, then @pad zeros;
 * otherwise @number.
 */
struct aesm_field {
    unsigned tag; /* field number in the response message, 1 to 15 */
    bool is_bytes;
    uint64_t number;
    struct span bytes;
    size_t pad; /* bytes */
};

/** aesm_field_size() - bytes of the field on the wire, its tag and length included */
size_t aesm_field_size(const struct aesm_field *f);

/**
 * aesm_response_render() - append a whole response frame
 * @code:   errorCode, which is written first
 * @fields: the others, ascending in their tags
 */
void aesm_response_render(struct buf *out, enum aesm_kind kind, uint32_t code,
                          const struct aesm_field *fields, size_t count);

/** aesm_request_render() - append a whole request frame; for clients and tests */
void aesm_request_render(struct buf *out, enum aesm_kind kind, const struct aesm_field *fields,
                         size_t count);

/** struct aesm_response - a response as a client reads it; spans point into the message */
struct aesm_response {
    enum aesm_kind kind;
    uint32_t code;
    struct aesm_bytes bytes[5]; /* by field number: 2 to 4 */
    uint64_t numbers[5];        /* by field number */
};

/** aesm_response_parse() - decode the message of a response frame. Return: 0; -EBADMSG. */
NODISCARD int aesm_response_parse(struct span message, struct aesm_response *ret, struct err *err);

#endif
