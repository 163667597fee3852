/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The software quoting enclave seals as a real one does: the file's key comes from EGETKEY with the
 * MRSIGNER policy and a random KEYID, and AES-GCM covers the KEYID as well. So the file is bound to
 * the node's secret: on another node, or after the secret was replaced, it does not open.
 *
 * The attestation key and the PCK key are made once. The certificate chain is not secret and may
 * change: when the installation gets another authority, or the other issuer is chosen, the node's
 * keys are certified again and the file is replaced. The same happens when the certificate is not
 * in date: it ends soon, or it was made when the clock was ahead and is not valid yet. Keys are
 * used only after their file is on disk, so no quote is ever signed by a key that a crash could
 * lose.
 *
 * Names of the platform (PPID, platform instance, QE ID) are CMACs under keys of the enclave: they
 * are stable, different on each node, and tell nothing about the secret.
 */
#include "aesm/qe_keys.h"

#include <errno.h>
#include <stdio.h>
#include <sys/random.h>

#include "base/fd.h"
#include "crypto_bare/cmac.h"
#include "crypto_bare/gcm.h"
#include "software/identity.h"
#include "software/key_file.h"

enum {
    MAGIC_SIZE = 16,
    HEAD_SIZE = MAGIC_SIZE + SGX_KEYID_SIZE,
    SEALED_AT = HEAD_SIZE + GCM_IV_SIZE + GCM_TAG_SIZE,
    PRIVATE_PART = 2 * EC_PRIVATE_SIZE, /* bytes before the chain in the sealed text */
    TEXT_SIZE_MAX = PRIVATE_PART + SOFTWARE_CHAIN_MAX,
    FILE_SIZE_MAX = SEALED_AT + TEXT_SIZE_MAX,
    FILE_MODE = 0600,
    DIRECTORY_MODE = 0700,
    PATH_SIZE = 4096,
};

static const char magic[MAGIC_SIZE + 1] = "coffer-qe-keys-1";

void qe_keys_done(struct qe_keys *keys)
{
    ec_key_free(keys->attestation);
    ec_key_free(keys->pck);
    buf_done(&keys->chain);
    *keys = (struct qe_keys){0};
}

/* A key of the quoting enclave as EGETKEY gives it. Names and policies are ours: it cannot fail. */
static int enclave_key_get(const struct sgx_platform *platform, const struct sgx_secs *secs,
                           enum sgx_key_name name, const uint8_t *key_id,
                           uint8_t ret[static SGX_KEY_SIZE], struct err *err)
{
    struct sgx_keyrequest request = {
        .key_name = (uint16_t)name,
        .key_policy = name == SGX_KEY_SEAL ? SGX_KEYPOLICY_MRSIGNER : 0,
        .attribute_mask = {SGX_ATTRIBUTE_INIT | SGX_ATTRIBUTE_DEBUG, 0},
    };
    uint8_t wire[SGX_KEYREQUEST_SIZE];
    enum sgx_status status;

    if (key_id)
        memcpy(request.key_id, key_id, sizeof(request.key_id));
    sgx_keyrequest_render(&request, wire);
    status = sgx_egetkey(platform, secs, wire, ret);
    return status == SGX_SUCCESS ? 0 : err_set(err, -EIO, "EGETKEY returned %d", (int)status);
}

static int text_seal(const struct sgx_platform *platform, const struct sgx_secs *secs,
                     struct span text, struct buf *out, struct err *err)
{
    uint8_t key[SGX_KEY_SIZE], head[HEAD_SIZE], iv[GCM_IV_SIZE], tag[GCM_TAG_SIZE];
    uint8_t *sealed;
    int r;

    memcpy(head, magic, MAGIC_SIZE);
    if (getrandom(head + MAGIC_SIZE, SGX_KEYID_SIZE, 0) != SGX_KEYID_SIZE ||
        getrandom(iv, sizeof(iv), 0) != sizeof(iv))
        return err_errno(err, "random numbers");
    r = enclave_key_get(platform, secs, SGX_KEY_SEAL, head + MAGIC_SIZE, key, err);
    if (r < 0)
        return r;

    buf_put(out, span_of(head, sizeof(head)));
    buf_put(out, span_of(iv, sizeof(iv)));
    buf_put_zero(out, GCM_TAG_SIZE);
    sealed = buf_reserve(out, text.len);
    if (!sealed)
        return err_set(err, -ENOMEM, "sealed keys");
    const struct gcm_input in = {key, iv, head, sizeof(head), text.data, text.len};

    gcm_encrypt(&in, sealed, tag);
    out->len += text.len;
    memcpy(out->data + HEAD_SIZE + GCM_IV_SIZE, tag, sizeof(tag));
    explicit_bzero(key, sizeof(key));
    return 0;
}

static int file_unseal(const struct sgx_platform *platform, const struct sgx_secs *secs,
                       struct span file, struct buf *text, struct err *err)
{
    struct span sealed = span_from(file, SEALED_AT);
    uint8_t key[SGX_KEY_SIZE];
    bool ok;
    int r;

    if (sealed.len <= PRIVATE_PART || !span_starts_with(file, span_of(magic, MAGIC_SIZE)))
        return err_set(err, -EKEYREJECTED, "not a file of sealed keys");
    r = enclave_key_get(platform, secs, SGX_KEY_SEAL, file.data + MAGIC_SIZE, key, err);
    if (r < 0)
        return r;
    if (!buf_reserve(text, sealed.len))
        return err_set(err, -ENOMEM, "sealed keys");
    const struct gcm_input in = {key,       file.data + HEAD_SIZE, file.data,
                                 HEAD_SIZE, sealed.data,           sealed.len};

    ok = gcm_decrypt(&in, file.data + HEAD_SIZE + GCM_IV_SIZE, text->data);
    text->len += sealed.len;
    explicit_bzero(key, sizeof(key));
    return ok ? 0
              : err_set(err, -EKEYREJECTED,
                        "sealed by another node's secret, or damaged: remove it and the node "
                        "gets a new attestation key");
}

static int text_parse(struct span text, struct qe_keys *keys, struct err *err)
{
    int r = ec_key_from_private(text.data, &keys->attestation, err);

    if (r < 0)
        return r;
    r = ec_key_from_private(text.data + EC_PRIVATE_SIZE, &keys->pck, err);
    if (r < 0)
        return r;
    buf_put(&keys->chain, span_from(text, PRIVATE_PART));
    r = buf_status(&keys->chain);
    return r < 0 ? err_set(err, r, "PCK chain") : 0;
}

static int keys_load(const char *path, const struct sgx_platform *platform,
                     const struct sgx_secs *secs, struct qe_keys *keys, struct err *err)
{
    CLEANUP(buf_done) struct buf file = buf_init(FILE_SIZE_MAX);
    CLEANUP(key_file_wipe) struct buf text = buf_init(TEXT_SIZE_MAX);
    int r = key_file_read(path, &file, err);

    if (r < 0)
        return r;
    r = file_unseal(platform, secs, buf_span(&file), &text, err);
    if (r == 0)
        r = text_parse(buf_span(&text), keys, err);
    if (r < 0)
        err_wrap(err, "%s", path);
    return r;
}

static int keys_store(const char *path, const struct sgx_platform *platform,
                      const struct sgx_secs *secs, const struct qe_keys *keys, struct err *err)
{
    CLEANUP(key_file_wipe) struct buf text = buf_init(TEXT_SIZE_MAX);
    CLEANUP(buf_done) struct buf file = buf_init(FILE_SIZE_MAX);
    uint8_t *private = buf_reserve(&text, PRIVATE_PART);
    int r;

    if (!private)
        return err_set(err, -ENOMEM, "sealed keys");
    ec_key_private(keys->attestation, private);
    ec_key_private(keys->pck, private + EC_PRIVATE_SIZE);
    text.len += PRIVATE_PART;
    buf_put(&text, buf_span(&keys->chain));
    if (buf_status(&text) < 0)
        return err_set(err, buf_status(&text), "sealed keys");
    r = text_seal(platform, secs, buf_span(&text), &file, err);
    return r < 0 ? r : key_file_replace(path, buf_span(&file), FILE_MODE, err);
}

/* Sixteen bytes that are this node's and say nothing of its secret. */
static void id_derive(const uint8_t key[static SGX_KEY_SIZE], const char *label,
                      uint8_t ret[static CMAC_SIZE])
{
    cmac(key, label, strlen(label), ret);
}

static int chain_issue(const struct software_qe_options *options,
                       const struct sgx_platform *platform, const struct sgx_secs *secs,
                       struct qe_keys *keys, struct err *err)
{
    struct pck_extension x = {
        .pcesvn = SOFTWARE_PCESVN,
        .sgx_type = PCK_SGX_SCALABLE,
        .is_dynamic_platform = true,
        .is_smt_enabled = true,
    };
    uint8_t provision[SGX_KEY_SIZE];
    int r = enclave_key_get(platform, secs, SGX_KEY_PROVISION, NULL, provision, err);

    if (r < 0)
        return r;
    if (options->issuer == SOFTWARE_PROCESSOR_CA)
        x.sgx_type = PCK_SGX_STANDARD;
    id_derive(provision, "PPID", x.ppid);
    id_derive(provision, "platform instance", x.platform_instance_id);
    memcpy(x.comp_svn, platform->cpusvn, sizeof(x.comp_svn));
    memcpy(x.cpusvn, platform->cpusvn, sizeof(x.cpusvn));
    memcpy(x.fmspc, SOFTWARE_FMSPC, sizeof(x.fmspc));
    buf_clear(&keys->chain);
    return software_authority_issue_pck(options->ca, options->issuer, &x, ec_key_public(keys->pck),
                                        options->now_s, &keys->chain, err);
}

static int keys_make(struct qe_keys *keys, struct err *err)
{
    int r = ec_key_new(&keys->attestation, err);

    return r < 0 ? r : ec_key_new(&keys->pck, err);
}

int qe_keys_open(const struct software_qe_options *options, const struct sgx_platform *platform,
                 const struct sgx_secs *secs, struct qe_keys *ret, struct err *err)
{
    uint8_t own[SGX_KEY_SIZE];
    char path[PATH_SIZE];
    int r;

    *ret = (struct qe_keys){.chain = buf_init(SOFTWARE_CHAIN_MAX)};
    if (snprintf(path, sizeof(path), "%s/%s", options->state_dir, SOFTWARE_QE_FILE) >= PATH_SIZE)
        return err_set(err, -ENAMETOOLONG, "%s", options->state_dir);
    r = enclave_key_get(platform, secs, SGX_KEY_SEAL, NULL, own, err);
    if (r < 0)
        return r;
    id_derive(own, "QE_ID", ret->qe_id);

    key_file_clean(path);
    r = keys_load(path, platform, secs, ret, err);
    if (r == 0 && software_authority_chain_is_current(options->ca, options->issuer,
                                                      buf_span(&ret->chain), options->now_s))
        return 0;
    if (r == -ENOENT)
        r = keys_make(ret, err);
    if (r == 0)
        r = chain_issue(options, platform, secs, ret, err);
    if (r == 0)
        r = fd_make_dirs(options->state_dir, DIRECTORY_MODE, err);
    return r < 0 ? r : keys_store(path, platform, secs, ret, err);
}
