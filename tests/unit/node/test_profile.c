/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "node/profile.h"

static void one_epc_name_a_profile(void **state)
{
    static const char *const names[] = {"aks", "intel", "aliyun"};

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        const struct profile *p = profile_find(names[i], NULL);
        int epc = 0, provision = 0;

        assert_non_null(p);
        for (size_t j = 0; j < PROFILE_RESOURCES_MAX && p->resources[j].name; j++) {
            epc += p->resources[j].kind == RESOURCE_EPC;
            provision += p->resources[j].kind == RESOURCE_PROVISION;
        }
        assert_int_equal(epc + (p->status_epc != NULL), 1);
        assert_int_equal(provision, 1);
    }
}

static void an_unknown_profile_names_the_known(void **state)
{
    struct err err = {0};

    (void)state;
    assert_null(profile_find("gke", &err));
    assert_string_equal(err.text,
                        "there is no profile \"gke\"; the profiles are auto, aks, intel, aliyun");
}

static void auto_counts_devices_only_while_a_kubelet_handles_them_well(void **state)
{
    static const struct {
        uint64_t mib;
        bool can_write_status;
        const char *name;
        uint32_t limit;
        bool has_warning;
    } rows[] = {
        {168, false, "aks", PROFILE_DEVICES_SAFE, false},
        {PROFILE_DEVICES_SAFE, true, "aks", PROFILE_DEVICES_SAFE, false},
        {PROFILE_DEVICES_SAFE + 1, true, "intel", 0, false},
        {PROFILE_DEVICES_SAFE + 1, false, "aks", PROFILE_DEVICES_SAFE, true},
        {256 * 1024, true, "intel", 0, false},
        {1024 * 1024, true, "intel", 0, false},
        {1024 * 1024, false, "aks", PROFILE_DEVICES_SAFE, true},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct profile_choice c = profile_choose(rows[i].mib << 20, rows[i].can_write_status);

        assert_string_equal(c.profile->name, rows[i].name);
        assert_int_equal(c.device_limit, rows[i].limit);
        assert_int_equal(c.warning != NULL, rows[i].has_warning);
        assert_int_equal(c.remedy != NULL, rows[i].has_warning);
    }
}

static void a_choice_that_does_not_fit_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const struct profile *p = profile_find(i ? "aliyun" : "aks", NULL);

        assert_null(profile_judge(p, (uint64_t)PROFILE_DEVICES_SAFE << 20).warning);
        assert_non_null(profile_judge(p, (uint64_t)(PROFILE_DEVICES_SAFE + 1) << 20).warning);
        assert_int_equal(profile_judge(p, UINT64_MAX).device_limit, 0);
    }
    assert_null(profile_judge(profile_find("intel", NULL), UINT64_MAX).warning);
}

static void names_of_all_profiles_are_known_once(void **state)
{
    const char *const *names = profile_resource_names();
    int count = 0;

    (void)state;
    for (; names[count]; count++)
        for (int i = 0; i < count; i++)
            assert_string_not_equal(names[i], names[count]);
    assert_int_equal(count, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_epc_name_a_profile),
        cmocka_unit_test(an_unknown_profile_names_the_known),
        cmocka_unit_test(auto_counts_devices_only_while_a_kubelet_handles_them_well),
        cmocka_unit_test(a_choice_that_does_not_fit_is_told),
        cmocka_unit_test(names_of_all_profiles_are_known_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
