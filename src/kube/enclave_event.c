/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pods of the node come as one PodList from the API server's cache (resourceVersion=0), which
 * costs etcd nothing. The list is read in place: of each container only two facts matter, whether
 * its limits have the resource that counts and the one that gives the device.
 *
 * Nothing is remembered between two looks, also not over a restart: the Event's name is made from
 * the pod's uid, and the API server answers 409 to a second one of the same name. When the Event
 * has expired after an hour and the pod still runs, it is made again.
 */
#include "kube/enclave_event.h"

#include <errno.h>

#include "base/clock.h"
#include "codec/json.h"
#include "codec/json_writer.h"

enum {
    EVENT_SIZE_MAX = 8 * 1024, /* bytes of an Event */
    PATH_ROOM = 1024,          /* bytes of a path */
    STATUS_OK = 200,           /* HTTP */
    STATUS_CREATED = 201,
    STATUS_CONFLICT = 409,
};

/* ---- reading the list ---- */

/** struct wants - what the limits of a container name */
struct wants {
    bool counted, necessary;
};

static void limits_read(struct json_reader *r, const struct enclave_event_rule *rule,
                        struct wants *ret)
{
    struct span key;

    json_enter_object(r);
    while (json_next_member(r, &key)) {
        ret->counted = ret->counted || span_equal_str(key, rule->counted);
        ret->necessary = ret->necessary || span_equal_str(key, rule->necessary);
        json_skip(r);
    }
}

static void resources_read(struct json_reader *r, const struct enclave_event_rule *rule,
                           struct wants *ret)
{
    struct span key;

    json_enter_object(r);
    while (json_next_member(r, &key)) {
        if (span_equal_str(key, "limits"))
            limits_read(r, rule, ret);
        else
            json_skip(r);
    }
}

static void container_read(struct json_reader *r, const struct enclave_event_rule *rule,
                           struct enclave_event_pod *pod)
{
    struct span key, name = span_of(NULL, 0);
    struct wants wants = {0};

    json_enter_object(r);
    while (json_next_member(r, &key)) {
        if (span_equal_str(key, "name"))
            name = json_text(r);
        else if (span_equal_str(key, "resources"))
            resources_read(r, rule, &wants);
        else
            json_skip(r);
    }
    if (wants.counted && !wants.necessary && !pod->container.len)
        pod->container = name;
}

static void spec_read(struct json_reader *r, const struct enclave_event_rule *rule,
                      struct enclave_event_pod *pod)
{
    struct span key;

    json_enter_object(r);
    while (json_next_member(r, &key)) {
        if (!span_equal_str(key, "containers") && !span_equal_str(key, "initContainers")) {
            json_skip(r);
            continue;
        }
        json_enter_array(r);
        while (json_next_item(r))
            container_read(r, rule, pod);
    }
}

static void metadata_read(struct json_reader *r, struct enclave_event_pod *pod)
{
    struct span key;

    json_enter_object(r);
    while (json_next_member(r, &key)) {
        if (span_equal_str(key, "name"))
            pod->name = json_text(r);
        else if (span_equal_str(key, "namespace"))
            pod->namespace_name = json_text(r);
        else if (span_equal_str(key, "uid"))
            pod->uid = json_text(r);
        else
            json_skip(r);
    }
}

/* Return: whether the pod has ended. */
static bool status_read(struct json_reader *r)
{
    struct span key, phase = span_of(NULL, 0);

    json_enter_object(r);
    while (json_next_member(r, &key)) {
        if (span_equal_str(key, "phase"))
            phase = json_text(r);
        else
            json_skip(r);
    }
    return span_equal_str(phase, "Succeeded") || span_equal_str(phase, "Failed");
}

/* Return: whether the pod breaks the rule. */
static bool pod_read(struct json_reader *r, const struct enclave_event_rule *rule,
                     struct enclave_event_pod *pod)
{
    bool has_ended = false;
    struct span key;

    *pod = (struct enclave_event_pod){0};
    json_enter_object(r);
    while (json_next_member(r, &key)) {
        if (span_equal_str(key, "metadata"))
            metadata_read(r, pod);
        else if (span_equal_str(key, "spec"))
            spec_read(r, rule, pod);
        else if (span_equal_str(key, "status"))
            has_ended = status_read(r);
        else
            json_skip(r);
    }
    return !has_ended && pod->container.len && pod->uid.len && pod->name.len;
}

int enclave_event_find(struct span pod_list, const struct enclave_event_rule *rule,
                       int (*found)(void *userdata, const struct enclave_event_pod *pod),
                       void *userdata, struct err *err)
{
    struct json_reader r = json_reader_of(pod_list);
    struct enclave_event_pod pod;
    struct span key;
    int status = 0;

    json_enter_object(&r);
    while (status == 0 && json_next_member(&r, &key)) {
        if (!span_equal_str(key, "items")) {
            json_skip(&r);
            continue;
        }
        json_enter_array(&r);
        while (status == 0 && json_next_item(&r))
            if (pod_read(&r, rule, &pod) && !json_failed(&r))
                status = found(userdata, &pod);
    }
    return status < 0 ? status : json_reader_done(&r, err);
}

/* ---- the Event ---- */

static void member_put(struct json_writer *w, const char *key, struct span value)
{
    CLEANUP(buf_done) struct buf text = buf_init(PATH_ROOM);

    buf_put(&text, value);
    json_writer_member_string(w, key, buf_cstr(&text));
}

static void object_put(struct json_writer *w, const struct enclave_event_pod *pod)
{
    json_writer_key(w, "involvedObject");
    json_writer_object_begin(w);
    json_writer_member_string(w, "apiVersion", "v1");
    json_writer_member_string(w, "kind", "Pod");
    member_put(w, "namespace", pod->namespace_name);
    member_put(w, "name", pod->name);
    member_put(w, "uid", pod->uid);
    json_writer_object_end(w);
}

static void metadata_put(struct json_writer *w, const struct enclave_event_pod *pod)
{
    CLEANUP(buf_done) struct buf name = buf_init(PATH_ROOM);

    buf_put_str(&name, "coffer-no-enclave-");
    buf_put(&name, pod->uid);
    json_writer_key(w, "metadata");
    json_writer_object_begin(w);
    json_writer_member_string(w, "name", buf_cstr(&name));
    member_put(w, "namespace", pod->namespace_name);
    json_writer_object_end(w);
}

void enclave_event_render(const struct enclave_event_pod *pod,
                          const struct enclave_event_rule *rule, int64_t now, struct buf *out)
{
    CLEANUP(buf_done) struct buf message = buf_init(EVENT_SIZE_MAX);
    struct json_writer w = json_writer_of(out, false);
    char time[CLOCK_RFC3339_SIZE];

    clock_render(now, time);
    buf_put_str(&message, "container ");
    buf_put(&message, pod->container);
    buf_printf(
        &message,
        " asks for %s and not for %s: it runs without /dev/sgx_enclave. Add \"%s: 1\" to its "
        "limits, or install deploy/node/intel-admission.",
        rule->counted, rule->necessary, rule->necessary);
    json_writer_object_begin(&w);
    json_writer_member_string(&w, "apiVersion", "v1");
    json_writer_member_string(&w, "kind", "Event");
    metadata_put(&w, pod);
    object_put(&w, pod);
    json_writer_member_string(&w, "type", "Warning");
    json_writer_member_string(&w, "reason", "NoEnclaveDevice");
    json_writer_member_string(&w, "message", buf_cstr(&message));
    json_writer_member_string(&w, "firstTimestamp", time);
    json_writer_member_string(&w, "lastTimestamp", time);
    json_writer_member_uint(&w, "count", 1);
    json_writer_key(&w, "source");
    json_writer_object_begin(&w);
    json_writer_member_string(&w, "component", "coffer-node");
    json_writer_member_string(&w, "host", rule->node);
    json_writer_object_end(&w);
    json_writer_object_end(&w);
}

/* ---- the API server ---- */

/** struct telling - one round of enclave_event_tell() */
struct telling {
    const struct api_client *client;
    const struct enclave_event_rule *rule;
    uint32_t count;
    struct err *err;
};

static int answer_set(const struct http_response *response, const char *what, struct err *err)
{
    return err_set(err, response->status == 403 ? -EACCES : -EIO,
                   "the API server answered %u to %s", response->status, what);
}

static int on_found(void *userdata, const struct enclave_event_pod *pod)
{
    struct telling *t = userdata;
    CLEANUP(buf_done) struct buf storage = buf_init(API_RESPONSE_SIZE_MAX);
    CLEANUP(buf_done) struct buf path = buf_init(PATH_ROOM), event = buf_init(EVENT_SIZE_MAX);
    struct api_request request = {.method = "POST", .content_type = "application/json"};
    struct http_response response;
    int r;

    buf_put_str(&path, "/api/v1/namespaces/");
    buf_put(&path, pod->namespace_name);
    buf_put_str(&path, "/events");
    enclave_event_render(pod, t->rule, clock_unix_s(), &event);
    request.path = buf_cstr(&path);
    request.body = buf_span(&event);
    r = api_client_call(t->client, &request, &storage, &response, t->err);
    if (r < 0)
        return r;
    if (response.status != STATUS_CREATED && response.status != STATUS_CONFLICT)
        return answer_set(&response, "an Event", t->err);
    t->count += response.status == STATUS_CREATED;
    return 0;
}

int enclave_event_tell(const struct api_client *client, const struct enclave_event_rule *rule,
                       uint32_t *ret_count, struct err *err)
{
    CLEANUP(buf_done) struct buf storage = buf_init(API_RESPONSE_SIZE_MAX);
    CLEANUP(buf_done) struct buf path = buf_init(PATH_ROOM);
    struct telling t = {.client = client, .rule = rule, .err = err};
    struct api_request request = {.method = "GET"};
    struct http_response response;
    int r;

    buf_printf(&path, "/api/v1/pods?resourceVersion=0&fieldSelector=spec.nodeName%%3D%s",
               rule->node);
    request.path = buf_cstr(&path);
    r = api_client_call(client, &request, &storage, &response, err);
    if (r < 0)
        return r;
    if (response.status != STATUS_OK)
        return answer_set(&response, "the list of pods", err);
    r = enclave_event_find(response.body, rule, on_found, &t, err);
    if (r == 0)
        *ret_count = t.count;
    return r;
}
