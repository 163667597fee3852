/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/pck_make.h"

#include "codec/der_writer.h"
#include "crypto/oid.h"

enum {
    OID_SIZE_MAX = 12,

    /* arcs below 1.2.840.113741.1.13.1 */
    ARC_PPID = 1,
    ARC_TCB = 2,
    ARC_PCEID = 3,
    ARC_FMSPC = 4,
    ARC_SGX_TYPE = 5,
    ARC_PLATFORM_INSTANCE = 6,
    ARC_CONFIGURATION = 7,
    ARC_TCB_PCESVN = 17,
    ARC_TCB_CPUSVN = 18,
};

/* Begin the pair of the OID "extension.@arc.@sub" (only "extension.@arc" for 0) and its value. */
static void item_begin(struct der_writer *w, uint8_t arc, uint8_t sub)
{
    uint8_t oid[OID_SIZE_MAX];
    size_t len = sizeof(OID_SGX);

    memcpy(oid, OID_SGX, len);
    oid[len++] = arc;
    if (sub > 0)
        oid[len++] = sub;
    der_writer_begin(w, DER_SEQUENCE);
    der_writer_put_oid(w, span_of(oid, len));
}

static void octets_put(struct der_writer *w, uint8_t arc, uint8_t sub, struct span value)
{
    item_begin(w, arc, sub);
    der_writer_put(w, DER_OCTET_STRING, value);
    der_writer_end(w);
}

static void tcb_put(struct der_writer *w, const struct pck_extension *x)
{
    item_begin(w, ARC_TCB, 0);
    der_writer_begin(w, DER_SEQUENCE);
    for (size_t i = 0; i < sizeof(x->comp_svn); i++) {
        item_begin(w, ARC_TCB, (uint8_t)(i + 1));
        der_writer_put_number(w, DER_INTEGER, x->comp_svn[i]);
        der_writer_end(w);
    }
    item_begin(w, ARC_TCB, ARC_TCB_PCESVN);
    der_writer_put_number(w, DER_INTEGER, x->pcesvn);
    der_writer_end(w);
    octets_put(w, ARC_TCB, ARC_TCB_CPUSVN, span_of(x->cpusvn, sizeof(x->cpusvn)));
    der_writer_end(w);
    der_writer_end(w);
}

static void configuration_put(struct der_writer *w, const struct pck_extension *x)
{
    const bool values[] = {x->is_dynamic_platform, x->has_cached_keys, x->is_smt_enabled};

    item_begin(w, ARC_CONFIGURATION, 0);
    der_writer_begin(w, DER_SEQUENCE);
    for (size_t i = 0; i < ARRAY_COUNT(values); i++) {
        item_begin(w, ARC_CONFIGURATION, (uint8_t)(i + 1));
        der_writer_put_boolean(w, values[i]);
        der_writer_end(w);
    }
    der_writer_end(w);
    der_writer_end(w);
}

void pck_make_extension(const struct pck_extension *x, struct buf *out)
{
    struct der_writer w = der_writer_of(out);

    der_writer_begin(&w, DER_SEQUENCE);
    der_writer_put_oid(&w, span_of(OID_SGX, sizeof(OID_SGX)));
    der_writer_begin(&w, DER_OCTET_STRING);
    der_writer_begin(&w, DER_SEQUENCE);
    octets_put(&w, ARC_PPID, 0, span_of(x->ppid, sizeof(x->ppid)));
    tcb_put(&w, x);
    octets_put(&w, ARC_PCEID, 0, span_of(x->pceid, sizeof(x->pceid)));
    octets_put(&w, ARC_FMSPC, 0, span_of(x->fmspc, sizeof(x->fmspc)));
    item_begin(&w, ARC_SGX_TYPE, 0);
    der_writer_put_number(&w, DER_ENUMERATED, x->sgx_type);
    der_writer_end(&w);
    if (x->has_platform_instance_id && x->has_configuration) {
        octets_put(&w, ARC_PLATFORM_INSTANCE, 0,
                   span_of(x->platform_instance_id, sizeof(x->platform_instance_id)));
        configuration_put(&w, x);
    }
    der_writer_end(&w);
    der_writer_end(&w);
    der_writer_end(&w);
}
