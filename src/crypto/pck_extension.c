/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The extension is a SEQUENCE of pairs { OID, value }. Each OID is the extension's own, longer by
 * one arc that names the element; the elements of TCB and configuration are pairs again, longer by
 * two arcs. Intel's certificates list them in the order of their numbers, but the format does not
 * promise that, so the reader takes any order, refuses an element that occurs twice, and counts
 * what it saw.
 *
 * The five elements that every PCK certificate has are required: a missing SVN must not read as 0
 * and a missing FMSPC must not match another platform's. An element that is not known is refused,
 * because it could change the meaning of the others.
 *
 * Source: Intel SGX PCK Certificate and CRL Profile Specification.
 */
#include "crypto/pck_extension.h"

#include <errno.h>

#include "codec/der.h"
#include "crypto/oid.h"

enum {
    ELEMENT_PPID = 1,
    ELEMENT_TCB = 2,
    ELEMENT_PCEID = 3,
    ELEMENT_FMSPC = 4,
    ELEMENT_SGX_TYPE = 5,
    ELEMENT_PLATFORM_INSTANCE = 6,
    ELEMENT_CONFIGURATION = 7,

    TCB_PCESVN = 17,
    TCB_CPUSVN = 18,
    TCB_ALL_SEEN = (1 << (TCB_CPUSVN + 1)) - 2, /* a bit for each of 1 to 18 */
    ARC_MAX = 31,                               /* bits of the sets of arcs that were seen */

    CONFIGURATION_DYNAMIC_PLATFORM = 1,
    CONFIGURATION_CACHED_KEYS = 2,
    CONFIGURATION_SMT_ENABLED = 3,
};

/* The last arc of an identifier that is @parent and one more arc; 0 for any other. */
static unsigned arc_of(struct span oid, const uint8_t *parent, size_t parent_len)
{
    if (oid.len != parent_len + 1 || memcmp(oid.data, parent, parent_len) != 0 ||
        oid.data[parent_len] >= 0x80)
        return 0;
    return oid.data[parent_len];
}

static void octets_read(struct der *d, uint8_t *to, size_t size)
{
    struct span s = der_read(d, DER_OCTET_STRING);

    if (s.len != size) {
        der_fail(d);
        return;
    }
    memcpy(to, s.data, size);
}

static void tcb_element_read(struct der *e, unsigned arc, struct pck_extension *ret)
{
    if (arc >= 1 && arc <= TCB_COMPONENT_COUNT)
        ret->comp_svn[arc - 1] = (uint8_t)der_small(e, DER_INTEGER, UINT8_MAX);
    else if (arc == TCB_PCESVN)
        ret->pcesvn = (uint16_t)der_small(e, DER_INTEGER, UINT16_MAX);
    else if (arc == TCB_CPUSVN)
        octets_read(e, ret->cpusvn, sizeof(ret->cpusvn));
    else
        der_fail(e);
}

/* Each element of a sequence is SEQUENCE { OID, value }; @ret_arc is the OID's last arc. */
static struct der element_enter(struct der *d, const uint8_t *parent, size_t parent_len,
                                uint32_t *seen, unsigned *ret_arc)
{
    struct der e = der_enter(d, DER_SEQUENCE);

    *ret_arc = arc_of(der_read(&e, DER_OID), parent, parent_len);
    if (*ret_arc == 0 || *ret_arc > ARC_MAX || (*seen & 1U << *ret_arc))
        der_fail(&e);
    else
        *seen |= 1U << *ret_arc;
    return e;
}

static void tcb_read(struct der *d, struct pck_extension *ret)
{
    uint8_t parent[sizeof(OID_SGX) + 1];
    struct der tcb = der_enter(d, DER_SEQUENCE);
    uint32_t seen = 0;

    memcpy(parent, OID_SGX, sizeof(OID_SGX));
    parent[sizeof(OID_SGX)] = ELEMENT_TCB;
    while (!der_at_end(&tcb)) {
        unsigned arc;
        struct der e = element_enter(&tcb, parent, sizeof(parent), &seen, &arc);

        tcb_element_read(&e, arc, ret);
        der_leave(&tcb, &e);
    }
    if (seen != TCB_ALL_SEEN)
        der_fail(&tcb);
    der_leave(d, &tcb);
}

static void configuration_read(struct der *d, struct pck_extension *ret)
{
    uint8_t parent[sizeof(OID_SGX) + 1];
    struct der conf = der_enter(d, DER_SEQUENCE);
    uint32_t seen = 0;

    memcpy(parent, OID_SGX, sizeof(OID_SGX));
    parent[sizeof(OID_SGX)] = ELEMENT_CONFIGURATION;
    ret->has_configuration = true;
    while (!der_at_end(&conf)) {
        unsigned arc;
        struct der e = element_enter(&conf, parent, sizeof(parent), &seen, &arc);
        bool value = der_boolean(&e);

        if (arc == CONFIGURATION_DYNAMIC_PLATFORM)
            ret->is_dynamic_platform = value;
        else if (arc == CONFIGURATION_CACHED_KEYS)
            ret->has_cached_keys = value;
        else if (arc == CONFIGURATION_SMT_ENABLED)
            ret->is_smt_enabled = value;
        else
            der_fail(&e);
        der_leave(&conf, &e);
    }
    der_leave(d, &conf);
}

static void element_read(struct der *e, unsigned arc, struct pck_extension *ret)
{
    switch (arc) {
    case ELEMENT_PPID:
        octets_read(e, ret->ppid, sizeof(ret->ppid));
        break;
    case ELEMENT_TCB:
        tcb_read(e, ret);
        break;
    case ELEMENT_PCEID:
        octets_read(e, ret->pceid, sizeof(ret->pceid));
        break;
    case ELEMENT_FMSPC:
        octets_read(e, ret->fmspc, sizeof(ret->fmspc));
        break;
    case ELEMENT_SGX_TYPE:
        ret->sgx_type = (uint8_t)der_small(e, DER_ENUMERATED, PCK_SGX_SCALABLE_WITH_INTEGRITY);
        break;
    case ELEMENT_PLATFORM_INSTANCE:
        octets_read(e, ret->platform_instance_id, sizeof(ret->platform_instance_id));
        ret->has_platform_instance_id = true;
        break;
    case ELEMENT_CONFIGURATION:
        configuration_read(e, ret);
        break;
    default:
        der_fail(e);
    }
}

int pck_extension_parse(struct span content, struct pck_extension *ret, struct err *err)
{
    static const char *const names[] = {
        "element",      "PPID", "TCB", "PCEID", "FMSPC", "SGX type", "platform instance id",
        "configuration"};
    struct pck_extension x = {0};
    struct der top = der_of(content), d = der_enter(&top, DER_SEQUENCE);
    uint32_t seen = 0;

    while (!der_at_end(&d)) {
        unsigned arc;
        struct der e = element_enter(&d, OID_SGX, sizeof(OID_SGX), &seen, &arc);

        element_read(&e, arc, &x);
        if (!der_ok(&e))
            return err_set(err, -EBADMSG, "sgx extension: bad %s",
                           arc < ARRAY_COUNT(names) ? names[arc] : "element");
    }
    der_leave(&top, &d);
    if (!der_ok(&top))
        return err_set(err, -EBADMSG, "sgx extension: bad encoding");
    for (unsigned arc = ELEMENT_PPID; arc <= ELEMENT_SGX_TYPE; arc++)
        if (!(seen & 1U << arc))
            return err_set(err, -EBADMSG, "sgx extension: no %s", names[arc]);
    *ret = x;
    return 0;
}
