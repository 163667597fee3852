/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates with Intel's extension, and CRLs. A PEM text is shown block by block; a block that
 * cannot be read is shown as a problem in its place, since the other blocks of a chain are still of
 * use. A CRL can have thousands of entries: people see the first SERIALS_SHOWN, JSON has all of
 * them.
 */
#include <errno.h>

#include "cmd/inspect.h"
#include "codec/pem.h"
#include "crypto/crl.h"
#include "crypto/pck_extension.h"
#include "crypto/x509.h"

enum {
    PEM_SIZE_MAX = 16 * 1024 * 1024, /* bytes decoded from one text */
    PEM_BLOCKS_MAX = 64,
    SERIALS_SHOWN = 20, /* of a CRL, for people; JSON has all */
};

static void key_usage_put(struct account *a, const struct x509 *c)
{
    static const struct {
        unsigned bit;
        const char *name;
    } names[] = {
        {X509_DIGITAL_SIGNATURE, "digitalSignature"},
        {X509_NON_REPUDIATION, "nonRepudiation"},
        {X509_KEY_CERT_SIGN, "keyCertSign"},
        {X509_CRL_SIGN, "cRLSign"},
    };
    struct span words[ARRAY_COUNT(names)];
    size_t count = 0;

    for (size_t i = 0; i < ARRAY_COUNT(names); i++)
        if (c->key_usage & names[i].bit)
            words[count++] = span_str(names[i].name);
    account_words(a, "key_usage", words, count);
}

static void platform_ca_put(struct account *a, const struct pck_extension *e)
{
    if (e->has_platform_instance_id)
        account_hex(a, "instance_id",
                    span_of(e->platform_instance_id, sizeof(e->platform_instance_id)));
    if (!e->has_configuration)
        return;
    account_flag(a, "dynamic", e->is_dynamic_platform);
    account_flag(a, "cached_keys", e->has_cached_keys);
    account_flag(a, "smt", e->is_smt_enabled);
}

static void pck_put(struct account *a, const struct x509 *c)
{
    static const char *const types[] = {"standard", "scalable", "scalable with integrity"};
    struct pck_extension e;
    struct err err = {0};
    int r;

    if (c->sgx.len == 0)
        return;
    account_begin(a, "sgx", c->sgx);
    r = pck_extension_parse(c->sgx, &e, &err);
    if (r < 0) {
        account_problem(a, r, err.text);
        account_end(a);
        return;
    }
    account_hex(a, "ppid", span_of(e.ppid, sizeof(e.ppid)));
    account_svns(a, "tcb_components", e.comp_svn, sizeof(e.comp_svn));
    account_number(a, "pcesvn", e.pcesvn, span_of(NULL, 0));
    account_hex(a, "cpusvn", span_of(e.cpusvn, sizeof(e.cpusvn)));
    account_hex(a, "pceid", span_of(e.pceid, sizeof(e.pceid)));
    account_hex(a, "fmspc", span_of(e.fmspc, sizeof(e.fmspc)));
    account_string(a, "sgx_type", e.sgx_type < ARRAY_COUNT(types) ? types[e.sgx_type] : "unknown");
    platform_ca_put(a, &e);
    account_end(a);
}

static void certificate_fields(struct account *a, const struct x509 *c)
{
    account_text(a, "subject", c->subject_cn, c->subject);
    account_text(a, "issuer", c->issuer_cn, c->issuer);
    account_hex(a, "serial", c->serial);
    account_time(a, "not_before", c->not_before);
    account_time(a, "not_after", c->not_after);
    account_hex(a, "public_key", span_of(c->key, sizeof(c->key)));
    account_flag(a, "ca", c->is_ca);
    if (c->has_path_len)
        account_number(a, "path_length", c->path_len, span_of(NULL, 0));
    key_usage_put(a, c);
    account_hex(a, "subject_key", c->subject_key_id);
    account_hex(a, "issuer_key", c->authority_key_id);
    if (c->crl_url.len)
        account_text(a, "crl_url", c->crl_url, c->crl_url);
    account_hex(a, "signature", span_of(c->signature, sizeof(c->signature)));
    pck_put(a, c);
}

static void crl_fields(struct account *a, const struct crl *crl)
{
    size_t shown = a->json ? crl->count : MIN(crl->count, (size_t)SERIALS_SHOWN);

    account_text(a, "issuer", crl->issuer_cn, crl->issuer);
    account_time(a, "this_update", crl->this_update);
    account_time(a, "next_update", crl->next_update);
    if (crl->has_number)
        account_number(a, "number", crl->number, span_of(NULL, 0));
    account_hex(a, "issuer_key", crl->authority_key_id);
    account_hex(a, "signature", span_of(crl->signature, sizeof(crl->signature)));
    account_number(a, "revoked", crl->count, span_of(NULL, 0));
    account_list(a, "serials");
    for (size_t i = 0; i < shown; i++) {
        if (a->json)
            json_writer_hex(&a->w, crl->serials[i]);
        else
            account_hex(a, "serial", crl->serials[i]);
    }
    account_list_end(a);
    if (shown < crl->count)
        account_string(a, "...", "use --json to see the rest");
}

int inspect_certificate(struct account *a, struct span der, struct err *err)
{
    struct x509 cert;
    int r = x509_parse(der, &cert, err);

    if (r < 0)
        return r;
    account_string(a, "kind", "certificate");
    account_begin(a, "certificate", der);
    certificate_fields(a, &cert);
    account_end(a);
    return 0;
}

/* A parsed CRL points into its own copy of the bytes, so offsets count from the start of that copy.
 */
int inspect_crl(struct account *a, struct span der, struct err *err)
{
    struct span wire = a->wire;
    struct crl crl;
    int r = crl_parse(der, &crl, err);

    if (r < 0)
        return r;
    account_string(a, "kind", "crl");
    if (buf_span(&crl.bytes).len == wire.len)
        a->wire = buf_span(&crl.bytes);
    account_begin(a, "crl", buf_span(&crl.bytes));
    crl_fields(a, &crl);
    account_end(a);
    a->wire = wire;
    crl_done(&crl);
    return 0;
}

static void certificate_item(struct account *a, size_t number, struct span der)
{
    struct x509 cert;
    struct err err = {0};
    int r = x509_parse(der, &cert, &err);

    account_item(a, "certificate", number, span_of(NULL, 0));
    if (r < 0)
        account_problem(a, r, err.text);
    else
        certificate_fields(a, &cert);
    account_end(a);
}

static void crl_item(struct account *a, size_t number, struct span der)
{
    struct crl crl;
    struct err err = {0};
    int r = crl_parse(der, &crl, &err);

    account_item(a, "crl", number, span_of(NULL, 0));
    if (r < 0) {
        account_problem(a, r, err.text);
        account_end(a);
        return;
    }
    crl_fields(a, &crl);
    account_end(a);
    crl_done(&crl);
}

static int blocks_put(struct account *a, const char *list, const char *label, struct span text,
                      void (*put)(struct account *a, size_t number, struct span der),
                      size_t *ret_count, struct err *err)
{
    CLEANUP(buf_done) struct buf der = buf_init(PEM_SIZE_MAX);
    struct span block;
    size_t count = 0;
    int r;

    account_list(a, list);
    while ((r = pem_next(&text, label, &der, &block, err)) > 0) {
        if (++count > PEM_BLOCKS_MAX) {
            r = err_set(err, -EMSGSIZE, "more than %d blocks", PEM_BLOCKS_MAX);
            break;
        }
        put(a, count, block);
        buf_clear(&der);
    }
    account_list_end(a);
    *ret_count += count;
    return r;
}

void inspect_chain_fields(struct account *a, struct span pem)
{
    struct err err = {0};
    size_t count = 0;
    int r = blocks_put(a, "certificates", "CERTIFICATE", pem, certificate_item, &count, &err);

    if (r < 0)
        account_problem(a, r, err.text);
}

int inspect_pem(struct account *a, struct span text, struct err *err)
{
    size_t count = 0;
    int r;

    account_string(a, "kind", "pem");
    r = blocks_put(a, "certificates", "CERTIFICATE", text, certificate_item, &count, err);
    if (r == 0)
        r = blocks_put(a, "crls", "X509 CRL", text, crl_item, &count, err);
    if (r < 0)
        return r;
    return count > 0
               ? 0
               : err_set(err, -EBADMSG, "no CERTIFICATE and no X509 CRL block in this PEM text");
}
