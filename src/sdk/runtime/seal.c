/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sealed blob is header | label | ciphertext | tag. The header holds the key request, without
 * which the key cannot be derived again. Header and label are the additional data of AES-GCM, so a
 * changed bit anywhere gives COFFER_NOT_AUTHENTIC: a host cannot weaken the policy, lower a version
 * or exchange a label.
 *
 * Each blob has a random KEYID and with it a key of its own, so no counter of nonces has to be
 * kept, which an enclave could not protect against a rollback. The IV is random as well.
 *
 * The versions in the request are those of the enclave that seals. A newer version of the enclave
 * may unseal, an older one is refused by EGETKEY.
 */
#include "crypto_bare/bytes.h"
#include "crypto_bare/gcm.h"
#include "crypto_bare/mem.h"
#include "sdk/runtime/runtime.h"
#include "sgx/attributes.h"
#include "sgx/keyrequest.h"
#include "sgx/report.h"

/* offsets in bytes of the header */
enum {
    MAGIC = 0,
    KEYPOLICY = 8,
    ISVSVN = 10,
    RESERVED1 = 12,
    ATTRIBUTEMASK = 16,
    MISCMASK = 32,
    LABEL_SIZE = 36,
    TEXT_SIZE = 40,
    RESERVED2 = 44,
    CPUSVN = 48,
    KEYID = 64,
    IV = 96,
    RESERVED3 = 108,
    HEADER_SIZE = 144,
};

static_assert(HEADER_SIZE + (int)GCM_TAG_SIZE == (int)COFFER_SEAL_OVERHEAD, "sdk_enclave.h");

static const uint8_t magic[8] = "COFSEAL1";

/* XFRM, and the flags that may differ between two runs of one enclave, are not part of the key */
#define SEAL_FLAGS                                                                                 \
    (SGX_ATTRIBUTE_INIT | SGX_ATTRIBUTE_DEBUG | SGX_ATTRIBUTE_MODE64BIT |                          \
     SGX_ATTRIBUTE_PROVISIONKEY | SGX_ATTRIBUTE_EINITTOKENKEY | SGX_ATTRIBUTE_KSS)

/** key_of() - the key that a header names. Return: 0 or the code of EGETKEY. */
static int key_of(const uint8_t *header, uint8_t ret_key[static SGX_KEY_SIZE])
{
    struct sgx_keyrequest request = {
        .key_name = SGX_KEY_SEAL,
        .key_policy = load_u16le(header + KEYPOLICY),
        .isv_svn = load_u16le(header + ISVSVN),
        .attribute_mask = sgx_attributes_parse(header + ATTRIBUTEMASK),
        .misc_mask = load_u32le(header + MISCMASK),
    };
    uint8_t wire[SGX_KEYREQUEST_SIZE];

    memcpy(request.cpusvn, header + CPUSVN, SGX_CPUSVN_SIZE);
    memcpy(request.key_id, header + KEYID, SGX_KEYID_SIZE);
    sgx_keyrequest_render(&request, wire);
    return coffer_key(wire, ret_key);
}

/** versions_self() - the present CPUSVN and ISVSVN */
static void versions_self(uint8_t *header)
{
    static const uint8_t nobody[SGX_TARGETINFO_SIZE];
    static const uint8_t nothing[SGX_REPORT_DATA_SIZE];
    uint8_t report[SGX_REPORT_SIZE];
    struct sgx_report_body body;

    (void)coffer_report(nobody, nothing, report);
    sgx_report_body_parse(report, &body);
    memcpy(header + CPUSVN, body.cpusvn, SGX_CPUSVN_SIZE);
    store_u16le(header + ISVSVN, body.isv_svn);
}

static void header_make(unsigned to, size_t label_size, size_t size,
                        uint8_t header[static HEADER_SIZE])
{
    memset(header, 0, HEADER_SIZE);
    memcpy(header + MAGIC, magic, sizeof(magic));
    store_u16le(header + KEYPOLICY, (uint16_t)to);
    sgx_attributes_render((struct sgx_attributes){.flags = SEAL_FLAGS}, header + ATTRIBUTEMASK);
    store_u32le(header + LABEL_SIZE, (uint32_t)label_size);
    store_u32le(header + TEXT_SIZE, (uint32_t)size);
    versions_self(header);
    coffer_random(header + KEYID, SGX_KEYID_SIZE);
    coffer_random(header + IV, GCM_IV_SIZE);
}

static bool is_policy(unsigned to)
{
    return to != 0 && (to & ~(unsigned)(COFFER_SEAL_ENCLAVE | COFFER_SEAL_SIGNER)) == 0;
}

PUBLIC enum coffer_status coffer_seal(unsigned to, const void *label, size_t label_size,
                                      const void *secret, size_t size, void *ret_sealed)
{
    uint8_t key[SGX_KEY_SIZE];
    struct gcm_input in;
    uint8_t *blob, *text;
    size_t text_at = HEADER_SIZE + label_size;
    int status;

    if (!is_policy(to))
        return COFFER_MALFORMED;
    if (label_size > UINT32_MAX || size > UINT32_MAX)
        return COFFER_TOO_LARGE;
    blob = coffer_alloc(COFFER_SEAL_OVERHEAD + label_size + size);
    if (!blob)
        return COFFER_NO_MEMORY;
    header_make(to, label_size, size, blob);
    if (label_size > 0)
        memcpy(blob + HEADER_SIZE, label, label_size);
    status = key_of(blob, key);
    if (status != SGX_SUCCESS) {
        coffer_free(blob);
        return COFFER_REFUSED;
    }
    text = blob + text_at;
    in = (struct gcm_input){.key = key,
                            .iv = blob + IV,
                            .aad = blob,
                            .aad_size = text_at,
                            .text = secret,
                            .text_size = size};
    gcm_encrypt(&in, text, text + size);
    mem_wipe(key, sizeof(key));
    memcpy(ret_sealed, blob, COFFER_SEAL_OVERHEAD + label_size + size);
    coffer_free(blob);
    return COFFER_OK;
}

PUBLIC enum coffer_status coffer_sealed_sizes(const void *sealed, size_t sealed_size,
                                              size_t *ret_label_size, size_t *ret_size)
{
    const uint8_t *header = sealed;
    size_t label_size, size;

    if (sealed_size < COFFER_SEAL_OVERHEAD || memcmp(header + MAGIC, magic, sizeof(magic)) != 0 ||
        !is_policy(load_u16le(header + KEYPOLICY)))
        return COFFER_MALFORMED;
    label_size = load_u32le(header + LABEL_SIZE);
    size = load_u32le(header + TEXT_SIZE);
    if (sealed_size - COFFER_SEAL_OVERHEAD != label_size + size)
        return COFFER_MALFORMED;
    *ret_label_size = label_size;
    *ret_size = size;
    return COFFER_OK;
}

PUBLIC enum coffer_status coffer_unseal(const void *sealed, size_t sealed_size, void *ret_label,
                                        void *ret_secret)
{
    const uint8_t *blob = sealed;
    uint8_t key[SGX_KEY_SIZE];
    size_t label_size, size;
    struct gcm_input in;
    bool authentic;

    if (!coffer_is_inside(sealed, sealed_size) ||
        coffer_sealed_sizes(sealed, sealed_size, &label_size, &size) != COFFER_OK)
        return COFFER_MALFORMED;
    if (key_of(blob, key) != SGX_SUCCESS)
        return COFFER_REFUSED;
    in = (struct gcm_input){.key = key,
                            .iv = blob + IV,
                            .aad = blob,
                            .aad_size = HEADER_SIZE + label_size,
                            .text = blob + HEADER_SIZE + label_size,
                            .text_size = size};
    authentic = gcm_decrypt(&in, blob + HEADER_SIZE + label_size + size, ret_secret);
    mem_wipe(key, sizeof(key));
    if (!authentic)
        return COFFER_NOT_AUTHENTIC;
    if (ret_label && label_size > 0)
        memcpy(ret_label, blob + HEADER_SIZE, label_size);
    return COFFER_OK;
}
