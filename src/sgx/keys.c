/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A key is the AES-CMAC of its dependencies (SDM 36.4, table of EGETKEY). The table says which
 * fields of the enclave and of the request enter for each key name and policy; a field that does
 * not enter is zero. dependencies_render() is the one place where these fields become bytes: their
 * order there is ours, because the real one is not public, so keys are stable on this platform and
 * equal to no real processor's.
 *
 * The root of every key is made from the fuse of struct sgx_platform, which the node's secret
 * carries. It stands for the device's fused keys: two nodes with the same fuse unseal each other's
 * data, others do not.
 *
 * The request is checked in the manual's order before anything is derived: CPUSVN not above the
 * platform's, ISVSVN and CONFIGSVN not above the enclave's. So an enclave gets keys of its own and
 * of older versions, and never of a newer one.
 *
 * A report is a body and a MAC under the REPORT key of the enclave that it is made for. Checking
 * compares in constant time, because the platform's secret key is the only thing between a forger
 * and a report.
 */
#include "sgx/keys.h"

#include "crypto_bare/cmac.h"
#include "crypto_bare/mem.h"
#include "crypto_bare/sha256.h"
#include "sgx/attributes.h"

/** struct dependencies - the fields in the order in which they are serialised */
struct dependencies {
    uint16_t key_name;
    uint16_t key_policy;
    uint16_t isv_prod_id;
    uint16_t isv_svn;
    uint16_t config_svn;
    uint8_t cet_attributes;
    uint8_t cet_mask; /* complement of the request's */
    uint32_t miscselect;
    uint32_t misc_mask; /* complement of the request's */
    struct sgx_attributes attributes;
    struct sgx_attributes attribute_mask;
    const uint8_t *owner_epoch; /* each may be NULL, which stands for zeros */
    const uint8_t *cpusvn;
    const uint8_t *isv_family_id;
    const uint8_t *isv_ext_prod_id;
    const uint8_t *mrenclave;
    const uint8_t *mrsigner;
    const uint8_t *key_id;
    const uint8_t *config_id;
};

enum {
    DEPENDENCIES_SIZE = 5 * 2 + 2 + 2 * 4 + 2 * 16 + SGX_OWNER_EPOCH_SIZE + SGX_CPUSVN_SIZE +
                        2 * SGX_PRODUCT_ID_SIZE + 2 * SGX_HASH_SIZE + SGX_KEYID_SIZE +
                        SGX_CONFIGID_SIZE, /* bytes */
};

static uint8_t *u16_put(uint8_t *to, uint16_t value)
{
    store_u16le(to, value);
    return to + 2;
}

static uint8_t *u32_put(uint8_t *to, uint32_t value)
{
    store_u32le(to, value);
    return to + 4;
}

static uint8_t *attributes_put(uint8_t *to, struct sgx_attributes a)
{
    sgx_attributes_render(a, to);
    return to + 16;
}

static uint8_t *bytes_put(uint8_t *to, const uint8_t *from, size_t size)
{
    if (from)
        memcpy(to, from, size);
    else
        memset(to, 0, size);
    return to + size;
}

static void dependencies_render(const struct dependencies *d, uint8_t ret[static DEPENDENCIES_SIZE])
{
    uint8_t *to = ret;

    to = u16_put(to, d->key_name);
    to = u16_put(to, d->key_policy);
    to = u16_put(to, d->isv_prod_id);
    to = u16_put(to, d->isv_svn);
    to = u16_put(to, d->config_svn);
    *to++ = d->cet_attributes;
    *to++ = d->cet_mask;
    to = u32_put(to, d->miscselect);
    to = u32_put(to, d->misc_mask);
    to = attributes_put(to, d->attributes);
    to = attributes_put(to, d->attribute_mask);
    to = bytes_put(to, d->owner_epoch, SGX_OWNER_EPOCH_SIZE);
    to = bytes_put(to, d->cpusvn, SGX_CPUSVN_SIZE);
    to = bytes_put(to, d->isv_family_id, SGX_PRODUCT_ID_SIZE);
    to = bytes_put(to, d->isv_ext_prod_id, SGX_PRODUCT_ID_SIZE);
    to = bytes_put(to, d->mrenclave, SGX_HASH_SIZE);
    to = bytes_put(to, d->mrsigner, SGX_HASH_SIZE);
    to = bytes_put(to, d->key_id, SGX_KEYID_SIZE);
    bytes_put(to, d->config_id, SGX_CONFIGID_SIZE);
}

/** fuse_hash() - SHA-256 of a purpose and the fuse, so that each use has a value of its own */
static void fuse_hash(const struct sgx_platform *p, const char purpose[static 16],
                      uint8_t ret[static SHA256_SIZE])
{
    struct sha256 sha;

    sha256_init(&sha);
    sha256_update(&sha, purpose, 16);
    sha256_update(&sha, p->fuse, SGX_FUSE_SIZE);
    sha256_final(&sha, ret);
}

static void key_derive(const struct sgx_platform *p, const struct dependencies *d,
                       uint8_t ret_key[static SGX_KEY_SIZE])
{
    uint8_t root[SHA256_SIZE];
    uint8_t wire[DEPENDENCIES_SIZE];

    fuse_hash(p, "coffer device   ", root);
    dependencies_render(d, wire);
    cmac(root, wire, sizeof(wire), ret_key);
    mem_wipe(root, sizeof(root));
}

static bool is_beyond(const uint8_t *cpusvn, const uint8_t *current)
{
    for (size_t i = 0; i < SGX_CPUSVN_SIZE; i++) {
        if (cpusvn[i] > current[i])
            return true;
    }
    return false;
}

static enum sgx_status versions_check(const struct sgx_platform *p, const struct sgx_secs *secs,
                                      const struct sgx_keyrequest *k)
{
    if (is_beyond(k->cpusvn, p->cpusvn))
        return SGX_INVALID_CPUSVN;
    if (k->isv_svn > secs->isv_svn || k->config_svn > secs->config_svn)
        return SGX_INVALID_ISVSVN;
    return SGX_SUCCESS;
}

/** attribute_needed() - the attribute that an enclave must have for @key_name; 0: none */
static uint64_t attribute_needed(uint16_t key_name)
{
    if (key_name == SGX_KEY_EINITTOKEN)
        return SGX_ATTRIBUTE_EINITTOKENKEY;
    if (key_name == SGX_KEY_PROVISION || key_name == SGX_KEY_PROVISION_SEAL)
        return SGX_ATTRIBUTE_PROVISIONKEY;
    return 0;
}

static enum sgx_status request_check(const struct sgx_platform *p, const struct sgx_secs *secs,
                                     const struct sgx_keyrequest *k)
{
    uint64_t needed = attribute_needed(k->key_name);

    if (!(secs->attributes.flags & SGX_ATTRIBUTE_KSS) &&
        (k->key_policy & SGX_KEYPOLICY_KSS || k->config_svn != 0))
        return SGX_FAULT_GP;
    if (k->key_name > SGX_KEY_SEAL)
        return SGX_INVALID_KEYNAME;
    if (needed & ~secs->attributes.flags)
        return SGX_INVALID_ATTRIBUTE;
    if (k->key_name == SGX_KEY_REPORT)
        return SGX_SUCCESS;
    return versions_check(p, secs, k);
}

/** policy_add() - the fields of the enclave that the policy of a SEAL or PROVISION_SEAL key adds */
static void policy_add(struct dependencies *d, const struct sgx_secs *secs,
                       const struct sgx_keyrequest *k)
{
    d->key_policy = k->key_policy;
    if (k->key_policy & SGX_KEYPOLICY_NOISVPRODID)
        d->isv_prod_id = 0;
    if (k->key_policy & SGX_KEYPOLICY_ISVFAMILYID)
        d->isv_family_id = secs->isv_family_id;
    if (k->key_policy & SGX_KEYPOLICY_ISVEXTPRODID)
        d->isv_ext_prod_id = secs->isv_ext_prod_id;
    if (k->key_policy & SGX_KEYPOLICY_CONFIGID) {
        d->config_id = secs->config_id;
        d->config_svn = k->config_svn;
    }
}

/** dependencies_of() - the dependencies of every key but REPORT */
static struct dependencies dependencies_of(const struct sgx_platform *p,
                                           const struct sgx_secs *secs,
                                           const struct sgx_keyrequest *k)
{
    const struct sgx_attributes always = {.flags = SGX_ATTRIBUTE_INIT | SGX_ATTRIBUTE_DEBUG};
    const struct sgx_attributes mask = {.flags = k->attribute_mask.flags | always.flags,
                                        .xfrm = k->attribute_mask.xfrm};
    struct dependencies d = {
        .key_name = k->key_name,
        .isv_prod_id = secs->isv_prod_id,
        .isv_svn = k->isv_svn,
        .cet_mask = (uint8_t)~k->cet_mask,
        .miscselect = secs->miscselect & k->misc_mask,
        .misc_mask = ~k->misc_mask,
        .attributes = sgx_attributes_and(secs->attributes, mask),
        .cpusvn = k->cpusvn,
        .mrsigner = secs->mrsigner,
    };

    if (k->key_name != SGX_KEY_EINITTOKEN)
        d.attribute_mask = k->attribute_mask;
    if (k->key_name == SGX_KEY_EINITTOKEN || k->key_name == SGX_KEY_SEAL) {
        d.owner_epoch = p->owner_epoch;
        d.key_id = k->key_id;
    }
    if (k->key_name == SGX_KEY_SEAL || k->key_name == SGX_KEY_PROVISION_SEAL)
        policy_add(&d, secs, k);
    if (k->key_name == SGX_KEY_SEAL) {
        d.mrenclave = k->key_policy & SGX_KEYPOLICY_MRENCLAVE ? secs->mrenclave : NULL;
        d.mrsigner = k->key_policy & SGX_KEYPOLICY_MRSIGNER ? secs->mrsigner : NULL;
    }
    return d;
}

enum sgx_status sgx_egetkey(const struct sgx_platform *platform, const struct sgx_secs *secs,
                            const uint8_t request[static SGX_KEYREQUEST_SIZE],
                            uint8_t ret_key[static SGX_KEY_SIZE])
{
    struct sgx_keyrequest k;
    struct sgx_targetinfo self;
    struct dependencies d;
    enum sgx_status status;

    if (!sgx_keyrequest_parse(request, &k))
        return SGX_FAULT_GP;
    status = request_check(platform, secs, &k);
    if (status != SGX_SUCCESS)
        return status;
    if (k.key_name == SGX_KEY_REPORT) {
        sgx_keys_target_of(secs, &self);
        sgx_keys_report(platform, &self, k.key_id, ret_key);
        return SGX_SUCCESS;
    }
    d = dependencies_of(platform, secs, &k);
    key_derive(platform, &d, ret_key);
    return SGX_SUCCESS;
}

void sgx_keys_report(const struct sgx_platform *platform, const struct sgx_targetinfo *target,
                     const uint8_t key_id[static SGX_KEYID_SIZE],
                     uint8_t ret_key[static SGX_KEY_SIZE])
{
    const struct dependencies d = {
        .key_name = SGX_KEY_REPORT,
        .config_svn = target->config_svn,
        .cet_attributes = target->cet_attributes,
        .miscselect = target->miscselect,
        .attributes = target->attributes,
        .owner_epoch = platform->owner_epoch,
        .cpusvn = platform->cpusvn,
        .mrenclave = target->mrenclave,
        .key_id = key_id,
        .config_id = target->config_id,
    };

    key_derive(platform, &d, ret_key);
}

void sgx_keys_report_mac(const uint8_t key[static SGX_KEY_SIZE],
                         const uint8_t body[static SGX_REPORT_BODY_SIZE],
                         uint8_t ret_mac[static SGX_MAC_SIZE])
{
    cmac(key, body, SGX_REPORT_BODY_SIZE, ret_mac);
}

static void report_body_fill(const struct sgx_platform *platform, const struct sgx_secs *secs,
                             struct sgx_report_body *ret)
{
    *ret = (struct sgx_report_body){
        .miscselect = secs->miscselect,
        .attributes = secs->attributes,
        .isv_prod_id = secs->isv_prod_id,
        .isv_svn = secs->isv_svn,
        .config_svn = secs->config_svn,
    };
    memcpy(ret->cpusvn, platform->cpusvn, SGX_CPUSVN_SIZE);
    memcpy(ret->isv_ext_prod_id, secs->isv_ext_prod_id, SGX_PRODUCT_ID_SIZE);
    memcpy(ret->mrenclave, secs->mrenclave, SGX_HASH_SIZE);
    memcpy(ret->mrsigner, secs->mrsigner, SGX_HASH_SIZE);
    memcpy(ret->config_id, secs->config_id, SGX_CONFIGID_SIZE);
    memcpy(ret->isv_family_id, secs->isv_family_id, SGX_PRODUCT_ID_SIZE);
}

enum sgx_status sgx_ereport(const struct sgx_platform *platform, const struct sgx_secs *secs,
                            const uint8_t target[static SGX_TARGETINFO_SIZE],
                            const uint8_t report_data[static SGX_REPORT_DATA_SIZE],
                            uint8_t ret_report[static SGX_REPORT_SIZE])
{
    struct sgx_targetinfo to;
    struct sgx_report report;
    uint8_t key[SGX_KEY_SIZE];

    if (!sgx_targetinfo_parse(target, &to))
        return SGX_FAULT_GP;
    report_body_fill(platform, secs, &report.body);
    memcpy(report.body.report_data, report_data, SGX_REPORT_DATA_SIZE);
    fuse_hash(platform, "coffer keyid    ", report.key_id);
    memset(report.mac, 0, SGX_MAC_SIZE);
    sgx_report_render(&report, ret_report);
    sgx_keys_report(platform, &to, report.key_id, key);
    sgx_keys_report_mac(key, ret_report, ret_report + SGX_REPORT_SIZE - SGX_MAC_SIZE);
    mem_wipe(key, sizeof(key));
    return SGX_SUCCESS;
}

bool sgx_keys_report_verify(const struct sgx_platform *platform,
                            const struct sgx_targetinfo *target,
                            const uint8_t report[static SGX_REPORT_SIZE])
{
    uint8_t key[SGX_KEY_SIZE];
    uint8_t mac[SGX_MAC_SIZE];

    sgx_keys_report(platform, target, report + SGX_REPORT_BODY_SIZE, key);
    sgx_keys_report_mac(key, report, mac);
    mem_wipe(key, sizeof(key));
    return mem_equal_ct(mac, report + SGX_REPORT_SIZE - SGX_MAC_SIZE, SGX_MAC_SIZE);
}

void sgx_keys_target_of(const struct sgx_secs *secs, struct sgx_targetinfo *ret)
{
    *ret = (struct sgx_targetinfo){
        .attributes = secs->attributes,
        .config_svn = secs->config_svn,
        .miscselect = secs->miscselect,
    };
    memcpy(ret->mrenclave, secs->mrenclave, SGX_HASH_SIZE);
    memcpy(ret->config_id, secs->config_id, SGX_CONFIGID_SIZE);
}
