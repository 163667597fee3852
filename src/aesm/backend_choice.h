/* SPDX-License-Identifier: Apache-2.0 */
/* aesm/backend_choice.h: which backend makes the quotes, and what the software one needs around it.
 */
#ifndef COFFER_AESM_BACKEND_CHOICE_H
#define COFFER_AESM_BACKEND_CHOICE_H

#include "aesm/backend.h"
#include "software/authority.h"

enum aesm_backend_choice {
    AESM_BACKEND_AUTO, /* Intel's library on a machine with SGX, otherwise the software platform */
    AESM_BACKEND_SOFTWARE,
    AESM_BACKEND_INTEL,
};

/** struct aesm_backend_options - strings are borrowed */
struct aesm_backend_options {
    enum aesm_backend_choice choice;
    const char *state_dir; /* the node's: platform/ has its secret, quote-helper/ our keys */
    const char *ca_dir;    /* of the software platform's authority */
    enum software_issuer issuer;
    const char *pccs_url; /* for Intel's provider library; NULL: as it is configured */
};

/** aesm_backend_choice_parse() - "auto", "software", "intel". Return: 0; -EINVAL. */
NODISCARD int aesm_backend_choice_parse(const char *text, enum aesm_backend_choice *ret,
                                        struct err *err);

/**
 * aesm_backend_open() - choose and open
 * @ret:    release with aesm_backend_done()
 * @ret_ca: the software platform's authority, NULL with Intel's library; software_authority_free()
 */
NODISCARD int aesm_backend_open(const struct aesm_backend_options *options, int64_t now_s,
                                struct aesm_backend *ret, struct software_authority **ret_ca,
                                struct err *err);

#endif
