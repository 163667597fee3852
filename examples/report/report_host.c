/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coffer-report ENCLAVE < message > report
 *
 * Reads TARGETINFO (512 bytes) and report data (64 bytes), writes the enclave's REPORT (432 bytes).
 * `coffer quote --report-data` runs it; it is also the shortest program that loads an enclave.
 */
#include <stdio.h>

#include "coffer/sdk_host.h"
#include "report.h"

enum {
    FAILED = 2,
};

static int report_make(struct coffer_enclave *enclave, struct report_message *m)
{
    int64_t result = COFFER_OK;
    enum coffer_status status = coffer_call(enclave, REPORT_MAKE, m, sizeof(*m), &result);

    if (status == COFFER_OK)
        status = (enum coffer_status)result;
    if (status == COFFER_OK)
        return 0;
    fprintf(stderr, "coffer-report: %s\n", coffer_status_text(status));
    return FAILED;
}

int main(int argc, char **argv)
{
    struct coffer_enclave *enclave;
    struct report_message m = {0};
    char text[COFFER_TEXT_SIZE];
    int r;

    if (argc != 2) {
        fputs("usage: coffer-report ENCLAVE < target-and-data > report\n", stderr);
        return FAILED;
    }
    if (fread(&m, COFFER_TARGET_SIZE + COFFER_REPORT_DATA_SIZE, 1, stdin) != 1) {
        fputs("coffer-report: standard input is shorter than target info and report data\n",
              stderr);
        return FAILED;
    }
    if (coffer_load(argv[1], NULL, &enclave, text) < 0) {
        fprintf(stderr, "coffer-report: %s: %s\n", argv[1], text);
        return FAILED;
    }
    r = report_make(enclave, &m);
    coffer_unload(enclave);
    if (r == 0 && (fwrite(m.report, sizeof(m.report), 1, stdout) != 1 || fflush(stdout) != 0)) {
        perror("coffer-report: standard output");
        r = FAILED;
    }
    return r;
}
