/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coffer doctor: is this node ready? The checks are in doctor/; this file shows their report as
 * text or as JSON.
 *
 * The text is for a terminal of 80 columns: an outcome, the name of the check, what was found, and
 * below it the remedy after an arrow. Long sentences are wrapped into the columns where they begin,
 * because a remedy that runs over the left edge hides the list of outcomes. Colours carry no
 * information that the words do not, and are left out when the output is no terminal or when
 * NO_COLOR is set.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/options.h"
#include "base/size.h"
#include "cmd/commands.h"
#include "codec/json_writer.h"
#include "platform/cpuid_file.h"
#include "doctor/doctor.h"
#include "platform/platform.h"

#define AGENT_ADDRESS "127.0.0.1:9808"

enum {
    COLUMNS = 80,
    DETAIL_COLUMN = 27,
    REMEDY_COLUMN = 30,
    JSON_SIZE_MAX = 256 * 1024, /* bytes */
};

static const char *platform_text;
static const char *epc_text;
static const char *run_dir;
static const char *kubelet_dir;
static const char *device_plugins_dir;
static const char *agent;
static const char *aesm;
static const char *sys_root;
static const char *dev_root;
static const char *proc_root;
static const char *cpuid_path;
static const char *color_text;
static bool is_json;

static const struct option_row rows[] = {
    {.name = "platform",
     .value = "KIND",
     .text = &platform_text,
     .help = "auto (default), hardware or software"},
    {.name = "epc",
     .value = "SIZE",
     .text = &epc_text,
     .help = "EPC of the software platform, e.g. 168Mi"},
    {.name = "run-dir",
     .value = "DIR",
     .text = &run_dir,
     .help = "the software platform's run directory"},
    {.name = "kubelet-dir",
     .value = "DIR",
     .text = &kubelet_dir,
     .help = "kubelet's directory (/var/lib/kubelet)"},
    {.name = "device-plugins-dir",
     .value = "DIR",
     .text = &device_plugins_dir,
     .help = "its sockets (device-plugins in --kubelet-dir)"},
    {.name = "agent",
     .value = "ADDRESS",
     .text = &agent,
     .help = "the agent's --metrics (127.0.0.1:9808)"},
    {.name = "aesm",
     .value = "SOCKET",
     .text = &aesm,
     .help = "quote service (/var/run/aesmd/aesm.socket)"},
    {.name = "sys", .value = "DIR", .text = &sys_root, .help = "look here instead of /sys"},
    {.name = "dev", .value = "DIR", .text = &dev_root, .help = "look here instead of /dev"},
    {.name = "proc", .value = "DIR", .text = &proc_root, .help = "look here instead of /proc"},
    {.name = "cpuid",
     .value = "FILE",
     .text = &cpuid_path,
     .help = "a processor described in a file"},
    {.name = "color",
     .value = "WHEN",
     .text = &color_text,
     .help = "auto (default), always or never"},
    {.name = "json", .flag = &is_json, .help = "one JSON object"},
    {0},
};

static const struct options options = {
    .command = "doctor",
    .usage = "[OPTIONS]",
    .summary = "Is this node ready for enclaves? Every check, with its remedy.",
    .rows = rows,
    .notes = "Exit status: 0 ready, 1 not ready, 2 could not tell.",
};

/* ---- text ---- */

static const char *outcome_label(enum doctor_outcome outcome)
{
    switch (outcome) {
    case DOCTOR_FAIL:
        return "FAIL";
    case DOCTOR_WARNING:
        return "warn";
    case DOCTOR_NOTE:
        return "note";
    case DOCTOR_SKIPPED:
        return "-";
    case DOCTOR_OK:
        return "ok";
    }
    return "FAIL";
}

static const char *outcome_color(enum doctor_outcome outcome)
{
    switch (outcome) {
    case DOCTOR_FAIL:
        return "\033[1;31m";
    case DOCTOR_WARNING:
        return "\033[33m";
    case DOCTOR_NOTE:
        return "\033[36m";
    case DOCTOR_SKIPPED:
        return "\033[2m";
    case DOCTOR_OK:
        return "\033[32m";
    }
    return "";
}

/* Prints words from @column on and breaks lines at COLUMNS; later lines begin at @indent. A word
 * that is longer than a line has a line of its own. */
static void wrapped_print(const char *text, int column, int indent)
{
    int at = column;

    while (*text) {
        int len = (int)strcspn(text, " ");
        bool is_first = at == column && column != indent;

        if (at > indent && at + 1 + len > COLUMNS) {
            printf("\n%*s", indent, "");
            at = indent;
        } else if (at > indent && !is_first) {
            putchar(' ');
            at++;
        }
        printf("%.*s", len, text);
        at += len;
        column = indent;
        text += len;
        text += strspn(text, " ");
    }
    putchar('\n');
}

static void line_print(const struct doctor_line *line, bool is_colored)
{
    printf("  %s%-5s%s %-18s ", is_colored ? outcome_color(line->outcome) : "",
           outcome_label(line->outcome), is_colored ? "\033[0m" : "", line->name);
    wrapped_print(line->detail, DETAIL_COLUMN, DETAIL_COLUMN);
    if (line->remedy) {
        printf("%*s-> ", DETAIL_COLUMN, "");
        wrapped_print(line->remedy, REMEDY_COLUMN, REMEDY_COLUMN);
    }
}

static uint32_t outcome_count(const struct doctor_report *report, enum doctor_outcome outcome)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < report->line_count; i++)
        count += report->lines[i].outcome == outcome;
    return count;
}

/* Whether the checks are of the agent's snapshot. */
static bool is_agents(const struct doctor_options *d)
{
    return d->agent && d->info == &d->agent->info;
}

static void text_print(const struct doctor_options *d, const struct doctor_report *report,
                       bool is_colored)
{
    const char *group = "";
    uint32_t failures = outcome_count(report, DOCTOR_FAIL);
    uint32_t warnings = outcome_count(report, DOCTOR_WARNING);

    printf("coffer doctor: %s platform%s\n", platform_backend_name(d->info->backend),
           is_agents(d) ? ", as the agent sees it" : "");
    for (uint32_t i = 0; i < report->line_count; i++) {
        const struct doctor_line *line = &report->lines[i];

        if (strcmp(group, line->group) != 0)
            printf("\n%s%s%s\n", is_colored ? "\033[1m" : "", line->group,
                   is_colored ? "\033[0m" : "");
        group = line->group;
        line_print(line, is_colored);
    }
    if (report->is_ready)
        printf("\nReady");
    else
        printf("\nNot ready: %u check%s failed", failures, failures == 1 ? "" : "s");
    if (warnings > 0)
        printf(", %u warning%s", warnings, warnings == 1 ? "" : "s");
    printf(".\n");
}

/* ---- JSON ---- */

static void platform_write(struct json_writer *w, const struct platform_info *info)
{
    json_writer_member_string(w, "platform", platform_backend_name(info->backend));
    json_writer_member_string(w, "driver", platform_driver_name(info->driver));
    json_writer_member_string(w, "driver_version", info->driver_version);
    json_writer_member_string(w, "enclave_device", info->enclave_path);
    json_writer_member_string(w, "provision_device", info->provision_path);
    json_writer_member_bool(w, "sgx1", info->cpu.has_sgx1);
    json_writer_member_bool(w, "sgx2", info->cpu.has_sgx2);
    json_writer_member_bool(w, "flc", info->cpu.has_flc);
    json_writer_member_bool(w, "fsgsbase", info->cpu.has_fsgsbase);
    json_writer_member_uint(w, "epc_bytes", info->epc_size);
    json_writer_member_string(w, "epc_source", platform_epc_source_name(info->epc_source));
    json_writer_member_uint(w, "epc_cgroup_bytes", info->epc_cgroup_size);
    json_writer_key(w, "numa_nodes");
    json_writer_array_begin(w);
    for (uint32_t i = 0; i < info->node_count; i++) {
        json_writer_object_begin(w);
        json_writer_member_int(w, "id", info->nodes[i].id);
        json_writer_member_uint(w, "epc_bytes", info->nodes[i].epc_size);
        json_writer_object_end(w);
    }
    json_writer_array_end(w);
}

static int json_print(const struct doctor_options *d, const struct doctor_report *report,
                      struct err *err)
{
    CLEANUP(buf_done) struct buf out = buf_init(JSON_SIZE_MAX);
    struct json_writer w = json_writer_of(&out, true);

    json_writer_object_begin(&w);
    json_writer_member_bool(&w, "ready", report->is_ready);
    json_writer_member_string(&w, "seen_by", is_agents(d) ? "agent" : "doctor");
    platform_write(&w, d->info);
    json_writer_key(&w, "checks");
    json_writer_array_begin(&w);
    for (uint32_t i = 0; i < report->line_count; i++) {
        const struct doctor_line *line = &report->lines[i];

        json_writer_object_begin(&w);
        json_writer_member_string(&w, "group", line->group);
        json_writer_member_string(&w, "name", line->name);
        json_writer_member_string(&w, "outcome", doctor_outcome_name(line->outcome));
        json_writer_member_string(&w, "detail", line->detail);
        json_writer_member_string(&w, "remedy", line->remedy);
        json_writer_object_end(&w);
    }
    json_writer_array_end(&w);
    json_writer_object_end(&w);
    buf_put_str(&out, "\n");
    if (buf_status(&out) < 0)
        return err_set(err, buf_status(&out), "report");
    fwrite(out.data, 1, out.len, stdout);
    return 0;
}

/* ---- the command ---- */

static int options_read(struct platform_options *ret, struct err *err)
{
    int r;

    ret->is_look_only = true;
    ret->sources.sys = sys_root;
    ret->sources.dev = dev_root;
    ret->sources.dev_host = dev_root ? "/dev" : NULL;
    ret->sources.proc = proc_root;
    ret->software.run_dir = run_dir;
    if (platform_text) {
        r = platform_choice_parse(platform_text, &ret->choice, err);
        if (r < 0)
            return r;
    }
    return epc_text ? size_parse(epc_text, &ret->software.epc_size, err) : 0;
}

static int cpuid_read(struct platform_cpuid_file *file, struct platform_cpu_source *source,
                      struct platform_options *o, struct err *err)
{
    if (!cpuid_path)
        return 0;
    if (platform_cpuid_file_load(cpuid_path, file, err) < 0)
        return err_wrap(err, "--cpuid");
    *source = platform_cpuid_file_source(file);
    o->sources.cpu = source;
    return 0;
}

static bool color_is_wanted(void)
{
    if (color_text && strcmp(color_text, "auto") != 0)
        return strcmp(color_text, "always") == 0;
    return isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
}

/* Whether somebody asked for a look at certain files, instead of at the node that the agent serves.
 */
static bool look_is_chosen(void)
{
    return platform_text || epc_text || run_dir || sys_root || dev_root || proc_root || cpuid_path;
}

static int node_examine(const struct platform_options *o, struct err *err)
{
    CLEANUP(platform_freep) struct platform *p = NULL;
    CLEANUP(freep) struct agent_view *view = malloc(sizeof(*view));
    struct doctor_options d = {
        .kubelet_dir = kubelet_dir,
        .plugins_dir = device_plugins_dir,
        .is_kubelet_expected = kubelet_dir != NULL,
        .agent_address = agent,
        .aesm_socket = aesm,
    };
    struct doctor_report report;
    int r;

    if (!view)
        return err_set(err, -ENOMEM, "no memory for the agent's view");
    if (agent_view_ask(agent ? agent : AGENT_ADDRESS, DOCTOR_PROBE_TIMEOUT_MS, view, NULL) == 0)
        d.agent = view;
    if (d.agent && !look_is_chosen()) {
        d.info = &view->info;
    } else {
        r = platform_new(o, &p, err);
        if (r < 0)
            return r;
        d.info = platform_info(p);
    }
    doctor_examine(&d, &report);
    if (is_json)
        return json_print(&d, &report, err) < 0 ? err->code : report.is_ready;
    text_print(&d, &report, color_is_wanted());
    return report.is_ready;
}

int cmd_doctor(int argc, char **argv)
{
    struct platform_options o = {0};
    struct platform_cpu_source source;
    struct platform_cpuid_file cpuid;
    struct err err = {0};
    int first, status, r;

    status = options_parse(&options, argc, argv, &first);
    if (status >= 0)
        return status;
    if (color_text && strcmp(color_text, "auto") != 0 && strcmp(color_text, "always") != 0 &&
        strcmp(color_text, "never") != 0)
        return options_misuse(&options, "--color is auto, always or never");
    r = options_read(&o, &err);
    if (r == 0)
        r = cpuid_read(&cpuid, &source, &o, &err);
    if (r == 0)
        r = node_examine(&o, &err);
    if (r < 0)
        return options_fail(&options, &err);
    return r > 0 ? EXIT_YES : EXIT_NO;
}
