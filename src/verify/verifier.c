/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/verifier.h"

#include <errno.h>

#include "codec/pem.h"
#include "verify/verifier_internal.h"

/* Subject public key of the "Intel SGX Root CA", the same in all of its certificates. */
const uint8_t VERIFIER_INTEL_ROOT_KEY[VERIFIER_ROOT_KEY_SIZE] = {
    0x0b, 0xa9, 0xc4, 0xc0, 0xc0, 0xc8, 0x61, 0x93, 0xa3, 0xfe, 0x23, 0xd6, 0xb0, 0x2c, 0xda, 0x10,
    0xa8, 0xbb, 0xd4, 0xe8, 0x8e, 0x48, 0xb4, 0x45, 0x85, 0x61, 0xa3, 0x6e, 0x70, 0x55, 0x25, 0xf5,
    0x67, 0x91, 0x8e, 0x2e, 0xdc, 0x88, 0xe4, 0x0d, 0x86, 0x0b, 0xd0, 0xcc, 0x4e, 0xe2, 0x6a, 0xac,
    0xc9, 0x88, 0xe5, 0x05, 0xa9, 0x53, 0x55, 0x8c, 0x45, 0x3f, 0x6b, 0x09, 0x04, 0xae, 0x73, 0x94,
};

int verifier_new(const struct verifier_options *options, struct verifier **ret, struct err *err)
{
    const uint8_t *key = options && options->root_key ? options->root_key : VERIFIER_INTEL_ROOT_KEY;
    size_t max = options && options->platform_max ? options->platform_max
                                                  : (size_t)VERIFIER_PLATFORM_DEFAULT;
    CLEANUP(verifier_freep) struct verifier *v = calloc(1, sizeof(*v));

    if (!v || trust_init(&v->trust, key) < 0 || !(v->platforms = pck_cache_new(max)))
        return err_set(err, -ENOMEM, "verifier");
    *ret = TAKE_PTR(v);
    return 0;
}

void verifier_free(struct verifier *v)
{
    if (!v)
        return;
    trust_done(&v->trust);
    pck_cache_free(v->platforms);
    free(v);
}

void verifier_freep(struct verifier **v)
{
    verifier_free(*v);
}

/* SubjectPublicKeyInfo ends in the point: its last 65 bytes, after an exact prefix for P-256. */
static int public_key_info_parse(struct span der, uint8_t ret_key[static VERIFIER_ROOT_KEY_SIZE],
                                 struct err *err)
{
    static const uint8_t prefix[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                     0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                     0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};

    if (der.len != sizeof(prefix) + VERIFIER_ROOT_KEY_SIZE ||
        memcmp(der.data, prefix, sizeof(prefix)) != 0)
        return err_set(err, -EBADMSG, "trust root: not an uncompressed P-256 public key");
    memcpy(ret_key, der.data + sizeof(prefix), VERIFIER_ROOT_KEY_SIZE);
    return 0;
}

static int certificate_key_parse(struct span der, uint8_t ret_key[static VERIFIER_ROOT_KEY_SIZE],
                                 struct err *err)
{
    struct x509 cert;

    if (x509_parse(der, &cert, err) < 0)
        return err_wrap(err, "trust root");
    if (!span_equal(cert.subject, cert.issuer))
        return err_set(err, -EBADMSG, "trust root: the certificate is not a root");
    memcpy(ret_key, cert.key, VERIFIER_ROOT_KEY_SIZE);
    return 0;
}

int verifier_root_key_parse(struct span text, uint8_t ret_key[static VERIFIER_ROOT_KEY_SIZE],
                            struct err *err)
{
    CLEANUP(buf_done) struct buf der = buf_init(X509_SIZE_MAX);
    struct span rest = text, block;
    int r;

    if (text.len == 1 + VERIFIER_ROOT_KEY_SIZE && text.data[0] == 0x04) {
        memcpy(ret_key, text.data + 1, VERIFIER_ROOT_KEY_SIZE);
        return 0;
    }
    if (text.len > 0 && text.data[0] == DER_SEQUENCE)
        return certificate_key_parse(text, ret_key, err);
    r = pem_next(&rest, "CERTIFICATE", &der, &block, err);
    if (r == 1)
        return certificate_key_parse(block, ret_key, err);
    if (r == 0)
        r = pem_next(&rest, "PUBLIC KEY", &der, &block, err);
    if (r == 1)
        return public_key_info_parse(block, ret_key, err);
    if (r < 0)
        return err_wrap(err, "trust root");
    return err_set(err, -EBADMSG, "trust root: neither a certificate nor a public key");
}
