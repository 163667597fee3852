/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coffer/sdk.h: what both halves of an enclave application share. See docs/sdk.md for a tour.
 *
 * Layouts of the hardware structures that pass through these calls as bytes are those of the Intel
 * SDM vol. 3D, chapter 35.
 */
#ifndef COFFER_SDK_H
#define COFFER_SDK_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    COFFER_REPORT_SIZE = 432,           /* bytes of REPORT */
    COFFER_TARGET_SIZE = 512,           /* bytes of TARGETINFO */
    COFFER_REPORT_DATA_SIZE = 64,       /* bytes of REPORTDATA */
    COFFER_HASH_SIZE = 32,              /* bytes of MRENCLAVE and MRSIGNER */
    COFFER_CALL_SIZE_MAX = 1024 * 1024, /* bytes that one call can carry in and out */
};

/** enum coffer_status - why a call into or out of an enclave did not happen; 0 when it did */
enum coffer_status {
    COFFER_OK = 0,
    COFFER_NO_SUCH_CALL = 1,  /* the number is not in the table of the other side */
    COFFER_TOO_LARGE = 2,     /* above COFFER_CALL_SIZE_MAX, or more than the other side lent */
    COFFER_NO_MEMORY = 3,     /* the enclave's heap is full */
    COFFER_BUSY = 4,          /* a call into a thread that waits in a call out */
    COFFER_BAD_POINTER = 5,   /* memory that should lie outside the enclave does not */
    COFFER_DEAD = 6,          /* the enclave aborted, or could not start; it must be loaded anew */
    COFFER_FAULT = 7,         /* an exception that the enclave did not handle */
    COFFER_REFUSED = 8,       /* the hardware refused: a key request, a report */
    COFFER_NOT_AUTHENTIC = 9, /* sealed data or a report was changed, or is not for this enclave */
    COFFER_MALFORMED = 10,    /* the bytes do not have the expected form */
};

#ifdef __cplusplus
}
#endif

#endif
