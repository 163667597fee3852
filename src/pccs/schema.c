/* SPDX-License-Identifier: Apache-2.0 */
#include "pccs/schema.h"

#include "base/macros.h"

/* Hexadecimal identifiers are upper-case text, as PCCS writes them. Times are unix seconds. */
static const char *const first[] = {
    /* Every version of an item that was ever stored, so that a verdict can be replayed. */
    "CREATE TABLE pccs_item ("
    " name TEXT NOT NULL, sha256 BYTEA NOT NULL, body BYTEA NOT NULL, chain TEXT NOT NULL,"
    " issued BIGINT NOT NULL, expires BIGINT NOT NULL, evaluation BIGINT NOT NULL,"
    " stored BIGINT NOT NULL, source TEXT NOT NULL,"
    " PRIMARY KEY (name, sha256))",
    "CREATE INDEX pccs_item_newest ON pccs_item (name, evaluation, issued)",
    /* When an item was last seen upstream, what went wrong since, and who refreshes it now. */
    "CREATE TABLE pccs_refresh ("
    " name TEXT PRIMARY KEY, confirmed BIGINT NOT NULL, failed BIGINT NOT NULL,"
    " failures BIGINT NOT NULL, reason TEXT NOT NULL, lease_until BIGINT NOT NULL,"
    " lease_of TEXT NOT NULL)",
    "CREATE TABLE pccs_platform ("
    " qe_id TEXT NOT NULL, pce_id TEXT NOT NULL, enc_ppid TEXT NOT NULL, manifest TEXT NOT NULL,"
    " fmspc TEXT NOT NULL, ca TEXT NOT NULL, registered BIGINT NOT NULL,"
    " handed_out BIGINT NOT NULL,"
    " PRIMARY KEY (qe_id, pce_id))",
    "CREATE INDEX pccs_platform_fmspc ON pccs_platform (fmspc)",
    /* The raw TCBs of a platform, and the certificate that was chosen for each: '' is not yet. */
    "CREATE TABLE pccs_tcb ("
    " qe_id TEXT NOT NULL, pce_id TEXT NOT NULL, cpu_svn TEXT NOT NULL, pce_svn TEXT NOT NULL,"
    " tcbm TEXT NOT NULL,"
    " PRIMARY KEY (qe_id, pce_id, cpu_svn, pce_svn))",
    "CREATE TABLE pccs_cert ("
    " qe_id TEXT NOT NULL, pce_id TEXT NOT NULL, tcbm TEXT NOT NULL, cert TEXT NOT NULL,"
    " expires BIGINT NOT NULL,"
    " PRIMARY KEY (qe_id, pce_id, tcbm))",
    /* The issuer chain of PCK certificates by CA: 'processor' or 'platform'. */
    "CREATE TABLE pccs_chain (ca TEXT PRIMARY KEY, chain TEXT NOT NULL)",
    "CREATE TABLE pccs_policy ("
    " fmspc TEXT NOT NULL, policy TEXT NOT NULL, is_default BIGINT NOT NULL,"
    " stored BIGINT NOT NULL,"
    " PRIMARY KEY (fmspc))",
    NULL,
};

static const struct store_migration migrations[] = {{.statements = first}};

int pccs_schema_migrate(struct store *s, struct err *err)
{
    return store_migrate(s, "pccs", migrations, ARRAY_COUNT(migrations), err);
}
