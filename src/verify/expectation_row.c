/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one table of everything that can be expected. The names are the options of `coffer verify`
 * without their dashes; where a field of the report is meant, its name in `coffer inspect`.
 */
#include "verify/expectation_row.h"

#include <assert.h>

#include "base/macros.h"

enum row_size {
    SIZE_HASH = 32,        /* MRENCLAVE, MRSIGNER */
    SIZE_MEASUREMENT = 48, /* of TDX: SHA-384 */
    SIZE_REPORT_DATA = 64,
};

/* clang-format off */
#define MEASUREMENT(key, id, text)                                                                 \
    {.name = (key), .value = "HEX,...", .help = (text), .kind = EXPECTATION_BYTES,                 \
     .check = CHECK_EXPECT_##id, .field = (key), .size = SIZE_MEASUREMENT}
#define FLAG(key, id, text)                                                                        \
    {.name = (key), .value = "yes|no", .help = (text), .kind = EXPECTATION_FLAG,                   \
     .check = CHECK_EXPECT_##id}
#define HASH(key, hash_size_, text)                                                                \
    {.name = (key), .value = "FILE", .help = (text), .kind = EXPECTATION_HASH,                     \
     .check = CHECK_EXPECT_REPORT_DATA, .field = "report_data", .size = (hash_size_)}

static const struct expectation_row rows[] = {
    {.name = "mrenclave", .value = "HEX,...", .help = "the enclave is one of these",
     .kind = EXPECTATION_BYTES, .check = CHECK_EXPECT_MRENCLAVE, .field = "mrenclave",
     .size = SIZE_HASH, .is_identity = true},
    {.name = "mrsigner", .value = "HEX,...", .help = "the enclave's signer is one of these",
     .kind = EXPECTATION_BYTES, .check = CHECK_EXPECT_MRSIGNER, .field = "mrsigner",
     .size = SIZE_HASH, .is_identity = true},
    {.name = "isvprodid", .value = "NUMBER,...", .help = "the signer's number of the product",
     .kind = EXPECTATION_NUMBER, .check = CHECK_EXPECT_ISVPRODID, .field = "isvprodid"},
    {.name = "min-isvsvn", .value = "NUMBER", .help = "the least ISVSVN",
     .kind = EXPECTATION_MINIMUM, .check = CHECK_EXPECT_ISVSVN, .field = "isvsvn"},
    {.name = "configid", .value = "HEX,...", .help = "CONFIGID, 64 bytes",
     .kind = EXPECTATION_BYTES, .check = CHECK_EXPECT_CONFIGID, .field = "configid", .size = 64},
    {.name = "min-configsvn", .value = "NUMBER", .help = "the least CONFIGSVN",
     .kind = EXPECTATION_MINIMUM, .check = CHECK_EXPECT_CONFIGSVN, .field = "configsvn"},
    {.name = "isvfamilyid", .value = "HEX,...", .help = "ISVFAMILYID, 16 bytes",
     .kind = EXPECTATION_BYTES, .check = CHECK_EXPECT_ISVFAMILYID, .field = "isvfamilyid",
     .size = 16},
    {.name = "isvextprodid", .value = "HEX,...", .help = "ISVEXTPRODID, 16 bytes",
     .kind = EXPECTATION_BYTES, .check = CHECK_EXPECT_ISVEXTPRODID, .field = "isvextprodid",
     .size = 16},
    {.name = "attributes", .value = "HEX[/MASK],...", .help = "ATTRIBUTES, 16 bytes",
     .kind = EXPECTATION_MASKED, .check = CHECK_EXPECT_ATTRIBUTES, .field = "attributes",
     .size = 16},
    {.name = "miscselect", .value = "HEX[/MASK],...", .help = "MISCSELECT, 4 bytes",
     .kind = EXPECTATION_MASKED, .check = CHECK_EXPECT_MISCSELECT, .field = "miscselect",
     .size = 4},
    {.name = "mrtd", .value = "HEX,...", .help = "the TD's initial contents are one of these",
     .kind = EXPECTATION_BYTES, .check = CHECK_EXPECT_MRTD, .field = "mrtd",
     .size = SIZE_MEASUREMENT, .is_identity = true},
    MEASUREMENT("rtmr0", RTMR0, "RTMR 0, 48 bytes"),
    MEASUREMENT("rtmr1", RTMR1, "RTMR 1"),
    MEASUREMENT("rtmr2", RTMR2, "RTMR 2"),
    MEASUREMENT("rtmr3", RTMR3, "RTMR 3"),
    MEASUREMENT("mrseam", MRSEAM, "the TDX module's measurement"),
    MEASUREMENT("mrconfigid", MRCONFIGID, "MRCONFIGID, 48 bytes"),
    MEASUREMENT("mrowner", MROWNER, "MROWNER, 48 bytes"),
    MEASUREMENT("mrownerconfig", MROWNERCONFIG, "MROWNERCONFIG, 48 bytes"),
    MEASUREMENT("mrservicetd", MRSERVICETD, "the service TDs' hash, TD report 1.5"),
    {.name = "tdattributes", .value = "HEX[/MASK],...", .help = "a TD's ATTRIBUTES, 8 bytes",
     .kind = EXPECTATION_MASKED, .check = CHECK_EXPECT_TDATTRIBUTES, .field = "tdattributes",
     .size = 8},
    {.name = "xfam", .value = "HEX[/MASK],...", .help = "a TD's XFAM, 8 bytes",
     .kind = EXPECTATION_MASKED, .check = CHECK_EXPECT_XFAM, .field = "xfam", .size = 8},
    {.name = "report-data", .value = "HEX,...", .help = "report data, 64 bytes",
     .kind = EXPECTATION_BYTES, .check = CHECK_EXPECT_REPORT_DATA, .field = "report_data",
     .size = SIZE_REPORT_DATA},
    {.name = "report-data-prefix", .value = "HEX,...", .help = "report data begins with this",
     .kind = EXPECTATION_PREFIX, .check = CHECK_EXPECT_REPORT_DATA, .field = "report_data",
     .size = SIZE_REPORT_DATA},
    HASH("report-data-sha256", 32, "report data is this file's SHA-256, then zeros"),
    HASH("report-data-sha384", 48, "report data is this file's SHA-384, then zeros"),
    HASH("report-data-sha512", 64, "report data is this file's SHA-512"),
    {.name = "nonce", .value = "HEX", .help = "report data is this, then zeros",
     .kind = EXPECTATION_PADDED, .check = CHECK_EXPECT_NONCE, .field = "report_data",
     .size = SIZE_REPORT_DATA},
    {.name = "min-tcb-date", .value = "DATE", .help = "the least date of the TCB levels",
     .kind = EXPECTATION_DATE, .check = CHECK_EXPECT_TCB_DATE},
    {.name = "min-tcb-evaluation", .value = "NUMBER",
     .help = "the least TCB evaluation data number", .kind = EXPECTATION_MINIMUM,
     .check = CHECK_EXPECT_TCB_EVALUATION},
    {.name = "refuse-advisories", .value = "ID,...", .help = "refuse platforms with one of these",
     .kind = EXPECTATION_REFUSED, .check = CHECK_EXPECT_ADVISORIES},
    {.name = "tolerate-advisories", .value = "ID,...",
     .help = "refuse platforms with any other advisory", .kind = EXPECTATION_TOLERATED,
     .check = CHECK_EXPECT_ADVISORIES},
    FLAG("dynamic-platform", DYNAMIC_PLATFORM, "whether packages may be added to the platform"),
    FLAG("cached-keys", CACHED_KEYS, "whether the platform's root keys are cached by Intel"),
    FLAG("smt", SMT, "whether hyper-threading is on"),
    {.name = "accept-current", .value = "STATUS,...", .kind = EXPECTATION_POLICY,
     .help = "acceptable statuses of a TD's level now (default: as --accept)"},
    {.name = "allow-td-attributes", .value = "BIT,...", .kind = EXPECTATION_POLICY,
     .help = "accept TDs with these ATTRIBUTES, e.g. PERF_PROF,MIGRATABLE"},
    {.name = "require-td-attributes", .value = "BIT,...", .kind = EXPECTATION_POLICY,
     .help = "refuse TDs without these ATTRIBUTES, e.g. SEPT_VE_DISABLE"},
    {.name = "allow-xfam", .value = "BIT,...", .kind = EXPECTATION_POLICY,
     .help = "accept TDs with these reserved bits of XFAM, e.g. bit19"},
};
/* clang-format on */

static_assert(ARRAY_COUNT(rows) <= EXPECTATION_ROW_MAX, "the rows fit their number");

const struct expectation_row *expectation_row_at(size_t index)
{
    return index < ARRAY_COUNT(rows) ? &rows[index] : NULL;
}
