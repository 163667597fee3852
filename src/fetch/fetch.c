/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcurl's easy interface with the settings that a service needs: two protocols, no redirects, no
 * signals, deadlines, and limits on bytes. libcurl calls back for each piece of an answer; a
 * callback that takes less than it was given ends the transfer, which is how the limits act.
 */
#include "fetch/fetch.h"

#include <ctype.h>
#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/text.h"

struct fetch {
    CURL *curl;
    char reason[CURL_ERROR_SIZE];
};

static pthread_once_t library_once = PTHREAD_ONCE_INIT;

static void library_init(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static CURLcode options_apply(struct fetch *f, const struct fetch_options *o)
{
    CURL *c = f->curl;
    long total_ms = o->total_ms ? o->total_ms : FETCH_TOTAL_MS;
    CURLcode r = curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");

    if (r == CURLE_OK)
        r = curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    if (r == CURLE_OK)
        r = curl_easy_setopt(c, CURLOPT_ERRORBUFFER, f->reason);
    if (r == CURLE_OK)
        r = curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, MIN(total_ms, (long)FETCH_CONNECT_MS));
    if (r == CURLE_OK)
        r = curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, total_ms);
    if (r == CURLE_OK)
        r = curl_easy_setopt(c, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)FETCH_BODY_SIZE_MAX);
    if (r == CURLE_OK)
        r = curl_easy_setopt(c, CURLOPT_USERAGENT, "coffer/" COFFER_VERSION);
    if (r == CURLE_OK)
        r = curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (r == CURLE_OK && o->ca_file)
        r = curl_easy_setopt(c, CURLOPT_CAINFO, o->ca_file);
    if (r == CURLE_OK && o->ca_file)
        r = curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
    if (r == CURLE_OK && o->proxy)
        r = curl_easy_setopt(c, CURLOPT_PROXY, o->proxy);
    return r;
}

int fetch_new(const struct fetch_options *options, struct fetch **ret, struct err *err)
{
    CLEANUP(fetch_freep) struct fetch *f = calloc(1, sizeof(*f));
    CURLcode result;

    pthread_once(&library_once, library_init);
    if (!f || !(f->curl = curl_easy_init()))
        return err_set(err, -ENOMEM, "HTTP client");
    result = options_apply(f, options);
    if (result != CURLE_OK)
        return err_set(err, result == CURLE_OUT_OF_MEMORY ? -ENOMEM : -EINVAL, "HTTP client: %s",
                       curl_easy_strerror(result));
    *ret = TAKE_PTR(f);
    return 0;
}

void fetch_free(struct fetch *f)
{
    if (!f)
        return;
    curl_easy_cleanup(f->curl);
    free(f);
}

void fetch_freep(struct fetch **f)
{
    fetch_free(*f);
}

void fetch_answer_done(struct fetch_answer *a)
{
    buf_done(&a->headers);
    buf_done(&a->body);
}

static size_t body_take(char *data, size_t size, size_t count, void *userdata)
{
    struct fetch_answer *a = userdata;

    buf_put(&a->body, span_of(data, size * count));
    return buf_status(&a->body) == 0 ? size * count : 0;
}

/* libcurl also shows the header of "100 Continue" and of a proxy's CONNECT: each begins anew with a
 * status line, and only the last one belongs to the answer. */
static size_t header_take(char *data, size_t size, size_t count, void *userdata)
{
    struct fetch_answer *a = userdata;
    struct span line = span_of(data, size * count);

    if (span_starts_with(line, span_str("HTTP/")))
        buf_clear(&a->headers);
    else
        buf_put(&a->headers, line);
    return buf_status(&a->headers) == 0 ? line.len : 0;
}

static int code_of(CURLcode result, const struct fetch_answer *a)
{
    switch ((int)result) {
    case CURLE_URL_MALFORMAT:
        return -EINVAL;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
        return -EHOSTUNREACH;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        return -EPROTO;
    case CURLE_OPERATION_TIMEDOUT:
        return -ETIMEDOUT;
    case CURLE_FILESIZE_EXCEEDED:
        return -EMSGSIZE;
    case CURLE_WRITE_ERROR:
        return buf_status(&a->body) < 0 ? buf_status(&a->body) : buf_status(&a->headers);
    case CURLE_OUT_OF_MEMORY:
        return -ENOMEM;
    default:
        return -EBADMSG;
    }
}

static int failure_set(const struct fetch *f, const char *url, CURLcode result,
                       const struct fetch_answer *a, struct err *err)
{
    int code = code_of(result, a), shown = (int)strcspn(url, "?");

    if (code == -EMSGSIZE)
        return err_set(err, code, "%.*s: the answer exceeds %d bytes of body or %d of header",
                       shown, url, FETCH_BODY_SIZE_MAX, FETCH_HEADERS_SIZE_MAX);
    return err_set(err, code, "%.*s: %s", shown, url,
                   f->reason[0] ? f->reason : curl_easy_strerror(result));
}

static CURLcode request_apply(struct fetch *f, const struct fetch_request *request,
                              const struct curl_slist *headers, struct fetch_answer *a)
{
    CURL *c = f->curl;
    CURLcode r = curl_easy_setopt(c, CURLOPT_URL, request->url);

    f->reason[0] = '\0';
    if (r == CURLE_OK)
        r = curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
    if (r == CURLE_OK)
        r = curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, body_take);
    if (r == CURLE_OK)
        r = curl_easy_setopt(c, CURLOPT_WRITEDATA, a);
    if (r == CURLE_OK)
        r = curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, header_take);
    if (r == CURLE_OK)
        r = curl_easy_setopt(c, CURLOPT_HEADERDATA, a);
    if (r == CURLE_OK && !request->is_post)
        return curl_easy_setopt(c, CURLOPT_HTTPGET, 1L);
    if (r == CURLE_OK)
        r = curl_easy_setopt(c, CURLOPT_POST, 1L);
    if (r == CURLE_OK)
        r = curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
    if (r == CURLE_OK)
        r = curl_easy_setopt(c, CURLOPT_POSTFIELDS,
                             request->body.len ? (const char *)request->body.data : "");
    return r;
}

static int headers_make(const struct fetch_request *request, struct curl_slist **ret,
                        struct err *err)
{
    struct curl_slist *list = NULL;

    for (const char *const *h = request->headers; h && *h; h++) {
        struct curl_slist *longer = curl_slist_append(list, *h);

        if (!longer) {
            curl_slist_free_all(list);
            return err_set(err, -ENOMEM, "HTTP request");
        }
        list = longer;
    }
    *ret = list;
    return 0;
}

static int url_check(const char *url, struct err *err)
{
    if (strlen(url) > FETCH_URL_SIZE_MAX)
        return err_set(err, -EINVAL, "the URL has %zu bytes, the limit is %d", strlen(url),
                       FETCH_URL_SIZE_MAX);
    if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
        return err_set(err, -EINVAL, "%.40s: expected a URL that begins with http:// or https://",
                       url);
    return 0;
}

int fetch_run(struct fetch *f, const struct fetch_request *request, struct fetch_answer *ret,
              struct err *err)
{
    struct fetch_answer a = {
        .headers = buf_init(FETCH_HEADERS_SIZE_MAX),
        .body = buf_init(FETCH_BODY_SIZE_MAX),
    };
    struct curl_slist *headers = NULL;
    CURLcode result;
    long status = 0;
    int r = url_check(request->url, err);

    if (r == 0)
        r = headers_make(request, &headers, err);
    if (r < 0)
        return r;
    result = request_apply(f, request, headers, &a);
    if (result == CURLE_OK)
        result = curl_easy_perform(f->curl);
    if (result == CURLE_OK)
        result = curl_easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    if (result != CURLE_OK) {
        r = failure_set(f, request->url, result, &a, err);
        fetch_answer_done(&a);
        return r;
    }
    a.status = (int)status;
    *ret = a;
    return 0;
}

/* -- header fields -- */

static bool is_name(struct span line, const char *name)
{
    size_t len = strlen(name);

    if (line.len <= len || line.data[len] != ':')
        return false;
    for (size_t i = 0; i < len; i++)
        if (tolower(line.data[i]) != tolower((unsigned char)name[i]))
            return false;
    return true;
}

struct span fetch_header(const struct fetch_answer *a, const char *name)
{
    struct span rest = buf_span(&a->headers);

    while (rest.len > 0) {
        const uint8_t *end = memchr(rest.data, '\n', rest.len);
        struct span line = span_sub(rest, 0, end ? (size_t)(end - rest.data) : rest.len);

        if (is_name(line, name))
            return text_trim(span_from(line, strlen(name) + 1));
        rest = span_from(rest, line.len + 1);
    }
    return span_of(NULL, 0);
}
