/* SPDX-License-Identifier: Apache-2.0 */
#include "collateral/signed_json.h"

#include <errno.h>

#include "codec/json.h"

int signed_json_parse(struct span body, const char *member, struct signed_json *ret,
                      struct err *err)
{
    struct json_reader r = json_reader_of(body);
    struct signed_json x = {0};
    bool has_signature = false;
    struct span key;
    int code;

    json_enter_object(&r);
    while (json_next_member(&r, &key)) {
        bool is_signature = span_equal_str(key, "signature"),
             is_inner = span_equal_str(key, member);

        if ((is_signature && has_signature) || (is_inner && x.inner.data))
            json_fail(&r, "a member occurs twice");
        if (is_signature) {
            json_hex_fixed(&r, x.signature, sizeof(x.signature));
            has_signature = true;
        } else if (is_inner) {
            x.inner = json_skip(&r);
        } else {
            json_skip(&r);
        }
    }
    code = json_reader_done(&r, err);
    if (code < 0)
        return code;
    if (!x.inner.data || !has_signature)
        return err_set(err, -EBADMSG, "no member %s", x.inner.data ? "signature" : member);
    *ret = x;
    return 0;
}
