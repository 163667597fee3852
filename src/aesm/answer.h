/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aesm/answer.h: what each request is answered, to the byte as Intel's aesmd answers it without its
 * EPID and launch services (which it no longer has). Pure but for the backend's calls.
 */
#ifndef COFFER_AESM_ANSWER_H
#define COFFER_AESM_ANSWER_H

#include "aesm/backend.h"
#include "aesm/message.h"

/** aesm_key_id() - the one attestation key offered: ECDSA on P-256, AESM_KEY_ID_SIZE bytes */
struct span aesm_key_id(void);

/**
 * aesm_answer_at_once() - answer what needs no quoting enclave
 * @out:      receives the response frame
 * @ret_code: the response's error code
 * Return: true when answered; false when the backend is needed.
 */
NODISCARD bool aesm_answer_at_once(const struct aesm_request *q, struct buf *out,
                                   uint32_t *ret_code);

/** aesm_answer_key() - append what makes two requests to the backend the same: a request's message
 */
void aesm_answer_key(const struct aesm_request *q, struct buf *out);

/**
 * aesm_answer() - let the backend answer
 * @key: from aesm_answer_key()
 * @out: receives the response frame
 * Return: the response's error code; @err has the cause when it is not 0.
 */
uint32_t aesm_answer(const struct aesm_backend *backend, struct span key, struct buf *out,
                     struct err *err);

/** aesm_answer_refusal() - append a response of @kind that says @code and nothing else */
void aesm_answer_refusal(enum aesm_kind kind, uint32_t code, struct buf *out);

#endif
