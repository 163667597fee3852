/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent writes its snapshot of the platform by names (node/agent_report.c), and this file makes
 * the snapshot of them again. So the checks of doctor.c are the same code for a machine that doctor
 * looks at and for one that the agent looks at.
 *
 * An enum is found by comparing with the names of all its values. A name that is not known (of a
 * newer agent) gives 0, which every enum of the platform has for "not established".
 */
#include "doctor/agent_view.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "codec/json.h"
#include "net/http/get.h"

typedef const char *(*name_fn)(int value);

static const char *backend_name(int value)
{
    return platform_backend_name((enum platform_backend)value);
}

static const char *driver_name(int value)
{
    return platform_driver_name((enum platform_driver)value);
}

static const char *source_name(int value)
{
    return platform_epc_source_name((enum platform_epc_source)value);
}

static const char *check_name(int value)
{
    return platform_check_name((enum platform_check)value);
}

static const char *severity_name(int value)
{
    return platform_severity_name((enum platform_severity)value);
}

/* The value below @end whose name is the next string; 0 for any other string. */
static int enum_read(struct json_reader *r, name_fn name, int end)
{
    struct span text = json_text(r);

    for (int i = 0; i < end; i++)
        if (span_equal_str(text, name(i)))
            return i;
    return 0;
}

/* Copies the next string, cut to @size. */
static void text_read(struct json_reader *r, char *to, size_t size)
{
    CLEANUP(buf_done) struct buf decoded = buf_init(AGENT_VIEW_TEXT_SIZE * 8);
    struct span text = json_text_decoded(r, &decoded);

    snprintf(to, size, "%.*s", (int)MIN(text.len, size - 1),
             text.len ? (const char *)text.data : "");
}

static void cpu_read(struct json_reader *r, struct platform_cpu *cpu)
{
    struct span key;

    json_enter_object(r);
    while (json_next_member(r, &key)) {
        if (span_equal_str(key, "sgx"))
            cpu->has_sgx = json_flag(r);
        else if (span_equal_str(key, "flc"))
            cpu->has_flc = json_flag(r);
        else if (span_equal_str(key, "sgx1"))
            cpu->has_sgx1 = json_flag(r);
        else if (span_equal_str(key, "sgx2"))
            cpu->has_sgx2 = json_flag(r);
        else if (span_equal_str(key, "fsgsbase"))
            cpu->has_fsgsbase = json_flag(r);
        else
            json_skip(r);
    }
}

/* The next value, a whole number; -1 for a negative one. */
static int32_t id_read(struct json_reader *r)
{
    struct span digits = json_skip(r);
    int32_t id = 0;

    for (size_t i = 0; i < digits.len; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9' || id > INT16_MAX)
            return PLATFORM_NODE_UNKNOWN;
        id = id * 10 + digits.data[i] - '0';
    }
    return id;
}

static struct platform_node node_read(struct json_reader *r)
{
    struct platform_node node = {.id = PLATFORM_NODE_UNKNOWN};
    struct span key;

    json_enter_object(r);
    while (json_next_member(r, &key)) {
        if (span_equal_str(key, "id"))
            node.id = id_read(r);
        else if (span_equal_str(key, "epc_bytes"))
            node.epc_size = json_unsigned(r, PLATFORM_EPC_MAX);
        else
            json_skip(r);
    }
    return node;
}

static void nodes_read(struct json_reader *r, struct platform_info *info)
{
    json_enter_array(r);
    while (json_next_item(r)) {
        struct platform_node node = node_read(r);

        if (info->node_count < PLATFORM_NODES_MAX)
            info->nodes[info->node_count++] = node;
    }
}

static void problem_read(struct json_reader *r, struct agent_view *v)
{
    struct platform_problem problem = {0};
    char remedy[AGENT_VIEW_TEXT_SIZE] = "";
    uint32_t index = v->info.problem_count;
    struct span key;

    json_enter_object(r);
    while (json_next_member(r, &key)) {
        if (span_equal_str(key, "check"))
            problem.check = (enum platform_check)enum_read(r, check_name, PLATFORM_CHECK_COUNT);
        else if (span_equal_str(key, "severity"))
            problem.severity =
                (enum platform_severity)enum_read(r, severity_name, PLATFORM_FATAL + 1);
        else if (span_equal_str(key, "problem"))
            text_read(r, problem.text, sizeof(problem.text));
        else if (span_equal_str(key, "remedy"))
            text_read(r, remedy, sizeof(remedy));
        else
            json_skip(r);
    }
    if (index == PLATFORM_PROBLEMS_MAX)
        return;
    memcpy(v->remedies[index], remedy, sizeof(remedy));
    problem.remedy = v->remedies[index];
    v->info.problems[v->info.problem_count++] = problem;
}

static void problems_read(struct json_reader *r, struct agent_view *v)
{
    json_enter_array(r);
    while (json_next_item(r))
        problem_read(r, v);
}

/* The members of a snapshot that are text or numbers. Return: whether @key is one of them. */
static bool simple_read(struct json_reader *r, struct span key, struct platform_info *info)
{
    if (span_equal_str(key, "backend"))
        info->backend = (enum platform_backend)enum_read(r, backend_name, PLATFORM_SOFTWARE + 1);
    else if (span_equal_str(key, "driver"))
        info->driver =
            (enum platform_driver)enum_read(r, driver_name, PLATFORM_DRIVER_SOFTWARE + 1);
    else if (span_equal_str(key, "driver_version"))
        text_read(r, info->driver_version, sizeof(info->driver_version));
    else if (span_equal_str(key, "enclave_device"))
        text_read(r, info->enclave_path, sizeof(info->enclave_path));
    else if (span_equal_str(key, "provision_device"))
        text_read(r, info->provision_path, sizeof(info->provision_path));
    else if (span_equal_str(key, "epc_source"))
        info->epc_source =
            (enum platform_epc_source)enum_read(r, source_name, PLATFORM_EPC_OPTION + 1);
    else if (span_equal_str(key, "epc_bytes"))
        info->epc_size = json_unsigned(r, PLATFORM_EPC_MAX);
    else if (span_equal_str(key, "epc_cgroup_bytes"))
        info->epc_cgroup_size = json_unsigned(r, INT64_MAX);
    else
        return false;
    return true;
}

static void platform_read(struct json_reader *r, struct agent_view *v)
{
    struct span key;

    json_enter_object(r);
    while (json_next_member(r, &key)) {
        if (simple_read(r, key, &v->info))
            continue;
        if (span_equal_str(key, "cpu"))
            cpu_read(r, &v->info.cpu);
        else if (span_equal_str(key, "nodes"))
            nodes_read(r, &v->info);
        else if (span_equal_str(key, "problems"))
            problems_read(r, v);
        else
            json_skip(r);
    }
}

int agent_view_parse(struct span json, struct agent_view *ret, struct err *err)
{
    struct json_reader r = json_reader_of(json);
    struct span key;
    int status;

    memset(ret, 0, sizeof(*ret));
    json_enter_object(&r);
    while (json_next_member(&r, &key)) {
        if (span_equal_str(key, "profile"))
            text_read(&r, ret->profile, sizeof(ret->profile));
        else if (span_equal_str(key, "warning"))
            text_read(&r, ret->warning, sizeof(ret->warning));
        else if (span_equal_str(key, "remedy"))
            text_read(&r, ret->remedy, sizeof(ret->remedy));
        else if (span_equal_str(key, "platform"))
            platform_read(&r, ret);
        else
            json_skip(&r);
    }
    status = json_reader_done(&r, err);
    if (status < 0) {
        err_wrap(err, "the agent's status");
        return status;
    }
    if (!ret->profile[0] || ret->info.backend == PLATFORM_NONE)
        return err_set(err, -EBADMSG, "the answer is not the status of a Coffer agent");
    return 0;
}

int agent_view_ask(const char *address, int timeout_ms, struct agent_view *ret, struct err *err)
{
    CLEANUP(buf_done) struct buf storage = buf_init(AGENT_VIEW_STATUS_MAX);
    struct http_response response;
    int r = http_get(address, "/status", timeout_ms, &storage, &response, err);

    if (r < 0)
        return r;
    if (response.status != 200)
        return err_set(err, -EBADMSG, "the agent answers /status with HTTP status %u",
                       response.status);
    return agent_view_parse(response.body, ret, err);
}
