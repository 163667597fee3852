/* SPDX-License-Identifier: Apache-2.0 */
#include "collateral/evaluation.h"

#include <errno.h>

#include "codec/json_reader.h"
#include "collateral/level_parse.h"

enum member {
    MEMBER_ID,
    MEMBER_VERSION,
    MEMBER_ISSUE_DATE,
    MEMBER_NEXT_UPDATE,
    MEMBER_NUMBERS,
    MEMBER_COUNT,
};

static const char *const members[MEMBER_COUNT] = {"id", "version", "issueDate", "nextUpdate",
                                                  "tcbEvalNumbers"};

static void number_read(struct json_reader *r, struct evaluation_number *n)
{
    static const char *const names[] = {"tcbEvaluationDataNumber", "tcbRecoveryEventDate",
                                        "tcbDate"};
    uint32_t seen = 0;
    struct span key;

    json_enter_object(r);
    while (json_next_member(r, &key)) {
        switch (member_once(r, key, names, ARRAY_COUNT(names), &seen)) {
        case 0:
            n->number = (uint32_t)json_unsigned(r, UINT32_MAX);
            break;
        case 1:
            n->recovery_event_date = date_read(r);
            break;
        case 2:
            n->tcb_date = date_read(r);
            break;
        default:
            json_skip(r);
        }
    }
    if (seen != 7)
        json_fail(r, "an evaluation number is incomplete");
}

static void numbers_read(struct json_reader *r, struct evaluation *x)
{
    json_enter_array(r);
    while (json_next_item(r)) {
        if (x->count == EVALUATION_COUNT_MAX) {
            json_fail(r, "too many evaluation numbers");
            return;
        }
        number_read(r, &x->numbers[x->count++]);
    }
}

static void member_read(struct json_reader *r, int member, struct evaluation *x)
{
    switch (member) {
    case MEMBER_ID:
        x->id = json_text(r);
        break;
    case MEMBER_VERSION:
        x->version = (unsigned)json_unsigned(r, UINT16_MAX);
        break;
    case MEMBER_ISSUE_DATE:
        x->issue_date = date_read(r);
        break;
    case MEMBER_NEXT_UPDATE:
        x->next_update = date_read(r);
        break;
    case MEMBER_NUMBERS:
        numbers_read(r, x);
        break;
    default:
        json_skip(r);
    }
}

int evaluation_parse(struct span json, struct evaluation *ret, struct err *err)
{
    struct json_reader r = json_reader_of(json);
    struct evaluation x = {0};
    uint32_t seen = 0;
    struct span key;

    json_enter_object(&r);
    while (json_next_member(&r, &key))
        member_read(&r, member_once(&r, key, members, MEMBER_COUNT, &seen), &x);
    for (unsigned i = 0; !json_failed(&r) && i < MEMBER_COUNT; i++)
        if (!(seen & 1U << i))
            return err_set(err, -EBADMSG, "evaluation data numbers: no member %s", members[i]);
    if (json_reader_done(&r, err) < 0)
        return err_wrap(err, "evaluation data numbers");
    *ret = x;
    return 0;
}
