/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coffer/sdk_host.h: the untrusted half: load a signed enclave through /dev/sgx_enclave of Linux
 * and call into it. Needs nothing but a C library (glibc or musl) and threads; the same program
 * runs on hardware and, by `coffer run`, without.
 */
#ifndef COFFER_SDK_HOST_H
#define COFFER_SDK_HOST_H

#include "coffer/sdk.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    COFFER_TEXT_SIZE = 512, /* bytes of a sentence that says what failed, NUL included */
};

struct coffer_enclave; /* opaque; may be used by any number of threads */

/**
 * coffer_ocall_fn - serves one call out of the enclave
 * @data: @size bytes in host memory, changed in place for the answer
 * @context: as given when loading
 * Return: given to the enclave as it is.
 */
typedef int64_t (*coffer_ocall_fn)(void *data, size_t size, void *context);

/** struct coffer_load_options - all zero is a good default */
struct coffer_load_options {
    const coffer_ocall_fn
        *ocalls; /* the table that coffer_ocall() indexes; borrowed for the life */
    size_t ocall_count;
    void *ocall_context;
    const uint8_t *config_id; /* 64 bytes for an enclave with key separation (kss), or NULL */
    uint16_t config_svn;
};

/**
 * coffer_load() - load, measure, verify and start a signed enclave
 * @path: a file made by `coffer sign`
 * @options: may be NULL
 * @ret: released with coffer_unload()
 * @text: COFFER_TEXT_SIZE bytes that say what failed; may be NULL
 * Return: 0; negative errno: -ENOENT for a missing file or no SGX device, -EBADMSG for a file that
 * is not a signed enclave, -EPERM when EINIT refused it (a changed byte, a wrong signature,
 * attributes), -EACCES for a key or permission it may not have, -ENOMEM without EPC.
 */
int coffer_load(const char *path, const struct coffer_load_options *options,
                struct coffer_enclave **ret, char *text);

/**
 * coffer_call() - call function @index of the enclave's table on one of its threads
 * @data: @size bytes, copied in and back out; may be NULL when @size is 0
 * @ret_result: the function's return value; written only on COFFER_OK
 * Waits until an enclave thread is free. Return: COFFER_OK or why not.
 */
enum coffer_status coffer_call(struct coffer_enclave *enclave, uint32_t index, void *data,
                               size_t size, int64_t *ret_result);

/** coffer_unload() - destroy; no thread may be inside. NULL is ignored. */
void coffer_unload(struct coffer_enclave *enclave);

/** coffer_status_text() - a sentence for a status */
const char *coffer_status_text(enum coffer_status status);

#ifdef __cplusplus
}
#endif

#endif
