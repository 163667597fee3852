/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table says what each path is, and one function a kind reads the query. Everything that a client
 * can vary is settled here: dialect, version, letter case, encoding, doubled parameters (the first
 * counts, as in PCCS). Code that answers a call never looks at the request again.
 *
 * A CRL that is asked for by address is looked up by its name. The service never connects to an
 * address that a client chose.
 */
#include "pccs/front.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/macros.h"
#include "base/text.h"
#include "codec/hex.h"
#include "net/http/target.h"

#define THIM_PREFIX       "/metadata/THIM"
#define PCS_HOST          "api.trustedservices.intel.com"
#define CERTIFICATES_HOST "certificates.trustedservices.intel.com"

enum {
    VALUE_SIZE_MAX = 2048, /* bytes of one decoded parameter; Intel's PCCS has this limit for uri */
};

struct path_row {
    const char *tee;  /* the first segment */
    const char *rest; /* after "/certification/v4/" */
    enum http_method method;
    enum pccs_action action;
    enum pccs_kind kind; /* of PCCS_ACTION_ITEM; a CRL's is in the query */
};

static const struct path_row rows[] = {
    {.tee = "sgx", .rest = "pckcert", .method = HTTP_GET, .action = PCCS_ACTION_CERTIFICATE},
    {.tee = "sgx", .rest = "pckcrl", .method = HTTP_GET, .action = PCCS_ACTION_ITEM},
    {.tee = "sgx", .rest = "crl", .method = HTTP_GET, .action = PCCS_ACTION_ITEM},
    {.tee = "sgx",
     .rest = "rootcacrl",
     .method = HTTP_GET,
     .action = PCCS_ACTION_ITEM,
     .kind = PCCS_ROOT_CRL},
    {.tee = "sgx",
     .rest = "tcb",
     .method = HTTP_GET,
     .action = PCCS_ACTION_ITEM,
     .kind = PCCS_TCB_SGX},
    {.tee = "tdx",
     .rest = "tcb",
     .method = HTTP_GET,
     .action = PCCS_ACTION_ITEM,
     .kind = PCCS_TCB_TDX},
    {.tee = "sgx",
     .rest = "qe/identity",
     .method = HTTP_GET,
     .action = PCCS_ACTION_ITEM,
     .kind = PCCS_QE_IDENTITY},
    {.tee = "tdx",
     .rest = "qe/identity",
     .method = HTTP_GET,
     .action = PCCS_ACTION_ITEM,
     .kind = PCCS_TDQE_IDENTITY},
    {.tee = "sgx",
     .rest = "qve/identity",
     .method = HTTP_GET,
     .action = PCCS_ACTION_ITEM,
     .kind = PCCS_QVE_IDENTITY},
    {.tee = "sgx", .rest = "platforms", .method = HTTP_POST, .action = PCCS_ACTION_REGISTER},
    {.tee = "sgx", .rest = "platforms", .method = HTTP_GET, .action = PCCS_ACTION_LIST_PLATFORMS},
    {.tee = "sgx",
     .rest = "platformcollateral",
     .method = HTTP_PUT,
     .action = PCCS_ACTION_PUT_COLLATERAL},
    {.tee = "sgx", .rest = "refresh", .method = HTTP_GET, .action = PCCS_ACTION_REFRESH},
    {.tee = "sgx", .rest = "refresh", .method = HTTP_POST, .action = PCCS_ACTION_REFRESH},
    {.tee = "sgx", .rest = "appraisalpolicy", .method = HTTP_GET, .action = PCCS_ACTION_GET_POLICY},
    {.tee = "sgx", .rest = "appraisalpolicy", .method = HTTP_PUT, .action = PCCS_ACTION_PUT_POLICY},
};

/* -- text -- */

static bool equals_any_case(struct span text, const char *other)
{
    size_t len = strlen(other);

    if (text.len != len)
        return false;
    for (size_t i = 0; i < len; i++)
        if (tolower(text.data[i]) != tolower((unsigned char)other[i]))
            return false;
    return true;
}

/* Cut @prefix from the front of @text. Return: was it there? */
static bool prefix_cut(struct span *text, const char *prefix)
{
    size_t len = strlen(prefix);

    if (!equals_any_case(span_sub(*text, 0, len), prefix))
        return false;
    *text = span_from(*text, len);
    return true;
}

static bool has_parameter(const struct http_request *request, const char *name)
{
    struct span ignored;

    return http_target_query_find(request->query, name, &ignored);
}

/* Decode a parameter into @out, which is emptied first. Return: 0, 1 when it is absent, 400. */
static unsigned parameter_read(const struct http_request *request, const char *name,
                               struct buf *out, struct err *err)
{
    int r;

    buf_clear(out);
    r = http_target_query_value(request->query, name, out);
    if (r == 0)
        return 1;
    if (r < 0) {
        err_set(err, -EINVAL, "parameter %s is malformed or longer than %d bytes", name,
                VALUE_SIZE_MAX);
        return 400;
    }
    return 0;
}

/* Digits in upper case. Return: 0; 1 when it is absent; 400. */
static unsigned digits_read(const struct http_request *request, const char *name, size_t min,
                            size_t max, char *to, struct buf *value, struct err *err)
{
    unsigned status = parameter_read(request, name, value, err);
    struct span text = buf_span(value);

    if (status != 0)
        return status;
    if (text.len < min || text.len > max || !text_is_hex(text)) {
        err_set(err, -EINVAL,
                "parameter %s has %zu characters, expected %zu to %zu hexadecimal "
                "digits",
                name, text.len, min, max);
        return 400;
    }
    for (size_t i = 0; i < text.len; i++)
        to[i] = (char)toupper(text.data[i]);
    to[text.len] = '\0';
    return 0;
}

static unsigned digits_require(const struct http_request *request, const char *name, size_t min,
                               size_t max, char *to, struct buf *value, struct err *err)
{
    unsigned status = digits_read(request, name, min, max, to, value, err);

    if (status == 1) {
        err_set(err, -EINVAL, "parameter %s is missing", name);
        return 400;
    }
    return status;
}

/* -- items -- */

static unsigned update_read(const struct http_request *request, struct buf *value,
                            struct pccs_item *item, struct err *err)
{
    unsigned status = parameter_read(request, "update", value, err);

    if (status == 400)
        return 400;
    if (status == 1 || span_equal_str(buf_span(value), "standard"))
        return 0;
    if (!span_equal_str(buf_span(value), "early")) {
        err_set(err, -EINVAL, "parameter update is neither early nor standard");
        return 400;
    }
    item->is_early = true;
    return 0;
}

static unsigned tcb_read(const struct http_request *request, struct buf *value,
                         struct pccs_call *call, struct err *err)
{
    unsigned status = digits_require(request, "fmspc", sizeof(call->fmspc) - 1,
                                     sizeof(call->fmspc) - 1, call->fmspc, value, err);

    if (status != 0)
        return status;
    if (hex_decode_fixed(span_str(call->fmspc), call->item.fmspc, PCCS_FMSPC_SIZE) < 0)
        return 400;
    return update_read(request, value, &call->item, err);
}

static enum pccs_kind crl_of_ca(struct span ca)
{
    if (equals_any_case(ca, "platform"))
        return PCCS_PLATFORM_CRL;
    return equals_any_case(ca, "processor") ? PCCS_PROCESSOR_CRL : PCCS_NONE;
}

/* The names by which Intel's CRLs are asked for; Azure's client writes them in lower case. */
static enum pccs_kind crl_of_uri(struct span uri)
{
    struct span query, ca;

    if (!prefix_cut(&uri, "https://"))
        return PCCS_NONE;
    if (prefix_cut(&uri, CERTIFICATES_HOST "/intelsgx")) {
        if (equals_any_case(uri, "rootca.crl") || equals_any_case(uri, "rootca.der"))
            return PCCS_ROOT_CRL;
        if (equals_any_case(uri, "pckplatform.crl"))
            return PCCS_PLATFORM_CRL;
        return equals_any_case(uri, "pckprocessor.crl") ? PCCS_PROCESSOR_CRL : PCCS_NONE;
    }
    if (!prefix_cut(&uri, PCS_HOST "/sgx/certification/v4/pckcrl?")) {
        if (!prefix_cut(&uri, PCS_HOST "/sgx/certification/v3/pckcrl?"))
            return PCCS_NONE;
    }
    query = uri;
    return http_target_query_find(query, "ca", &ca) ? crl_of_ca(ca) : PCCS_NONE;
}

/* Azure's client encodes the address twice. */
static unsigned uri_read(const struct http_request *request, struct buf *value,
                         struct pccs_call *call, struct err *err)
{
    struct buf again = buf_init(VALUE_SIZE_MAX);
    unsigned status = parameter_read(request, "uri", value, err);

    if (status == 0) {
        call->item.kind = crl_of_uri(buf_span(value));
        if (call->item.kind == PCCS_NONE && http_target_decode(buf_span(value), &again))
            call->item.kind = crl_of_uri(buf_span(&again));
    }
    buf_done(&again);
    if (status == 0 && call->item.kind != PCCS_NONE)
        return 0;
    if (status != 400)
        err_set(err, -EINVAL, "parameter uri names none of Intel's SGX CRLs");
    return 400;
}

static unsigned ca_read(const struct http_request *request, struct buf *value,
                        struct pccs_call *call, struct err *err)
{
    unsigned status = parameter_read(request, "ca", value, err);

    if (status == 0)
        call->item.kind = crl_of_ca(buf_span(value));
    if (call->item.kind != PCCS_NONE)
        return 0;
    if (status != 400)
        err_set(err, -EINVAL, "parameter ca is neither processor nor platform");
    return 400;
}

/* PCCS gives hexadecimal digits unless DER is asked for, PCS gives PEM, and THIM always does. */
static unsigned encoding_read(const struct http_request *request, struct buf *value,
                              struct pccs_call *call, struct err *err)
{
    unsigned status = parameter_read(request, "encoding", value, err);

    call->form = call->dialect == PCCS_DIALECT_PCCS ? PCCS_FORM_HEX : PCCS_FORM_PEM;
    if (status == 400)
        return 400;
    if (status == 1 || call->dialect == PCCS_DIALECT_THIM)
        return 0;
    if (span_equal_str(buf_span(value), "der"))
        call->form = PCCS_FORM_DER;
    else if (span_equal_str(buf_span(value), "pem") && call->dialect == PCCS_DIALECT_PCS)
        call->form = PCCS_FORM_PEM;
    return 0;
}

static unsigned item_read(const struct http_request *request, const struct path_row *row,
                          struct buf *value, struct pccs_call *call, struct err *err)
{
    unsigned status = 0;

    call->item.kind = row->kind;
    if (row->kind == PCCS_TCB_SGX || row->kind == PCCS_TCB_TDX)
        return tcb_read(request, value, call, err);
    if (pccs_item_has_update(row->kind))
        return update_read(request, value, &call->item, err);
    if (row->kind == PCCS_NONE)
        status = strcmp(row->rest, "crl") == 0 || has_parameter(request, "uri")
                     ? uri_read(request, value, call, err)
                     : ca_read(request, value, call, err);
    if (status != 0)
        return status;
    if (strcmp(row->rest, "crl") == 0) /* the bytes that lie at that address */
        return 0;
    return encoding_read(request, value, call, err);
}

/* -- certificates and the others -- */

static unsigned certificate_read(const struct http_request *request, struct buf *value,
                                 struct pccs_call *call, struct err *err)
{
    unsigned status = digits_require(request, "qeid", 1, PCCS_QE_ID_MAX, call->qe_id, value, err);

    if (status == 0)
        status = digits_require(request, "pceid", PCCS_PCE_ID_DIGITS, PCCS_PCE_ID_DIGITS,
                                call->pce_id, value, err);
    if (status == 0)
        status = digits_require(request, "cpusvn", PCCS_CPU_SVN_DIGITS, PCCS_CPU_SVN_DIGITS,
                                call->cpu_svn, value, err);
    if (status == 0)
        status = digits_require(request, "pcesvn", PCCS_PCE_SVN_DIGITS, PCCS_PCE_SVN_DIGITS,
                                call->pce_svn, value, err);
    if (status != 0)
        return status;
    status = digits_read(request, "encrypted_ppid", PCCS_PPID_DIGITS, PCCS_PPID_DIGITS,
                         call->enc_ppid, value, err);
    if (strspn(call->enc_ppid, "0") == PCCS_PPID_DIGITS) /* QPL has none and sends zeros */
        call->enc_ppid[0] = '\0';
    return status == 400 ? 400 : 0;
}

static unsigned fmspc_read(const struct http_request *request, struct buf *value,
                           struct pccs_call *call, struct err *err)
{
    size_t digits = sizeof(call->fmspc) - 1;
    unsigned status =
        call->action == PCCS_ACTION_GET_POLICY
            ? digits_require(request, "fmspc", digits, digits, call->fmspc, value, err)
            : digits_read(request, "fmspc", digits, digits, call->fmspc, value, err);

    return status == 400 ? 400 : 0;
}

static unsigned query_read(const struct http_request *request, const struct path_row *row,
                           struct buf *value, struct pccs_call *call, struct err *err)
{
    switch (row->action) {
    case PCCS_ACTION_ITEM:
        return item_read(request, row, value, call, err);
    case PCCS_ACTION_CERTIFICATE:
        return certificate_read(request, value, call, err);
    case PCCS_ACTION_REFRESH:
    case PCCS_ACTION_GET_POLICY:
        return fmspc_read(request, value, call, err);
    case PCCS_ACTION_LIST_PLATFORMS:
        (void)http_target_query_find(request->query, "source", &call->source);
        return 0;
    case PCCS_ACTION_REGISTER:
    case PCCS_ACTION_PUT_COLLATERAL:
    case PCCS_ACTION_PUT_POLICY:
    case PCCS_ACTION_NONE:
        break;
    }
    return 0;
}

/* -- dialect and path -- */

static struct span host_name(const struct http_request *request)
{
    struct span rest = request->host;

    return text_split(&rest, ':');
}

static bool is_json_wanted(const struct http_request *request)
{
    struct span type;

    return http_request_field(request, "Content-Type", &type) &&
           equals_any_case(type, "application/json");
}

static enum pccs_dialect dialect_of(const struct http_request *request, bool has_thim_prefix,
                                    const struct path_row *row)
{
    bool is_cert = row->action == PCCS_ACTION_CERTIFICATE;

    if (equals_any_case(host_name(request), PCS_HOST))
        return PCCS_DIALECT_PCS;
    if (has_thim_prefix || has_parameter(request, "clientid") ||
        has_parameter(request, "api-version"))
        return PCCS_DIALECT_THIM;
    if (strcmp(row->rest, "pckcrl") == 0 && has_parameter(request, "uri"))
        return PCCS_DIALECT_THIM;
    return is_cert && is_json_wanted(request) ? PCCS_DIALECT_THIM : PCCS_DIALECT_PCCS;
}

/* Intel's distribution point: the root's CRL by its file name. */
static unsigned distribution_point_parse(const struct http_request *request, struct pccs_call *ret,
                                         struct err *err)
{
    if (request->method != HTTP_GET && request->method != HTTP_HEAD) {
        err_set(err, -EINVAL, "only GET is possible here");
        return 405;
    }
    if (!equals_any_case(request->path, "/IntelSGXRootCA.der") &&
        !equals_any_case(request->path, "/IntelSGXRootCA.crl")) {
        err_set(err, -ENOENT, "this host has /IntelSGXRootCA.der and nothing else");
        return 404;
    }
    *ret = (struct pccs_call){
        .action = PCCS_ACTION_ITEM,
        .dialect = PCCS_DIALECT_PCS,
        .version = 4,
        .item = {.kind = PCCS_ROOT_CRL},
        .form = PCCS_FORM_DER,
    };
    return 0;
}

/* "/sgx/certification/v4/REST". Return: the version; 0 for any other path. */
static unsigned path_split(struct span path, struct span *ret_tee, struct span *ret_rest)
{
    if (!prefix_cut(&path, "/"))
        return 0;
    *ret_tee = text_split(&path, '/');
    if (prefix_cut(&path, "certification/v4/")) {
        *ret_rest = path;
        return 4;
    }
    if (prefix_cut(&path, "certification/v3/") && span_equal_str(*ret_tee, "sgx")) {
        *ret_rest = path;
        return 3;
    }
    return 0;
}

static unsigned row_find(const struct http_request *request, struct span path,
                         const struct path_row **ret, unsigned *ret_version, struct err *err)
{
    enum http_method method = request->method == HTTP_HEAD ? HTTP_GET : request->method;
    struct span tee, rest;
    bool is_known = false;

    *ret_version = path_split(path, &tee, &rest);
    for (size_t i = 0; *ret_version && i < ARRAY_COUNT(rows); i++) {
        if (!span_equal_str(tee, rows[i].tee) || !span_equal_str(rest, rows[i].rest))
            continue;
        is_known = true;
        if (rows[i].method == method) {
            *ret = &rows[i];
            return 0;
        }
    }
    if (is_known)
        err_set(err, -EINVAL, "this path does not have this method");
    else
        err_set(err, -ENOENT, "this path is not one of PCCS, THIM or PCS");
    return is_known ? 405 : 404;
}

unsigned pccs_front_parse(const struct http_request *request, struct pccs_call *ret,
                          struct err *err)
{
    struct buf value = buf_init(VALUE_SIZE_MAX);
    struct pccs_call call = {0};
    const struct path_row *row;
    struct span path = request->path;
    bool has_thim_prefix;
    unsigned status;

    if (equals_any_case(host_name(request), CERTIFICATES_HOST))
        return distribution_point_parse(request, ret, err);
    has_thim_prefix = prefix_cut(&path, THIM_PREFIX);
    status = row_find(request, path, &row, &call.version, err);
    if (status != 0)
        return status;
    call.action = row->action;
    call.dialect = dialect_of(request, has_thim_prefix, row);
    status = query_read(request, row, &value, &call, err);
    buf_done(&value);
    if (status == 0)
        *ret = call;
    return status;
}

struct pccs_platform pccs_front_platform(const struct pccs_call *call)
{
    return (struct pccs_platform){
        .qe_id = span_str(call->qe_id),
        .pce_id = span_str(call->pce_id),
        .cpu_svn = span_str(call->cpu_svn),
        .pce_svn = span_str(call->pce_svn),
        .enc_ppid = span_str(call->enc_ppid),
    };
}
