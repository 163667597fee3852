/* SPDX-License-Identifier: Apache-2.0 */
#include "collateral/evaluation.h"

#include <errno.h>

#include "codec/json_fields.h"

/* clang-format off */
static const struct json_field number_fields[] = {
    {.name = "tcbEvaluationDataNumber", .kind = JSON_FIELD_U32, .is_required = true,
     .offset = offsetof(struct evaluation_number, number)},
    {.name = "tcbRecoveryEventDate", .kind = JSON_FIELD_TIME, .is_required = true,
     .offset = offsetof(struct evaluation_number, recovery_event_date)},
    {.name = "tcbDate", .kind = JSON_FIELD_TIME, .is_required = true,
     .offset = offsetof(struct evaluation_number, tcb_date)},
};
/* clang-format on */

static void numbers_read(struct json_reader *r, void *to, void *unused)
{
    struct evaluation *x = to;

    (void)unused;
    json_enter_array(r);
    while (json_next_item(r)) {
        if (x->count == EVALUATION_COUNT_MAX) {
            json_fail(r, "too many evaluation numbers");
            return;
        }
        json_fields_read(r, number_fields, ARRAY_COUNT(number_fields), &x->numbers[x->count++],
                         NULL);
    }
}

/* clang-format off */
static const struct json_field fields[] = {
    {.name = "id", .kind = JSON_FIELD_TEXT, .is_required = true,
     .offset = offsetof(struct evaluation, id)},
    {.name = "version", .kind = JSON_FIELD_U16, .is_required = true,
     .offset = offsetof(struct evaluation, version)},
    {.name = "issueDate", .kind = JSON_FIELD_TIME, .is_required = true,
     .offset = offsetof(struct evaluation, issue_date)},
    {.name = "nextUpdate", .kind = JSON_FIELD_TIME, .is_required = true,
     .offset = offsetof(struct evaluation, next_update)},
    {.name = "tcbEvalNumbers", .kind = JSON_FIELD_READER, .is_required = true,
     .read = numbers_read},
};
/* clang-format on */

int evaluation_parse(struct span json, struct evaluation *ret, struct err *err)
{
    struct json_reader r = json_reader_of(json);
    struct evaluation x = {0};

    json_fields_read(&r, fields, ARRAY_COUNT(fields), &x, NULL);
    if (json_reader_done(&r, err) < 0)
        return err_wrap(err, "evaluation data numbers");
    *ret = x;
    return 0;
}
