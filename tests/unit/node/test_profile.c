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
                        "there is no profile \"gke\"; the profiles are aks, intel, aliyun");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_epc_name_a_profile),
        cmocka_unit_test(an_unknown_profile_names_the_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
