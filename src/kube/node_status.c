/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Node's status is written by its kubelet all the time, so it is changed by a JSON Patch of one
 * member and never by sending the whole object back: what the kubelet writes in between is kept.
 * Each look is a GET and, only when the amount differs, a PATCH; a node at rest costs the API
 * server one small read every ten seconds. An amount may be written in any unit ("168Mi",
 * "176160768"), so amounts are compared as numbers.
 */
#include "kube/node_status.h"

#include <errno.h>
#include <inttypes.h>

#include "base/size.h"
#include "codec/json.h"
#include "codec/json_writer.h"

enum {
    QUANTITY_SIZE_MAX = 64, /* bytes of a Kubernetes quantity that we would read */
};

/* The JSON Pointer (RFC 6901) of a resource in /status/LIST. */
static void pointer_put(struct buf *path, const char *list, const char *resource)
{
    buf_printf(path, "/status/%s/", list);
    for (const char *p = resource; *p; p++) {
        if (*p == '~' || *p == '/')
            buf_put_str(path, *p == '~' ? "~0" : "~1");
        else
            buf_put_u8(path, (uint8_t)*p);
    }
}

void node_status_patch(const struct node_status_goal *goal, struct buf *out)
{
    CLEANUP(buf_done) struct buf path = buf_init(1024), value = buf_init(32);
    struct json_writer w = json_writer_of(out, false);

    pointer_put(&path, "capacity", goal->resource);
    buf_printf(&value, "%" PRIu64, goal->value);
    json_writer_array_begin(&w);
    json_writer_object_begin(&w);
    json_writer_member_string(&w, "op", "add");
    json_writer_member_string(&w, "path", buf_cstr(&path));
    json_writer_member_string(&w, "value", buf_cstr(&value));
    json_writer_object_end(&w);
    json_writer_array_end(&w);
}

/* The string at a path of member names; the empty span when there is none. */
static struct span text_find(struct span json, const char *const *path, size_t depth)
{
    struct json_reader r = json_reader_of(json);
    struct span key;

    for (size_t i = 0; i < depth; i++) {
        bool is_found = false;

        json_enter_object(&r);
        while (!is_found && json_next_member(&r, &key)) {
            is_found = span_equal_str(key, path[i]);
            if (!is_found)
                json_skip(&r);
        }
        if (!is_found)
            return span_of(NULL, 0);
    }
    return json_peek(&r) == JSON_STRING ? json_text(&r) : span_of(NULL, 0);
}

bool node_status_read(const struct node_status_goal *goal, struct span node_json, uint64_t *ret)
{
    const char *const path[] = {"status", "capacity", goal->resource};
    CLEANUP(buf_done) struct buf text = buf_init(QUANTITY_SIZE_MAX);

    buf_put(&text, text_find(node_json, path, ARRAY_COUNT(path)));
    return size_parse(buf_cstr(&text), ret, NULL) == 0;
}

/* The message of a Kubernetes Status object, or the HTTP status alone. */
static int refusal_set(const struct http_response *response, struct err *err)
{
    const char *const path[] = {"message"};
    struct span message = text_find(response->body, path, ARRAY_COUNT(path));

    return err_set(err, response->status == 404 ? -ENOENT : -EACCES,
                   "the API server answered %u%s%.*s", response->status, message.len ? ": " : "",
                   (int)MIN(message.len, (size_t)256),
                   message.len ? (const char *)message.data : "");
}

static int api_call(const struct api_client *client, const struct api_request *request,
                    struct buf *storage, struct http_response *response, struct err *err)
{
    int r = api_client_call(client, request, storage, response, err);

    if (r < 0)
        return r;
    return response->status == 200 ? 0 : refusal_set(response, err);
}

uint32_t node_status_removal_patch(struct span node_json, const char *const *resources,
                                   struct buf *out)
{
    static const char *const lists[] = {"capacity", "allocatable"};
    struct json_writer w = json_writer_of(out, false);
    uint32_t count = 0;

    for (size_t i = 0; i < ARRAY_COUNT(lists); i++)
        for (const char *const *name = resources; *name; name++) {
            const char *const place[] = {"status", lists[i], *name};
            CLEANUP(buf_done) struct buf path = buf_init(1024);

            if (!text_find(node_json, place, ARRAY_COUNT(place)).data)
                continue;
            if (count++ == 0)
                json_writer_array_begin(&w);
            pointer_put(&path, lists[i], *name);
            json_writer_object_begin(&w);
            json_writer_member_string(&w, "op", "remove");
            json_writer_member_string(&w, "path", buf_cstr(&path));
            json_writer_object_end(&w);
        }
    if (count > 0)
        json_writer_array_end(&w);
    return count;
}

/* PATCHes the status of the node at @path. */
static enum node_status_result patch_send(const struct api_client *client, struct buf *path,
                                          struct span patch, struct buf *storage, struct err *err)
{
    struct http_response response;
    struct api_request request;

    buf_put_str(path, "/status");
    request = (struct api_request){"PATCH", buf_cstr(path), "application/json-patch+json", patch};
    if (api_call(client, &request, storage, &response, err) < 0)
        return NODE_STATUS_UNKNOWN;
    return NODE_STATUS_WRITTEN;
}

enum node_status_result node_status_assert(const struct api_client *client,
                                           const struct node_status_goal *goal, struct err *err)
{
    CLEANUP(buf_done) struct buf storage = buf_init(API_RESPONSE_SIZE_MAX);
    CLEANUP(buf_done) struct buf path = buf_init(1024), patch = buf_init(2048);
    struct api_request request = {.method = "GET"};
    struct http_response response;
    uint64_t value;

    buf_printf(&path, "/api/v1/nodes/%s", goal->node);
    request.path = buf_cstr(&path);
    if (api_call(client, &request, &storage, &response, err) < 0)
        return NODE_STATUS_UNKNOWN;
    if (node_status_read(goal, response.body, &value) && value == goal->value)
        return NODE_STATUS_HELD;
    buf_clear(&storage);
    node_status_patch(goal, &patch);
    return patch_send(client, &path, buf_span(&patch), &storage, err);
}

enum node_status_result node_status_remove(const struct api_client *client, const char *node,
                                           const char *const *resources, struct err *err)
{
    CLEANUP(buf_done) struct buf storage = buf_init(API_RESPONSE_SIZE_MAX);
    CLEANUP(buf_done) struct buf path = buf_init(1024), patch = buf_init(8192);
    struct api_request request = {.method = "GET"};
    struct http_response response;

    buf_printf(&path, "/api/v1/nodes/%s", node);
    request.path = buf_cstr(&path);
    if (api_call(client, &request, &storage, &response, err) < 0)
        return NODE_STATUS_UNKNOWN;
    if (node_status_removal_patch(response.body, resources, &patch) == 0)
        return NODE_STATUS_HELD;
    buf_clear(&storage);
    return patch_send(client, &path, buf_span(&patch), &storage, err);
}
