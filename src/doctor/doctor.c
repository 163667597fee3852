/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The platform's snapshot is a list of problems: it says what is wrong and is silent about the
 * rest. A person who asks whether a node is ready wants the opposite: every check with its outcome,
 * in an order that does not depend on the outcome, so that two nodes can be compared line by line.
 *
 * This file turns the list around. Each check of the platform becomes one line. The worst problem
 * of a check is its line; a check without a problem is well, unless it has no meaning on this
 * machine (flexible launch control on a processor without SGX): then the line says why it is
 * skipped. Only a line that fails makes the node "not ready". Everything is made from the snapshot,
 * so a recorded machine gives the same report as the machine itself.
 *
 * Checks that have to talk to somebody (the kubelet, the agent, the quote service) are in
 * services.c.
 */
#include "doctor/doctor.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/size.h"
#include "doctor/doctor_internal.h"
#include "platform/software.h"

static const char PROCESSOR[] = "Processor";
static const char DRIVER[] = "Driver";
static const char MEMORY[] = "Memory";

static const char REMEDY_LIST[] =
    "Leave the agent's --profile at auto, or choose intel: they count the EPC of such a node in "
    "bytes. --profile=aks and aliyun slow the kubelet down, and offer 256 GiB at most.";
static const char REMEDY_MKNOD[] =
    "Run the agent as root with CAP_MKNOD. To try enclaves without containers, use coffer run: it "
    "needs no device node.";

const char *doctor_outcome_name(enum doctor_outcome outcome)
{
    switch (outcome) {
    case DOCTOR_FAIL:
        return "fail";
    case DOCTOR_WARNING:
        return "warning";
    case DOCTOR_NOTE:
        return "note";
    case DOCTOR_SKIPPED:
        return "skipped";
    case DOCTOR_OK:
        return "ok";
    }
    return "fail";
}

void doctor_add(struct doctor_report *report, const char *group, const char *name,
                enum doctor_outcome outcome, const char *remedy, const char *format, ...)
{
    struct doctor_line *line;
    va_list args;

    if (outcome == DOCTOR_FAIL)
        report->is_ready = false;
    if (report->line_count == DOCTOR_LINES_MAX)
        return;
    line = &report->lines[report->line_count++];
    line->group = group;
    line->name = name;
    line->outcome = outcome;
    line->remedy = remedy;
    va_start(args, format);
    vsnprintf(line->detail, sizeof(line->detail), format, args);
    va_end(args);
}

static enum doctor_outcome severity_outcome(enum platform_severity severity)
{
    switch (severity) {
    case PLATFORM_NOTE:
        return DOCTOR_NOTE;
    case PLATFORM_WARNING:
        return DOCTOR_WARNING;
    case PLATFORM_FATAL:
        return DOCTOR_FAIL;
    }
    return DOCTOR_FAIL;
}

static const struct platform_problem *problem_find(const struct platform_info *info,
                                                   enum platform_check check)
{
    const struct platform_problem *worst = NULL;

    for (uint32_t i = 0; i < info->problem_count; i++) {
        const struct platform_problem *p = &info->problems[i];

        if (p->check == check && (!worst || p->severity > worst->severity))
            worst = p;
    }
    return worst;
}

/** struct view - where lines of one group come from and go to */
struct view {
    const struct platform_info *info;
    struct doctor_report *report;
    const char *group;
};

/* Adds the line of a check: its worst problem; or that it is skipped, with the reason @skipped; or
 * that it is well, with the text of @format. */
PRINTF_LIKE(4, 5)
static void check_show(const struct view *v, enum platform_check check, const char *skipped,
                       const char *format, ...)
{
    const struct platform_problem *p = problem_find(v->info, check);
    const char *name = platform_check_name(check);
    char detail[DOCTOR_DETAIL_SIZE];
    va_list args;

    if (p) {
        doctor_add(v->report, v->group, name, severity_outcome(p->severity), p->remedy, "%s",
                   p->text);
        return;
    }
    if (skipped) {
        doctor_add(v->report, v->group, name, DOCTOR_SKIPPED, NULL, "%s", skipped);
        return;
    }
    va_start(args, format);
    vsnprintf(detail, sizeof(detail), format, args);
    va_end(args);
    doctor_add(v->report, v->group, name, DOCTOR_OK, NULL, "%s", detail);
}

static void processor_examine(const struct platform_info *info, struct doctor_report *report)
{
    const struct view v = {info, report, PROCESSOR};
    const char *no_sgx = info->cpu.has_sgx ? NULL : "the processor has no SGX";
    const char *off = info->cpu.has_sgx1 ? NULL : "SGX is not on";

    if (info->backend == PLATFORM_SOFTWARE) {
        doctor_add(report, PROCESSOR, "cpu", DOCTOR_OK, NULL,
                   "the software platform runs on any x86-64 processor; it protects nothing");
        check_show(&v, PLATFORM_CHECK_FSGSBASE, NULL, "the kernel offers FSGSBASE to programs");
        return;
    }
    check_show(&v, PLATFORM_CHECK_CPU, NULL, "SGX1%s", info->cpu.has_sgx2 ? ", SGX2" : "");
    check_show(&v, PLATFORM_CHECK_BIOS, no_sgx, "the firmware has SGX on");
    check_show(&v, PLATFORM_CHECK_FLC, no_sgx ? no_sgx : off, "flexible launch control");
    check_show(&v, PLATFORM_CHECK_SGX2, no_sgx ? no_sgx : off, "dynamic enclave memory");
    if (info->driver == PLATFORM_DRIVER_NONE && !info->cpu.has_fsgsbase)
        doctor_add(report, PROCESSOR, "fsgsbase", DOCTOR_SKIPPED, NULL, "no SGX driver");
    else
        check_show(&v, PLATFORM_CHECK_FSGSBASE, NULL, "the kernel offers FSGSBASE to programs");
}

static void software_nodes_examine(const struct platform_info *info, struct doctor_report *report)
{
    struct err err = {0};

    if (info->enclave_path[0] != '\0')
        doctor_add(report, DRIVER, "enclave-device", DOCTOR_OK, NULL, "%s", info->enclave_path);
    else if (platform_software_may_make_nodes(&err) == 0)
        doctor_add(report, DRIVER, "enclave-device", DOCTOR_OK, NULL,
                   "it is made when the agent starts");
    else
        doctor_add(report, DRIVER, "enclave-device", DOCTOR_FAIL, REMEDY_MKNOD, "%s", err.text);
}

static void driver_examine(const struct platform_info *info, struct doctor_report *report)
{
    const struct view v = {info, report, DRIVER};
    const char *none = info->driver == PLATFORM_DRIVER_NONE ? "no driver" : NULL;
    const char *no_enclave = info->enclave_path[0] == '\0' ? "no driver" : NULL;
    const char *no_quotes = info->driver == PLATFORM_DRIVER_ISGX ? "isgx has none" : none;

    if (info->backend == PLATFORM_SOFTWARE) {
        software_nodes_examine(info, report);
        check_show(&v, PLATFORM_CHECK_LIBRARY, NULL, "libcoffer-sgx.so is there");
        return;
    }
    check_show(&v, PLATFORM_CHECK_DRIVER, none, "%s%s%s", platform_driver_name(info->driver),
               info->driver_version[0] ? " " : "", info->driver_version);
    check_show(&v, PLATFORM_CHECK_ENCLAVE, no_enclave, "%s", info->enclave_path);
    check_show(&v, PLATFORM_CHECK_PROVISION, no_quotes, "%s", info->provision_path);
    check_show(&v, PLATFORM_CHECK_DEV_NOEXEC, NULL, "/dev may hold executable mappings");
}

static void nodes_render(const struct platform_info *info, char *text, size_t size)
{
    enum { NODES_SHOWN = 8 };
    char epc[SIZE_TEXT_SIZE];
    size_t used = 0;

    text[0] = '\0';
    if (info->node_count < 2)
        return;
    for (uint32_t i = 0; i < info->node_count && i < NODES_SHOWN && used < size; i++) {
        int n = snprintf(text + used, size - used, "%s node %" PRId32 " %s", i ? "," : ":",
                         info->nodes[i].id, size_render(info->nodes[i].epc_size, epc));

        used += n > 0 ? (size_t)n : 0;
    }
    if (info->node_count > NODES_SHOWN && used < size)
        snprintf(text + used, size - used, ", and %u more", info->node_count - NODES_SHOWN);
}

static void memory_examine(const struct platform_info *info, struct doctor_report *report)
{
    const struct view v = {info, report, MEMORY};
    uint64_t devices = info->epc_size / SIZE_MIB;
    char nodes[DOCTOR_DETAIL_SIZE / 2];
    char epc[SIZE_TEXT_SIZE];

    nodes_render(info, nodes, sizeof(nodes));
    check_show(&v, PLATFORM_CHECK_EPC, info->epc_size == 0 ? "SGX is not on" : NULL, "%s by %s%s",
               size_render(info->epc_size, epc), platform_epc_source_name(info->epc_source), nodes);
    if (info->epc_size == 0)
        doctor_add(report, MEMORY, "epc-list", DOCTOR_SKIPPED, NULL, "no EPC");
    else if (devices > DOCTOR_DEVICES_SAFE)
        doctor_add(report, MEMORY, "epc-list", DOCTOR_NOTE, REMEDY_LIST,
                   "%" PRIu64 " MiB of EPC are too many for one device a MiB: a kubelet handles %d "
                   "devices well",
                   devices, DOCTOR_DEVICES_SAFE);
    else
        doctor_add(report, MEMORY, "epc-list", DOCTOR_OK, NULL,
                   "%" PRIu64 " devices of a MiB are few enough for a kubelet", devices);

    if (info->backend == PLATFORM_SOFTWARE)
        doctor_add(report, MEMORY, "epc-cgroup", DOCTOR_OK, NULL,
                   "the software platform's ledger holds containers to their request");
    else
        check_show(&v, PLATFORM_CHECK_EPC_CGROUP,
                   info->driver == PLATFORM_DRIVER_NONE ? "no driver" : NULL,
                   "the kernel can limit a cgroup's EPC, up to %s",
                   size_render(info->epc_cgroup_size, epc));
}

void doctor_examine(const struct doctor_options *options, struct doctor_report *ret)
{
    memset(ret, 0, sizeof(*ret));
    ret->is_ready = true;
    processor_examine(options->info, ret);
    driver_examine(options->info, ret);
    memory_examine(options->info, ret);
    doctor_services_examine(options, ret);
}
