/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aesm/answer.h: the answer to each request, to the byte as Intel's aesmd gives it without its EPID
 * and launch services, which it no longer has. Pure except for the backend's calls.
 */
#ifndef COFFER_AESM_ANSWER_H
#define COFFER_AESM_ANSWER_H

#include "aesm/backend.h"
#include "aesm/message.h"

/** aesm_key_id() - the one attestation key offered: ECDSA on P-256, AESM_KEY_ID_SIZE bytes */
struct span aesm_key_id(void);

/**
 * struct aesm_canonical - a request that was checked and needs the backend, as a value: no pointer
 * and no padding. Fields that the kind does not have are zero. It holds everything that the answer
 * depends on and nothing else, so requests with the same bytes share one call of the backend.
 */
struct aesm_canonical {
    uint32_t kind;               /* enum aesm_kind */
    uint32_t buf_size;           /* bytes of the quote's or the key identity's buffer */
    uint32_t wants_pub_key_id;   /* 0 or 1 */
    uint32_t has_qe_report_info; /* 0 or 1 */
    uint8_t report[AESM_REPORT_SIZE];
    uint8_t qe_report_info[AESM_QE_REPORT_INFO_SIZE];
};

/** aesm_request_canonical() - @q was not answered by aesm_answer_at_once() */
void aesm_request_canonical(const struct aesm_request *q, struct aesm_canonical *ret);

/** aesm_canonical_bytes() - the bytes that identify the request; borrowed from @c */
struct span aesm_canonical_bytes(const struct aesm_canonical *c);

/** aesm_canonical_of() - the request again, from aesm_canonical_bytes() of it */
void aesm_canonical_of(struct span bytes, struct aesm_canonical *ret);

/**
 * aesm_answer_at_once() - answer a request that needs no quoting enclave
 * @out:      receives the response frame
 * @ret_code: the response's error code
 * Return: true when answered; false when the backend is needed.
 */
NODISCARD bool aesm_answer_at_once(const struct aesm_request *q, struct buf *out,
                                   uint32_t *ret_code);

/**
 * aesm_answer() - let the backend answer
 * @out: receives the response frame
 * Return: the response's error code; @err has the cause when it is not 0.
 */
uint32_t aesm_answer(const struct aesm_backend *backend, const struct aesm_canonical *q,
                     struct buf *out, struct err *err);

/** aesm_answer_refusal() - append a response of @kind that has @code and no payload */
void aesm_answer_refusal(enum aesm_kind kind, uint32_t code, struct buf *out);

#endif
