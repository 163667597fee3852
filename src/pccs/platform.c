/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A platform asks for the certificate of its raw TCB, again and again the same one. Choosing it
 * takes all certificates of the platform and the TCB info of its family, so the choice is
 * remembered beside the raw TCB, and one look-up answers the next request. Whatever could change a
 * choice (a new certificate of the platform, a new TCB info of the family) makes the remembered
 * choices empty.
 *
 * Remembering is a convenience: when the store cannot be written, the answer is given all the same.
 */
#include "pccs/platform.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/text.h"
#include "codec/hex.h"
#include "collateral/signed_json.h"
#include "crypto/x509.h"
#include "pccs/catalog.h"
#include "pccs/select.h"

/* -- checks -- */

static int digits_check(const char *name, struct span text, size_t min, size_t max, struct err *err)
{
    if (text.len < min || text.len > max)
        return err_set(err, -EINVAL, "%s has %zu digits, expected %zu to %zu", name, text.len, min,
                       max);
    if (!text_is_hex(text))
        return err_set(err, -EINVAL, "%s has a character that is no hexadecimal digit", name);
    return 0;
}

int pccs_platform_check(const struct pccs_platform *p, struct err *err)
{
    const struct {
        const char *name;
        struct span text;
        size_t digits;
        bool is_optional;
    } rows[] = {
        {.name = "pce_id", .text = p->pce_id, .digits = PCCS_PCE_ID_DIGITS},
        {.name = "cpu_svn", .text = p->cpu_svn, .digits = PCCS_CPU_SVN_DIGITS, .is_optional = true},
        {.name = "pce_svn", .text = p->pce_svn, .digits = PCCS_PCE_SVN_DIGITS, .is_optional = true},
        {.name = "enc_ppid", .text = p->enc_ppid, .digits = PCCS_PPID_DIGITS, .is_optional = true},
    };
    int r = digits_check("qe_id", p->qe_id, 1, PCCS_QE_ID_MAX, err);

    for (size_t i = 0; i < ARRAY_COUNT(rows) && r == 0; i++)
        if (!rows[i].is_optional || rows[i].text.len > 0)
            r = digits_check(rows[i].name, rows[i].text, rows[i].digits, rows[i].digits, err);
    if (r == 0 && p->manifest.len > PCCS_MANIFEST_SIZE_MAX)
        r = err_set(err, -EINVAL, "platform_manifest has %zu characters, the limit is %d",
                    p->manifest.len, PCCS_MANIFEST_SIZE_MAX);
    return r;
}

/* -- writing -- */

static int platform_insert(struct store *s, const struct pccs_platform *p, int64_t now,
                           struct err *err)
{
    const struct store_value values[] = {
        store_text(p->qe_id),    store_text(p->pce_id), store_text(p->enc_ppid),
        store_text(p->manifest), store_integer(now),
    };
    const struct store_query query = {
        .sql = "INSERT INTO pccs_platform"
               " (qe_id, pce_id, enc_ppid, manifest, fmspc, ca, registered, handed_out)"
               " VALUES ($1, $2, $3, $4, '', '', $5, 0) ON CONFLICT (qe_id, pce_id) DO UPDATE SET"
               " enc_ppid = CASE WHEN excluded.enc_ppid = '' THEN pccs_platform.enc_ppid"
               " ELSE excluded.enc_ppid END,"
               " manifest = CASE WHEN excluded.manifest = '' THEN pccs_platform.manifest"
               " ELSE excluded.manifest END",
        .values = values,
        .value_count = ARRAY_COUNT(values),
    };

    return store_run(s, &query, err);
}

static int tcb_insert(struct store *s, const struct pccs_platform *p, const char *tcbm,
                      struct err *err)
{
    const struct store_value values[] = {
        store_text(p->qe_id),   store_text(p->pce_id),      store_text(p->cpu_svn),
        store_text(p->pce_svn), store_text(span_str(tcbm)),
    };
    const struct store_query query = {
        .sql = "INSERT INTO pccs_tcb (qe_id, pce_id, cpu_svn, pce_svn, tcbm)"
               " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (qe_id, pce_id, cpu_svn, pce_svn)"
               " DO UPDATE SET tcbm = excluded.tcbm",
        .values = values,
        .value_count = ARRAY_COUNT(values),
    };

    return store_run(s, &query, err);
}

struct platform_put {
    const struct pccs_platform *platform;
    int64_t now;
};

static int platform_put_body(struct store *s, void *userdata, struct err *err)
{
    const struct platform_put *put = userdata;
    int r = platform_insert(s, put->platform, put->now, err);

    if (r == 0 && put->platform->cpu_svn.len && put->platform->pce_svn.len)
        r = tcb_insert(s, put->platform, "", err);
    return r;
}

int pccs_platform_put(struct store *s, const struct pccs_platform *p, int64_t now, struct err *err)
{
    struct platform_put put = {.platform = p, .now = now};

    return store_transaction(s, platform_put_body, &put, err);
}

static const char *ca_name(enum piece_ca ca)
{
    return ca == PIECE_CA_PLATFORM ? "platform" : "processor";
}

static void tcbm_render(const struct pck_extension *pck, char text[static PCCS_TCBM_DIGITS + 1])
{
    for (size_t i = 0; i < sizeof(pck->cpusvn); i++)
        snprintf(text + 2 * i, 3, "%02X", pck->cpusvn[i]);
    snprintf(text + PCCS_CPU_SVN_DIGITS, 5, "%02X%02X", pck->pcesvn & 0xff, pck->pcesvn >> 8);
}

static int cert_insert(struct store *s, const struct pccs_cert *cert, struct err *err)
{
    char tcbm[PCCS_TCBM_DIGITS + 1];
    const struct store_value values[] = {
        store_text(cert->qe_id),
        store_text(cert->pce_id),
        store_text(span_of(tcbm, PCCS_TCBM_DIGITS)),
        store_text(cert->pem),
        store_integer(cert->facts->expires),
    };
    const struct store_query query = {
        .sql = "INSERT INTO pccs_cert (qe_id, pce_id, tcbm, cert, expires)"
               " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (qe_id, pce_id, tcbm) DO UPDATE SET"
               " cert = excluded.cert, expires = excluded.expires"
               " WHERE excluded.expires > pccs_cert.expires",
        .values = values,
        .value_count = ARRAY_COUNT(values),
    };

    tcbm_render(&cert->facts->pck, tcbm);
    return store_run(s, &query, err);
}

static int platform_complete(struct store *s, const struct pccs_cert *cert, struct err *err)
{
    const uint8_t *f = cert->facts->fmspc;
    char fmspc[2 * PCCS_FMSPC_SIZE + 1];
    const struct store_value values[] = {
        store_text(cert->qe_id),
        store_text(cert->pce_id),
        store_text(span_of(fmspc, 2 * (size_t)PCCS_FMSPC_SIZE)),
        store_text(span_str(ca_name(cert->facts->ca))),
    };
    const struct store_query query = {
        .sql = "UPDATE pccs_platform SET fmspc = $3, ca = $4 WHERE qe_id = $1 AND pce_id = $2",
        .values = values,
        .value_count = ARRAY_COUNT(values),
    };

    snprintf(fmspc, sizeof(fmspc), "%02X%02X%02X%02X%02X%02X", f[0], f[1], f[2], f[3], f[4], f[5]);
    return store_run(s, &query, err);
}

static int chain_insert(struct store *s, const struct pccs_cert *cert, struct err *err)
{
    const struct store_value values[] = {store_text(span_str(ca_name(cert->facts->ca))),
                                         store_text(cert->chain)};
    const struct store_query query = {
        .sql = "INSERT INTO pccs_chain (ca, chain) VALUES ($1, $2) ON CONFLICT (ca) DO UPDATE SET"
               " chain = excluded.chain",
        .values = values,
        .value_count = ARRAY_COUNT(values),
    };

    return store_run(s, &query, err);
}

static int choices_clear(struct store *s, const struct pccs_cert *cert, struct err *err)
{
    const struct store_value values[] = {store_text(cert->qe_id), store_text(cert->pce_id)};
    const struct store_query query = {
        .sql = "UPDATE pccs_tcb SET tcbm = '' WHERE qe_id = $1 AND pce_id = $2 AND tcbm <> ''",
        .values = values,
        .value_count = ARRAY_COUNT(values),
    };

    return store_run(s, &query, err);
}

static int cert_put_body(struct store *s, void *userdata, struct err *err)
{
    static int (*const steps[])(struct store *, const struct pccs_cert *, struct err *) = {
        cert_insert,
        platform_complete,
        chain_insert,
        choices_clear,
    };
    int r = 0;

    for (size_t i = 0; i < ARRAY_COUNT(steps) && r == 0; i++)
        r = steps[i](s, userdata, err);
    return r;
}

int pccs_platform_put_cert(struct store *s, const struct pccs_cert *cert, struct err *err)
{
    if (cert->pem.len > PCCS_CERT_SIZE_MAX || cert->chain.len > PCCS_CHAIN_SIZE_MAX)
        return err_set(err, -EMSGSIZE, "PCK certificate of %zu bytes with a chain of %zu",
                       cert->pem.len, cert->chain.len);
    return store_transaction(s, cert_put_body, (void *)(uintptr_t)cert, err);
}

int pccs_platform_forget_choices(struct store *s, struct span fmspc, struct err *err)
{
    const struct store_value values[] = {store_text(fmspc)};
    const struct store_query query = {
        .sql = "UPDATE pccs_tcb SET tcbm = '' WHERE tcbm <> '' AND (qe_id, pce_id) IN"
               " (SELECT qe_id, pce_id FROM pccs_platform WHERE fmspc = $1)",
        .values = values,
        .value_count = ARRAY_COUNT(values),
    };

    return store_run(s, &query, err);
}

/* -- choosing -- */

void pccs_platform_choice_done(struct pccs_choice *c)
{
    buf_done(&c->cert);
    buf_done(&c->chain);
}

static void text_copy(char *to, size_t size, struct span text)
{
    snprintf(to, size, "%.*s", (int)text.len, text.len ? (const char *)text.data : "");
}

static int choice_take(void *userdata, const struct store_value *columns, unsigned count,
                       struct err *err)
{
    struct pccs_choice *c = userdata;

    (void)count;
    (void)err;
    c->cert = buf_init(PCCS_CERT_SIZE_MAX);
    c->chain = buf_init(PCCS_CHAIN_SIZE_MAX);
    buf_put(&c->cert, columns[0].bytes);
    buf_put(&c->chain, columns[1].bytes);
    text_copy(c->tcbm, sizeof(c->tcbm), columns[2].bytes);
    text_copy(c->fmspc, sizeof(c->fmspc), columns[3].bytes);
    text_copy(c->ca, sizeof(c->ca), columns[4].bytes);
    return 0;
}

#define CHOICE_COLUMNS                                                                             \
    "SELECT c.cert, h.chain, c.tcbm, p.fmspc, p.ca FROM pccs_cert c"                               \
    " JOIN pccs_platform p ON p.qe_id = c.qe_id AND p.pce_id = c.pce_id"                           \
    " JOIN pccs_chain h ON h.ca = p.ca"

/* Return: 1 when a row was found; 0; errors of store_run(). */
static int choice_read(struct store *s, const struct store_query *query, struct pccs_choice *ret,
                       struct err *err)
{
    int r = store_run(s, query, err);

    if (r < 0 || ret->cert.max == 0)
        return r;
    if (buf_status(&ret->cert) < 0 || buf_status(&ret->chain) < 0)
        return err_set(err, -ENOMEM, "PCK certificate");
    return 1;
}

static int choice_remembered(struct store *s, const struct pccs_platform *p,
                             struct pccs_choice *ret, struct err *err)
{
    const struct store_value values[] = {store_text(p->qe_id), store_text(p->pce_id),
                                         store_text(p->cpu_svn), store_text(p->pce_svn)};
    const struct store_query query = {
        .sql = CHOICE_COLUMNS
        " JOIN pccs_tcb t ON t.qe_id = c.qe_id AND t.pce_id = c.pce_id AND t.tcbm = c.tcbm"
        " WHERE t.qe_id = $1 AND t.pce_id = $2 AND t.cpu_svn = $3 AND t.pce_svn = $4",
        .values = values,
        .value_count = ARRAY_COUNT(values),
        .on_row = choice_take,
        .userdata = ret,
    };

    return choice_read(s, &query, ret, err);
}

static int choice_of_tcbm(struct store *s, const struct pccs_platform *p, const char *tcbm,
                          struct pccs_choice *ret, struct err *err)
{
    const struct store_value values[] = {store_text(p->qe_id), store_text(p->pce_id),
                                         store_text(span_str(tcbm))};
    const struct store_query query = {
        .sql = CHOICE_COLUMNS " WHERE c.qe_id = $1 AND c.pce_id = $2 AND c.tcbm = $3",
        .values = values,
        .value_count = ARRAY_COUNT(values),
        .on_row = choice_take,
        .userdata = ret,
    };

    return choice_read(s, &query, ret, err);
}

struct candidates {
    struct pck_extension certs[PCCS_CERTS_MAX];
    size_t count;
    bool is_registered;
    char fmspc[2 * PCCS_FMSPC_SIZE + 1];
};

/* Stored certificates were verified, so one that cannot be read means a damaged store. */
static int extension_read(struct span pem, struct pck_extension *ret, struct err *err)
{
    struct x509_chain *chain = calloc(1, sizeof(*chain));
    int r;

    if (!chain)
        return err_set(err, -ENOMEM, "PCK certificate");
    r = x509_chain_parse(pem, chain, err);
    if (r == 0)
        r = pck_extension_parse(chain->cert[0].sgx, ret, err);
    x509_chain_done(chain);
    free(chain);
    return r < 0 ? err_wrap(err, "a stored PCK certificate") : 0;
}

static int candidate_take(void *userdata, const struct store_value *columns, unsigned count,
                          struct err *err)
{
    struct candidates *c = userdata;
    int r;

    (void)count;
    c->is_registered = true;
    text_copy(c->fmspc, sizeof(c->fmspc), columns[0].bytes);
    if (columns[1].type == STORE_NULL || c->count == PCCS_CERTS_MAX)
        return 0;
    r = extension_read(columns[1].bytes, &c->certs[c->count], err);
    if (r == 0)
        c->count++;
    return r;
}

static int candidates_read(struct store *s, const struct pccs_platform *p, struct candidates *ret,
                           struct err *err)
{
    const struct store_value values[] = {store_text(p->qe_id), store_text(p->pce_id)};
    const struct store_query query = {
        .sql = "SELECT p.fmspc, c.cert FROM pccs_platform p LEFT JOIN pccs_cert c"
               " ON c.qe_id = p.qe_id AND c.pce_id = p.pce_id"
               " WHERE p.qe_id = $1 AND p.pce_id = $2 ORDER BY c.tcbm DESC",
        .values = values,
        .value_count = ARRAY_COUNT(values),
        .on_row = candidate_take,
        .userdata = ret,
    };

    return store_run(s, &query, err);
}

/* The family's TCB info orders the certificates. Without it their SVNs do, so NULL is fine. */
static struct tcb_info *tcb_info_read(struct store *s, const char *fmspc)
{
    struct pccs_item item = {.kind = PCCS_TCB_SGX};
    struct pccs_version version;
    struct signed_json json;
    struct tcb_info *info = NULL;
    struct err ignored = {0};

    if (hex_decode_fixed(span_str(fmspc), item.fmspc, sizeof(item.fmspc)) < 0 ||
        pccs_catalog_get(s, &item, PCCS_NEWEST, &version, &ignored) < 0)
        return NULL;
    if (signed_json_parse(buf_span(&version.body), "tcbInfo", &json, &ignored) == 0)
        (void)!tcb_info_new(json.inner, &info, &ignored);
    pccs_catalog_version_done(&version);
    return info;
}

static int raw_read(const struct pccs_platform *p, struct pccs_tcb *ret, struct err *err)
{
    uint8_t pcesvn[2];

    if (hex_decode_fixed(p->cpu_svn, ret->components, sizeof(ret->components)) < 0 ||
        hex_decode_fixed(p->pce_svn, pcesvn, sizeof(pcesvn)) < 0)
        return err_set(err, -EINVAL, "cpusvn and pcesvn need %d and %d digits", PCCS_CPU_SVN_DIGITS,
                       PCCS_PCE_SVN_DIGITS);
    ret->pcesvn = (uint16_t)(pcesvn[0] | pcesvn[1] << 8);
    return 0;
}

static int tcbm_choose(struct store *s, const struct pccs_platform *p,
                       char ret_tcbm[static PCCS_TCBM_DIGITS + 1], struct err *err)
{
    CLEANUP(freep) struct candidates *c = calloc(1, sizeof(*c));
    CLEANUP(tcb_info_freep) struct tcb_info *info = NULL;
    struct pccs_tcb raw;
    int chosen, r;

    if (!c)
        return err_set(err, -ENOMEM, "PCK certificates");
    r = raw_read(p, &raw, err);
    if (r == 0)
        r = candidates_read(s, p, c, err);
    if (r < 0)
        return r;
    if (!c->is_registered)
        return err_set(err, -ENOENT, "the platform is not registered");
    if (c->count == 0)
        return err_set(err, -ENODATA, "the platform is registered but has no PCK certificate yet");
    info = tcb_info_read(s, c->fmspc);
    chosen = pccs_select(c->certs, c->count, &raw, info);
    if (chosen < 0)
        return err_set(err, -ENODATA,
                       "none of the platform's %zu PCK certificates fits its raw TCB", c->count);
    tcbm_render(&c->certs[chosen], ret_tcbm);
    return 0;
}

int pccs_platform_choose(struct store *s, const struct pccs_platform *p, struct pccs_choice *ret,
                         struct err *err)
{
    struct pccs_choice c = {0};
    char tcbm[PCCS_TCBM_DIGITS + 1];
    struct err ignored = {0};
    int r = choice_remembered(s, p, &c, err);

    if (r == 0) {
        r = tcbm_choose(s, p, tcbm, err);
        if (r == 0)
            r = choice_of_tcbm(s, p, tcbm, &c, err);
        if (r > 0)
            (void)!tcb_insert(s, p, tcbm, &ignored);
        if (r == 0)
            r = err_set(err, -ENODATA, "the issuer chain of the PCK certificate is missing");
    }
    if (r < 0) {
        pccs_platform_choice_done(&c);
        return r;
    }
    *ret = c;
    return 0;
}
