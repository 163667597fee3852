/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/macros.h"
#include "sgx/keys.h"

struct world {
    struct sgx_platform platform;
    struct sgx_secs secs;
    struct sgx_keyrequest request;
};

static struct world world_of(enum sgx_key_name name, int policy)
{
    struct world w;

    memset(&w, 0, sizeof(w));
    memset(&w.platform, 0x11, sizeof(w.platform));
    w.secs.miscselect = 1;
    w.secs.attributes.flags = SGX_ATTRIBUTE_INIT | SGX_ATTRIBUTE_MODE64BIT | SGX_ATTRIBUTE_KSS |
                              SGX_ATTRIBUTE_PROVISIONKEY | SGX_ATTRIBUTE_EINITTOKENKEY;
    w.secs.attributes.xfrm = 7;
    w.secs.isv_svn = 5;
    w.secs.config_svn = 5;
    w.request.key_name = (uint16_t)name;
    w.request.key_policy = (uint16_t)policy;
    w.request.isv_svn = 3;
    w.request.config_svn = 3;
    w.request.attribute_mask.flags = SGX_ATTRIBUTE_DEBUG;
    w.request.attribute_mask.xfrm = 4;
    w.request.misc_mask = 1;
    memset(w.request.cpusvn, 3, sizeof(w.request.cpusvn));
    return w;
}

static enum sgx_status key_of(const struct world *w, uint8_t ret_key[static SGX_KEY_SIZE])
{
    uint8_t wire[SGX_KEYREQUEST_SIZE];

    sgx_keyrequest_render(&w->request, wire);
    return sgx_egetkey(&w->platform, &w->secs, wire, ret_key);
}

/* each changes one input on which a key may depend */
static void change_fuse(struct world *w)
{
    w->platform.fuse[31] ^= 1;
}
static void change_owner_epoch(struct world *w)
{
    w->platform.owner_epoch[0] ^= 1;
}
static void change_current_cpusvn(struct world *w)
{
    w->platform.cpusvn[0] = 0x12;
}
static void change_cpusvn(struct world *w)
{
    w->request.cpusvn[0] = 1;
}
static void change_isvsvn(struct world *w)
{
    w->request.isv_svn = 2;
}
static void change_current_isvsvn(struct world *w)
{
    w->secs.isv_svn = 9;
}
static void change_prodid(struct world *w)
{
    w->secs.isv_prod_id = 9;
}
static void change_mrenclave(struct world *w)
{
    w->secs.mrenclave[0] ^= 1;
}
static void change_mrsigner(struct world *w)
{
    w->secs.mrsigner[0] ^= 1;
}
static void change_keyid(struct world *w)
{
    w->request.key_id[31] ^= 1;
}
static void change_debug(struct world *w)
{
    w->secs.attributes.flags ^= SGX_ATTRIBUTE_DEBUG;
}
static void change_mode(struct world *w)
{
    w->secs.attributes.flags ^= SGX_ATTRIBUTE_MODE64BIT;
}
static void change_avx(struct world *w)
{
    w->secs.attributes.xfrm ^= 4;
}
static void change_mask(struct world *w)
{
    w->request.attribute_mask.xfrm ^= 1;
}
static void change_misc(struct world *w)
{
    w->secs.miscselect ^= 1;
}
static void change_misc_mask(struct world *w)
{
    w->request.misc_mask ^= 2;
}
static void change_family(struct world *w)
{
    w->secs.isv_family_id[0] ^= 1;
}
static void change_ext_prodid(struct world *w)
{
    w->secs.isv_ext_prod_id[0] ^= 1;
}
static void change_config_id(struct world *w)
{
    w->secs.config_id[0] ^= 1;
}
static void change_config_svn(struct world *w)
{
    w->request.config_svn = 2;
}
static void change_own_config_svn(struct world *w)
{
    w->secs.config_svn = 9;
}

enum {
    T = 1 << SGX_KEY_EINITTOKEN,
    P = 1 << SGX_KEY_PROVISION,
    PS = 1 << SGX_KEY_PROVISION_SEAL,
    RP = 1 << SGX_KEY_REPORT,
    S = 1 << SGX_KEY_SEAL,
    ALL = T | P | PS | RP | S,
};

/* SDM 36.4, EGETKEY, table of key derivation. @policy: the bit that makes the field a dependency
 * of the keys in @by_policy, or with NOISVPRODID excludes it; the keys in @always have it in any
 * case. */
static const struct {
    const char *field;
    void (*change)(struct world *w);
    int always, by_policy, policy;
} rows[] = {
    {"fuse", change_fuse, ALL, 0, 0},
    {"owner epoch", change_owner_epoch, T | RP | S, 0, 0},
    {"current CPUSVN", change_current_cpusvn, RP, 0, 0},
    {"CPUSVN", change_cpusvn, T | P | PS | S, 0, 0},
    {"ISVSVN", change_isvsvn, T | P | PS | S, 0, 0},
    {"current ISVSVN", change_current_isvsvn, 0, 0, 0},
    {"MRENCLAVE", change_mrenclave, RP, S, SGX_KEYPOLICY_MRENCLAVE},
    {"MRSIGNER", change_mrsigner, T | P | PS, S, SGX_KEYPOLICY_MRSIGNER},
    {"KEYID", change_keyid, T | RP | S, 0, 0},
    {"DEBUG", change_debug, ALL, 0, 0},
    {"MODE64BIT", change_mode, RP, 0, 0},
    {"XFRM", change_avx, ALL, 0, 0},
    {"ATTRIBUTEMASK", change_mask, P | PS | S | T, 0, 0},
    {"MISCSELECT", change_misc, ALL, 0, 0},
    {"MISCMASK", change_misc_mask, T | P | PS | S, 0, 0},
    {"ISVFAMILYID", change_family, 0, PS | S, SGX_KEYPOLICY_ISVFAMILYID},
    {"ISVEXTPRODID", change_ext_prodid, 0, PS | S, SGX_KEYPOLICY_ISVEXTPRODID},
    {"CONFIGID", change_config_id, RP, PS | S, SGX_KEYPOLICY_CONFIGID},
    {"CONFIGSVN", change_config_svn, 0, PS | S, SGX_KEYPOLICY_CONFIGID},
    {"own CONFIGSVN", change_own_config_svn, RP, 0, 0},
};

static bool change_matters(enum sgx_key_name name, int policy, void (*change)(struct world *w))
{
    struct world w = world_of(name, policy);
    uint8_t before[SGX_KEY_SIZE], after[SGX_KEY_SIZE];

    assert_int_equal(key_of(&w, before), SGX_SUCCESS);
    change(&w);
    assert_int_equal(key_of(&w, after), SGX_SUCCESS);
    return memcmp(before, after, sizeof(before)) != 0;
}

/* every key name, every policy of six bits, every field */
static void table(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        for (int name = SGX_KEY_EINITTOKEN; name <= SGX_KEY_SEAL; name++) {
            for (int policy = 0; policy <= SGX_KEYPOLICY_ALL; policy++) {
                bool expected = rows[i].always >> name & 1;

                if (policy & rows[i].policy)
                    expected |= rows[i].by_policy >> name & 1;
                if (change_matters((enum sgx_key_name)name, policy, rows[i].change) != expected)
                    fail_msg("%s, key %d, policy 0x%x: not %d", rows[i].field, name, policy,
                             expected);
            }
        }
    }
}

static void product_id_unless_policy(void **state)
{
    (void)state;
    for (int policy = 0; policy <= SGX_KEYPOLICY_ALL; policy++) {
        bool without = policy & SGX_KEYPOLICY_NOISVPRODID;

        assert_true(change_matters(SGX_KEY_EINITTOKEN, policy, change_prodid));
        assert_true(change_matters(SGX_KEY_PROVISION, policy, change_prodid));
        assert_int_equal(change_matters(SGX_KEY_PROVISION_SEAL, policy, change_prodid), !without);
        assert_int_equal(change_matters(SGX_KEY_SEAL, policy, change_prodid), !without);
        assert_false(change_matters(SGX_KEY_REPORT, policy, change_prodid));
    }
}

static void names_and_policies_differ(void **state)
{
    uint8_t keys[5 + 63][SGX_KEY_SIZE];
    size_t count = 0;

    (void)state;
    for (int name = 0; name <= SGX_KEY_SEAL; name++) {
        struct world w = world_of((enum sgx_key_name)name, 0);

        assert_int_equal(key_of(&w, keys[count++]), SGX_SUCCESS);
    }
    for (int policy = 1; policy <= SGX_KEYPOLICY_ALL; policy++) {
        struct world w = world_of(SGX_KEY_SEAL, policy);

        assert_int_equal(key_of(&w, keys[count++]), SGX_SUCCESS);
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < i; k++)
            assert_memory_not_equal(keys[i], keys[k], SGX_KEY_SIZE);
    }
}

static void refusals(void **state)
{
    uint8_t key[SGX_KEY_SIZE] = {0xaa};
    struct world w;

    (void)state;
    for (int name = 0; name <= SGX_KEY_SEAL; name++) {
        bool versioned = name != SGX_KEY_REPORT;

        w = world_of((enum sgx_key_name)name, 0);
        w.request.cpusvn[15] = 0x12;
        assert_int_equal(key_of(&w, key), versioned ? SGX_INVALID_CPUSVN : SGX_SUCCESS);
        w = world_of((enum sgx_key_name)name, 0);
        w.request.isv_svn = 6;
        assert_int_equal(key_of(&w, key), versioned ? SGX_INVALID_ISVSVN : SGX_SUCCESS);
        w = world_of((enum sgx_key_name)name, 0);
        w.request.config_svn = 6;
        assert_int_equal(key_of(&w, key), versioned ? SGX_INVALID_ISVSVN : SGX_SUCCESS);
    }
    w = world_of(SGX_KEY_SEAL, 0);
    w.request.key_name = 5;
    key[0] = 0xaa;
    assert_int_equal(key_of(&w, key), SGX_INVALID_KEYNAME);
    assert_int_equal(key[0], 0xaa);
}

static void attributes_are_needed(void **state)
{
    uint8_t key[SGX_KEY_SIZE];
    struct world w = world_of(SGX_KEY_PROVISION, 0);

    (void)state;
    w.secs.attributes.flags &= ~SGX_ATTRIBUTE_PROVISIONKEY;
    assert_int_equal(key_of(&w, key), SGX_INVALID_ATTRIBUTE);
    w.request.key_name = SGX_KEY_PROVISION_SEAL;
    assert_int_equal(key_of(&w, key), SGX_INVALID_ATTRIBUTE);
    w = world_of(SGX_KEY_EINITTOKEN, 0);
    w.secs.attributes.flags &= ~SGX_ATTRIBUTE_EINITTOKENKEY;
    assert_int_equal(key_of(&w, key), SGX_INVALID_ATTRIBUTE);
    for (int policy = 0; policy <= SGX_KEYPOLICY_ALL; policy++) {
        w = world_of(SGX_KEY_SEAL, policy);
        w.request.config_svn = 0;
        w.secs.attributes.flags &= ~SGX_ATTRIBUTE_KSS;
        assert_int_equal(key_of(&w, key), policy & SGX_KEYPOLICY_KSS ? SGX_FAULT_GP : SGX_SUCCESS);
    }
    w.request.key_policy = 0;
    w.request.config_svn = 1;
    assert_int_equal(key_of(&w, key), SGX_FAULT_GP);
}

static void report_for_a_target(void **state)
{
    struct world w = world_of(SGX_KEY_REPORT, 0);
    struct sgx_secs other = w.secs;
    struct sgx_targetinfo target;
    uint8_t target_wire[SGX_TARGETINFO_SIZE], data[SGX_REPORT_DATA_SIZE] = {7};
    uint8_t wire[SGX_REPORT_SIZE], key[SGX_KEY_SIZE], mac[SGX_MAC_SIZE];
    struct sgx_report report;

    (void)state;
    other.mrenclave[0] = 0x99;
    sgx_keys_target_of(&other, &target);
    sgx_targetinfo_render(&target, target_wire);
    assert_int_equal(sgx_ereport(&w.platform, &w.secs, target_wire, data, wire), SGX_SUCCESS);
    assert_true(sgx_keys_report_verify(&w.platform, &target, wire));
    sgx_report_parse(wire, &report);
    assert_memory_equal(report.body.cpusvn, w.platform.cpusvn, SGX_CPUSVN_SIZE);
    assert_int_equal(report.body.report_data[0], 7);
    assert_int_equal(report.body.isv_svn, 5);

    /* EGETKEY gives the target itself this key */
    w.secs = other;
    memcpy(w.request.key_id, report.key_id, SGX_KEYID_SIZE);
    assert_int_equal(key_of(&w, key), SGX_SUCCESS);
    sgx_keys_report_mac(key, wire, mac);
    assert_memory_equal(mac, report.mac, SGX_MAC_SIZE);

    for (size_t bit = 0; bit < sizeof(wire) * 8; bit++) {
        wire[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_false(sgx_keys_report_verify(&w.platform, &target, wire));
        wire[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    target.config_svn ^= 1;
    assert_false(sgx_keys_report_verify(&w.platform, &target, wire));
    target.config_svn ^= 1;
    w.platform.fuse[0] ^= 1;
    assert_false(sgx_keys_report_verify(&w.platform, &target, wire));
    target_wire[511] = 1;
    assert_int_equal(sgx_ereport(&w.platform, &w.secs, target_wire, data, wire), SGX_FAULT_GP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table),
        cmocka_unit_test(product_id_unless_policy),
        cmocka_unit_test(names_and_policies_differ),
        cmocka_unit_test(refusals),
        cmocka_unit_test(attributes_are_needed),
        cmocka_unit_test(report_for_a_target),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
