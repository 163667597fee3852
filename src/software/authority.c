/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One file holds the whole authority, so that a Kubernetes Secret can carry it to every node of a
 * cluster: all nodes then certify under one root, and a verifier needs to trust one certificate.
 *
 * Certificates are made so that real verifiers accept the chain without knowing Coffer. They find
 * the members by phrases in the common names, and Open Enclave sorts a chain by notBefore: each
 * member's is one second later than that of the member before, and a leaf is younger than its
 * issuer even when the clock of its node is slow. All dates begin an hour in the past, since the
 * clock of a verifier may be slow as well.
 *
 * The file is created and never replaced: of two processes that both made an authority the first
 * wins, and the second reads the winner's.
 */
#include "software/authority.h"

#include <errno.h>

#include "base/fd.h"
#include "base/path.h"
#include "codec/pem.h"
#include "crypto/cert_make.h"
#include "crypto/pck_make.h"
#include "crypto/x509.h"
#include "software/identity.h"
#include "software/key_file.h"

enum {
    DAY_S = 24 * 60 * 60,
    AUTHORITY_LIFE_S = 20 * 365 * DAY_S,
    PCK_LIFE_S = 7 * 365 * DAY_S,
    BACKDATED_S = 60 * 60, /* the clocks of verifiers may be slow */
    FILE_MODE = 0600,
    DIRECTORY_MODE = 0700,
    RENEWED_BEFORE_S = 30 * DAY_S, /* a leaf is renewed this long before its end */
};

struct software_authority {
    struct span certificate[SOFTWARE_MEMBER_COUNT]; /* into bytes */
    struct ec_key *key[SOFTWARE_MEMBER_COUNT];
    struct buf bytes; /* DER certificates, one after the other */
};

static const struct member_row {
    const char *common_name;
    bool is_ca;
    uint32_t path_len;
} member_rows[SOFTWARE_MEMBER_COUNT] = {
    [SOFTWARE_ROOT] = {SOFTWARE_CN_ROOT, true, 1},
    [SOFTWARE_PLATFORM] = {SOFTWARE_CN_PLATFORM, true, 0},
    [SOFTWARE_PROCESSOR] = {SOFTWARE_CN_PROCESSOR, true, 0},
    [SOFTWARE_SIGNING] = {SOFTWARE_CN_SIGNING, false, 0},
};

void software_authority_free(struct software_authority *ca)
{
    if (!ca)
        return;
    for (size_t i = 0; i < SOFTWARE_MEMBER_COUNT; i++)
        ec_key_free(ca->key[i]);
    buf_done(&ca->bytes);
    free(ca);
}

void software_authority_freep(struct software_authority **ca)
{
    software_authority_free(*ca);
}

static struct software_authority *ca_alloc(void)
{
    struct software_authority *ca = calloc(1, sizeof(*ca));

    if (ca)
        ca->bytes = buf_init(SOFTWARE_MEMBER_COUNT * CERT_SIZE_MAX);
    return ca;
}

static int certificates_read(struct software_authority *ca, struct span text, struct err *err)
{
    size_t ends[SOFTWARE_MEMBER_COUNT], start = 0;
    struct span der;
    int r;

    for (size_t i = 0; i < SOFTWARE_MEMBER_COUNT; i++) {
        r = pem_next(&text, "CERTIFICATE", &ca->bytes, &der, err);
        if (r <= 0)
            return r < 0 ? r : err_set(err, -EBADMSG, "certificate %zu is missing", i);
        ends[i] = ca->bytes.len;
    }
    for (size_t i = 0; i < SOFTWARE_MEMBER_COUNT; i++) {
        ca->certificate[i] = span_of(ca->bytes.data + start, ends[i] - start);
        start = ends[i];
    }
    return 0;
}

static int keys_read(struct software_authority *ca, struct span text, struct err *err)
{
    CLEANUP(key_file_wipe) struct buf keys = buf_init(SOFTWARE_MEMBER_COUNT * EC_PKCS8_SIZE * 2);
    struct span der;
    int r;

    for (size_t i = 0; i < SOFTWARE_MEMBER_COUNT; i++) {
        r = pem_next(&text, "PRIVATE KEY", &keys, &der, err);
        if (r <= 0)
            return r < 0 ? r : err_set(err, -EBADMSG, "key %zu is missing", i);
        r = ec_key_pkcs8_parse(der, &ca->key[i], err);
        if (r < 0)
            return r;
    }
    return 0;
}

static int ca_parse(struct span text, struct software_authority **ret, struct err *err)
{
    CLEANUP(software_authority_freep) struct software_authority *ca = ca_alloc();
    int r;

    if (!ca)
        return err_set(err, -ENOMEM, "authority");
    r = certificates_read(ca, text, err);
    if (r < 0)
        return r;
    r = keys_read(ca, text, err);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(ca);
    return 0;
}

int software_authority_load(const char *dir, struct software_authority **ret, struct err *err)
{
    CLEANUP(key_file_wipe) struct buf text = buf_init(SOFTWARE_AUTHORITY_FILE_MAX);
    char path[PATH_SIZE];
    int r = path_join(dir, SOFTWARE_AUTHORITY_FILE, path, err);

    if (r < 0)
        return r;
    key_file_clean(path);
    r = key_file_read(path, &text, err);
    if (r < 0)
        return r;
    r = ca_parse(buf_span(&text), ret, err);
    if (r < 0)
        err_wrap(err, "%s", path);
    return r;
}

static int member_make(struct software_authority *ca, enum software_member member, int64_t first_s,
                       struct err *err)
{
    const struct member_row *row = &member_rows[member];
    size_t start = ca->bytes.len;
    struct cert_spec spec = {
        .subject = {row->common_name, SOFTWARE_ORGANIZATION},
        .issuer = {SOFTWARE_CN_ROOT, SOFTWARE_ORGANIZATION},
        .not_before = first_s + (int64_t)member,
        .not_after = first_s + AUTHORITY_LIFE_S,
        .is_ca = row->is_ca,
        .path_len = row->path_len,
        .crl_url = SOFTWARE_CRL_URL,
    };
    int r = ec_key_new(&ca->key[member], err);

    if (r < 0)
        return r;
    r = cert_make_serial(spec.serial, err);
    if (r < 0)
        return r;
    spec.subject_key = ec_key_public(ca->key[member]);
    r = cert_make(&spec, ca->key[SOFTWARE_ROOT], &ca->bytes, err);
    if (r < 0)
        return r;
    ca->certificate[member].len = ca->bytes.len - start;
    return 0;
}

static int ca_make(int64_t now_s, struct software_authority **ret, struct err *err)
{
    CLEANUP(software_authority_freep) struct software_authority *ca = ca_alloc();
    const uint8_t *at;

    if (!ca)
        return err_set(err, -ENOMEM, "authority");
    for (size_t i = 0; i < SOFTWARE_MEMBER_COUNT; i++) {
        int r = member_make(ca, (enum software_member)i, now_s - BACKDATED_S, err);

        if (r < 0)
            return r;
    }
    at = ca->bytes.data;
    for (size_t i = 0; i < SOFTWARE_MEMBER_COUNT; i++) {
        ca->certificate[i].data = at;
        at += ca->certificate[i].len;
    }
    *ret = TAKE_PTR(ca);
    return 0;
}

static void ca_render(const struct software_authority *ca, struct buf *out)
{
    for (size_t i = 0; i < SOFTWARE_MEMBER_COUNT; i++) {
        CLEANUP(key_file_wipe) struct buf key = buf_init(EC_PKCS8_SIZE);

        pem_put(out, "CERTIFICATE", ca->certificate[i]);
        ec_key_pkcs8_put(ca->key[i], &key);
        pem_put(out, "PRIVATE KEY", buf_span(&key));
    }
}

static int ca_store(const char *dir, const struct software_authority *ca, struct err *err)
{
    CLEANUP(key_file_wipe) struct buf text = buf_init(SOFTWARE_AUTHORITY_FILE_MAX);
    char path[PATH_SIZE];
    int r = path_join(dir, SOFTWARE_AUTHORITY_FILE, path, err);

    if (r < 0)
        return r;
    ca_render(ca, &text);
    if (buf_status(&text) < 0)
        return err_set(err, buf_status(&text), "authority");
    r = fd_make_dirs(dir, DIRECTORY_MODE, err);
    if (r < 0)
        return r;
    return key_file_create(path, buf_span(&text), FILE_MODE, err);
}

int software_authority_load_or_create(const char *dir, int64_t now_s,
                                      struct software_authority **ret, struct err *err)
{
    CLEANUP(software_authority_freep) struct software_authority *made = NULL;
    int r = software_authority_load(dir, ret, err);

    if (r != -ENOENT)
        return r;
    r = ca_make(now_s, &made, err);
    if (r < 0)
        return r;
    r = ca_store(dir, made, err);
    if (r < 0)
        return r;
    return software_authority_load(dir, ret, err);
}

struct span software_authority_certificate(const struct software_authority *ca,
                                           enum software_member member)
{
    return ca->certificate[member];
}

struct ec_key *software_authority_key(const struct software_authority *ca,
                                      enum software_member member)
{
    return ca->key[member];
}

void software_authority_put_chain(const struct software_authority *ca, struct span leaf,
                                  enum software_member member, struct buf *out)
{
    if (leaf.len > 0)
        pem_put(out, "CERTIFICATE", leaf);
    if (member != SOFTWARE_ROOT)
        pem_put(out, "CERTIFICATE", ca->certificate[member]);
    pem_put(out, "CERTIFICATE", ca->certificate[SOFTWARE_ROOT]);
}

/* notBefore of a certificate. */
static int64_t member_start(const struct software_authority *ca, enum software_member member)
{
    struct x509 certificate;

    if (x509_parse(ca->certificate[member], &certificate, NULL) < 0)
        return 0;
    return certificate.not_before;
}

/* The leaf is younger than its issuer, also when this node's clock is slower than the one that made
 * the authority. */
static int64_t leaf_start(const struct software_authority *ca, enum software_member issuer,
                          int64_t now_s)
{
    return MAX(now_s - BACKDATED_S + SOFTWARE_MEMBER_COUNT, member_start(ca, issuer) + 1);
}

int software_authority_issue_pck(const struct software_authority *ca, enum software_issuer issuer,
                                 const struct pck_extension *extension,
                                 const uint8_t public_key[static EC_PUBLIC_SIZE], int64_t now_s,
                                 struct buf *out, struct err *err)
{
    CLEANUP(buf_done) struct buf sgx = buf_init(CERT_SIZE_MAX);
    CLEANUP(buf_done) struct buf leaf = buf_init(CERT_SIZE_MAX);
    bool is_platform = issuer == SOFTWARE_PLATFORM_CA;
    enum software_member member = is_platform ? SOFTWARE_PLATFORM : SOFTWARE_PROCESSOR;
    struct pck_extension x = *extension;
    struct cert_spec spec = {
        .subject = {SOFTWARE_CN_PCK, SOFTWARE_ORGANIZATION},
        .issuer = {member_rows[member].common_name, SOFTWARE_ORGANIZATION},
        .subject_key = public_key,
        .not_before = leaf_start(ca, member, now_s),
        .not_after = now_s + PCK_LIFE_S,
        .crl_url = SOFTWARE_CRL_URL,
    };
    int r;

    x.has_platform_instance_id = is_platform;
    x.has_configuration = is_platform;
    pck_make_extension(&x, &sgx);
    spec.extension = buf_span(&sgx);
    if (buf_status(&sgx) < 0)
        return err_set(err, buf_status(&sgx), "PCK extension");
    r = cert_make_serial(spec.serial, err);
    if (r < 0)
        return r;
    r = cert_make(&spec, ca->key[member], &leaf, err);
    if (r < 0)
        return r;
    software_authority_put_chain(ca, buf_span(&leaf), member, out);
    r = buf_status(out);
    return r < 0 ? err_set(err, r, "PCK chain") : 0;
}

/* The dates of the chain's first certificate, which is the node's. */
static bool leaf_is_in_date(const struct software_authority *ca, enum software_member issuer,
                            struct span chain, int64_t now_s)
{
    CLEANUP(buf_done) struct buf storage = buf_init(SOFTWARE_CHAIN_MAX);
    struct x509 leaf;
    struct span der;

    return pem_next(&chain, "CERTIFICATE", &storage, &der, NULL) > 0 &&
           x509_parse(der, &leaf, NULL) == 0 &&
           leaf.not_before <= MAX(now_s, member_start(ca, issuer) + 1) &&
           leaf.not_after >= now_s + RENEWED_BEFORE_S;
}

bool software_authority_chain_is_current(const struct software_authority *ca,
                                         enum software_issuer issuer, struct span chain,
                                         int64_t now_s)
{
    CLEANUP(buf_done) struct buf tail = buf_init(SOFTWARE_CHAIN_MAX);
    enum software_member member =
        issuer == SOFTWARE_PLATFORM_CA ? SOFTWARE_PLATFORM : SOFTWARE_PROCESSOR;

    software_authority_put_chain(ca, span_of(NULL, 0), member, &tail);
    return buf_status(&tail) == 0 && tail.len < chain.len &&
           span_equal(span_from(chain, chain.len - tail.len), buf_span(&tail)) &&
           leaf_is_in_date(ca, member, chain, now_s);
}
