/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Local attestation, as SGX means it: each side says who it is (TARGETINFO) and gives a nonce; each
 * makes a report that only the other can check, because the report's key is made from the
 * platform's secret and the other's measurement, and binds both nonces into it. A report that
 * verifies comes from an enclave on this platform, now.
 *
 * The two parties are the same program under two names, and so two enclaves.
 */
#include <string.h>

#include "attest.h"
#include "coffer/sdk_enclave.h"

const char attest_name[] __attribute__((used, retain)) = ATTEST_NAME;

static uint8_t own_nonce[ATTEST_NONCE_SIZE];

/** binding() - the report data: the challenge that it answers, and the challenge sent with it */
static void binding(const uint8_t *answered, const uint8_t *beside,
                    uint8_t ret[COFFER_REPORT_DATA_SIZE])
{
    uint8_t both[2 * ATTEST_NONCE_SIZE];

    memcpy(both, answered, ATTEST_NONCE_SIZE);
    memcpy(both + ATTEST_NONCE_SIZE, beside, ATTEST_NONCE_SIZE);
    memset(ret, 0, COFFER_REPORT_DATA_SIZE);
    coffer_sha256(both, sizeof(both), ret);
}

static int64_t greet(void *data, size_t size)
{
    struct attest_message *m = data;

    if (size != sizeof(*m))
        return COFFER_MALFORMED;
    coffer_random(own_nonce, sizeof(own_nonce));
    coffer_target_self(m->hello.target);
    memcpy(m->hello.nonce, own_nonce, sizeof(own_nonce));
    return COFFER_OK;
}

static int64_t prove(void *data, size_t size)
{
    struct attest_message *m = data;
    uint8_t bound[COFFER_REPORT_DATA_SIZE];

    if (size != sizeof(*m))
        return COFFER_MALFORMED;
    binding(m->hello.nonce, own_nonce, bound);
    return coffer_report(m->hello.target, bound, m->report);
}

static int64_t verify(void *data, size_t size)
{
    struct attest_message *m = data;
    uint8_t bound[COFFER_REPORT_DATA_SIZE], expected[COFFER_REPORT_DATA_SIZE];
    struct coffer_identity peer, self;
    enum coffer_status status;

    if (size != sizeof(*m))
        return COFFER_MALFORMED;
    status = coffer_report_verify(m->report, &peer, bound);
    if (status != COFFER_OK)
        return status;
    binding(own_nonce, m->hello.nonce, expected);
    if (!coffer_equal(bound, expected, sizeof(bound)))
        return COFFER_NOT_AUTHENTIC;
    coffer_identity_self(&self);
    if (!coffer_equal(peer.mrsigner, self.mrsigner, sizeof(self.mrsigner)))
        return COFFER_NOT_AUTHENTIC;
    memcpy(m->mrenclave, peer.mrenclave, sizeof(m->mrenclave));
    memcpy(m->mrsigner, peer.mrsigner, sizeof(m->mrsigner));
    return COFFER_OK;
}

const coffer_ecall_fn coffer_ecalls[] = {
    [ATTEST_GREET] = greet, [ATTEST_PROVE] = prove, [ATTEST_VERIFY] = verify};
const size_t coffer_ecall_count = sizeof(coffer_ecalls) / sizeof(coffer_ecalls[0]);
