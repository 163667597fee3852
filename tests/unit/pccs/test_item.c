/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/macros.h"
#include "pccs/item.h"

struct sample {
    struct pccs_item item;
    const char *name, *path, *chain, *chain_v3;
};

#define FMSPC                                                                                      \
    {                                                                                              \
        0x00, 0x90, 0x6e, 0xd5, 0x00, 0x0f                                                         \
    }

static const struct sample samples[] = {
    {.item = {.kind = PCCS_TCB_SGX, .fmspc = FMSPC},
     .name = "tcb/sgx/00906ED5000F/standard",
     .path = "/sgx/certification/v4/tcb?fmspc=00906ED5000F&update=standard",
     .chain = "TCB-Info-Issuer-Chain",
     .chain_v3 = "SGX-TCB-Info-Issuer-Chain"},
    {.item = {.kind = PCCS_TCB_TDX, .fmspc = FMSPC, .is_early = true},
     .name = "tcb/tdx/00906ED5000F/early",
     .path = "/tdx/certification/v4/tcb?fmspc=00906ED5000F&update=early",
     .chain = "TCB-Info-Issuer-Chain",
     .chain_v3 = "SGX-TCB-Info-Issuer-Chain"},
    {.item = {.kind = PCCS_QE_IDENTITY},
     .name = "identity/qe/standard",
     .path = "/sgx/certification/v4/qe/identity?update=standard",
     .chain = "SGX-Enclave-Identity-Issuer-Chain",
     .chain_v3 = "SGX-Enclave-Identity-Issuer-Chain"},
    {.item = {.kind = PCCS_TDQE_IDENTITY},
     .name = "identity/tdqe/standard",
     .path = "/tdx/certification/v4/qe/identity?update=standard",
     .chain = "SGX-Enclave-Identity-Issuer-Chain",
     .chain_v3 = "SGX-Enclave-Identity-Issuer-Chain"},
    {.item = {.kind = PCCS_QVE_IDENTITY, .is_early = true},
     .name = "identity/qve/early",
     .path = "/sgx/certification/v4/qve/identity?update=early",
     .chain = "SGX-Enclave-Identity-Issuer-Chain",
     .chain_v3 = "SGX-Enclave-Identity-Issuer-Chain"},
    {.item = {.kind = PCCS_PROCESSOR_CRL},
     .name = "crl/processor",
     .path = "/sgx/certification/v4/pckcrl?ca=processor&encoding=der",
     .chain = "SGX-PCK-CRL-Issuer-Chain",
     .chain_v3 = "SGX-PCK-CRL-Issuer-Chain"},
    {.item = {.kind = PCCS_PLATFORM_CRL},
     .name = "crl/platform",
     .path = "/sgx/certification/v4/pckcrl?ca=platform&encoding=der",
     .chain = "SGX-PCK-CRL-Issuer-Chain",
     .chain_v3 = "SGX-PCK-CRL-Issuer-Chain"},
    {.item = {.kind = PCCS_ROOT_CRL}, .name = "crl/root", .path = ""},
};

static void text_equal(const char *a, const char *b)
{
    assert_int_equal(a == NULL, b == NULL);
    if (a)
        assert_string_equal(a, b);
}

static void each_item_has_its_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(samples); i++) {
        const struct sample *s = &samples[i];
        char name[PCCS_ITEM_NAME_SIZE], path[PCCS_ITEM_PATH_SIZE];
        struct pccs_item again;

        assert_string_equal(pccs_item_name(&s->item, name), s->name);
        assert_string_equal(pccs_item_path(&s->item, path), s->path);
        text_equal(pccs_item_chain_field(s->item.kind, 4), s->chain);
        text_equal(pccs_item_chain_field(s->item.kind, 3), s->chain_v3);
        assert_true(pccs_item_parse(span_str(name), &again));
        assert_true(pccs_item_equal(&again, &s->item));
    }
}

/* Every prefix, and every name with one bit flipped, is no name or the name of another item. */
static void other_texts_are_no_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(samples); i++) {
        char name[PCCS_ITEM_NAME_SIZE];
        size_t len = strlen(samples[i].name);
        struct pccs_item item;

        for (size_t n = 0; n < len; n++)
            assert_false(pccs_item_parse(span_of(samples[i].name, n), &item));
        for (size_t bit = 0; bit < 8 * len; bit++) {
            char again[PCCS_ITEM_NAME_SIZE];

            strcpy(name, samples[i].name);
            name[bit / 8] = (char)(name[bit / 8] ^ 1 << bit % 8);
            if (!pccs_item_parse(span_of(name, len), &item))
                continue;
            assert_string_equal(pccs_item_name(&item, again), name);
            assert_false(pccs_item_equal(&item, &samples[i].item));
        }
    }
}

static void a_piece_names_its_item(void **state)
{
    static const uint8_t fmspc[] = FMSPC;
    struct piece_facts facts = {.tcb_info = TCB_INFO_TDX};
    struct pccs_item item;

    (void)state;
    memcpy(facts.fmspc, fmspc, sizeof(fmspc));
    item = pccs_item_of(PIECE_TCB_INFO, &facts, true);
    assert_true(pccs_item_equal(&item, &samples[1].item));
    item = pccs_item_of(PIECE_ROOT_CRL, &facts, true);
    assert_true(pccs_item_equal(&item, &samples[7].item));
    facts.ca = PIECE_CA_PLATFORM;
    item = pccs_item_of(PIECE_PCK_CRL, &facts, false);
    assert_true(pccs_item_equal(&item, &samples[6].item));
    facts.identity = ENCLAVE_IDENTITY_QAE;
    assert_int_equal(pccs_item_of(PIECE_ENCLAVE_IDENTITY, &facts, false).kind, PCCS_NONE);
    assert_int_equal(pccs_item_of(PIECE_PCK_CERTIFICATE, &facts, false).kind, PCCS_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_item_has_its_names),
        cmocka_unit_test(other_texts_are_no_names),
        cmocka_unit_test(a_piece_names_its_item),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
