/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's text files: every parser of platform/ that reads them meets the same bytes. */
#include <stdlib.h>

#include "base/macros.h"
#include "epc/committed.h"
#include "platform/cpuid_file.h"
#include "platform/sysfs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse_names(const char *text)
{
    struct epc_container_name name;
    char id[EPC_COMMITTED_ID_SIZE];
    int32_t node;

    if (epc_committed_log_name_parse(text, &name, id) == 0 &&
        strlen(id) != EPC_COMMITTED_ID_SIZE - 1)
        abort();
    if (sysfs_parse_node_name(text, &node) == 0 && node < 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct platform_cpuid_file cpuid;
    struct span text = span_of(data, size);
    struct epc_committed_row row;
    char *copy = malloc(size + 1);
    uint64_t number;
    bool flag;
    int r = 0;

    if (!copy)
        return 0;
    memcpy(copy, data, size);
    copy[size] = '\0';
    parse_names(copy);
    free(copy);

    r += sysfs_parse_u64(text, &number);
    r += sysfs_parse_keyed(text, "sgx_epc", &number);
    r += sysfs_parse_mount_noexec(text, "/dev", &flag);
    r += platform_cpuid_file_parse(text, &cpuid, NULL);
    if (cpuid.count > PLATFORM_CPUID_FILE_LEAVES_MAX)
        abort();
    epc_committed_cgroup_parse(text, &row);
    if (strlen(row.pod_uid) >= EPC_COMMITTED_UID_SIZE)
        abort();
    return epc_committed_maps_parse(text) == 1 && r == 1 ? -1 : 0;
}
