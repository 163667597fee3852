/* SPDX-License-Identifier: Apache-2.0 */
#include "collateral/identity.h"

#include <errno.h>

#include "collateral/arena.h"
#include "collateral/level_parse.h"

static const char *const ids[] = {
    [IDENTITY_QE] = "QE",
    [IDENTITY_TD_QE] = "TD_QE",
    [IDENTITY_QVE] = "QVE",
    [IDENTITY_QAE] = "QAE",
};

enum member {
    MEMBER_ID,
    MEMBER_VERSION,
    MEMBER_ISSUE_DATE,
    MEMBER_NEXT_UPDATE,
    MEMBER_EVALUATION_NUMBER,
    MEMBER_MISCSELECT,
    MEMBER_MISCSELECT_MASK,
    MEMBER_ATTRIBUTES,
    MEMBER_ATTRIBUTES_MASK,
    MEMBER_MRSIGNER,
    MEMBER_ISVPRODID,
    MEMBER_LEVELS,
    MEMBER_COUNT,
};

static const char *const members[MEMBER_COUNT] = {
    "id",         "version",        "issueDate",  "nextUpdate",     "tcbEvaluationDataNumber",
    "miscselect", "miscselectMask", "attributes", "attributesMask", "mrsigner",
    "isvprodid",  "tcbLevels",
};

const char *identity_id_name(enum identity_id id)
{
    return id > IDENTITY_NONE && id <= IDENTITY_QAE ? ids[id] : "none";
}

static enum identity_id id_read(struct json_reader *r)
{
    struct span text = json_text(r);

    for (unsigned i = IDENTITY_QE; i < ARRAY_COUNT(ids); i++)
        if (span_equal_str(text, ids[i]))
            return (enum identity_id)i;
    json_fail(r, "unknown id of an enclave identity");
    return IDENTITY_NONE;
}

/* "00000000": the bytes in memory order, hence little endian. */
static uint32_t miscselect_read(struct json_reader *r)
{
    uint8_t b[4];

    json_hex_fixed(r, b, sizeof(b));
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static void member_read(struct json_reader *r, int member, struct identity *x)
{
    switch (member) {
    case MEMBER_ID:
        x->id = id_read(r);
        break;
    case MEMBER_VERSION:
        x->version = (unsigned)json_unsigned(r, UINT16_MAX);
        if (x->version != 2)
            json_fail(r, "only version 2 of enclave identities is known");
        break;
    case MEMBER_ISSUE_DATE:
        x->issue_date = date_read(r);
        break;
    case MEMBER_NEXT_UPDATE:
        x->next_update = date_read(r);
        break;
    case MEMBER_EVALUATION_NUMBER:
        x->evaluation_number = (uint32_t)json_unsigned(r, UINT32_MAX);
        break;
    case MEMBER_MISCSELECT:
        x->miscselect = miscselect_read(r);
        break;
    case MEMBER_MISCSELECT_MASK:
        x->miscselect_mask = miscselect_read(r);
        break;
    case MEMBER_ATTRIBUTES:
        json_hex_fixed(r, x->attributes, sizeof(x->attributes));
        break;
    case MEMBER_ATTRIBUTES_MASK:
        json_hex_fixed(r, x->attributes_mask, sizeof(x->attributes_mask));
        break;
    case MEMBER_MRSIGNER:
        json_hex_fixed(r, x->mrsigner, sizeof(x->mrsigner));
        break;
    case MEMBER_ISVPRODID:
        x->isvprodid = (uint16_t)json_unsigned(r, UINT16_MAX);
        break;
    case MEMBER_LEVELS:
        x->levels = isvsvn_levels_read(r, x->arena, IDENTITY_LEVEL_MAX, &x->level_count);
        break;
    default:
        json_skip(r);
    }
}

static int object_parse(struct span json, struct identity *x, struct err *err)
{
    struct json_reader r = json_reader_of(json);
    uint32_t seen = 0;
    struct span key;

    json_enter_object(&r);
    while (json_next_member(&r, &key))
        member_read(&r, member_once(&r, key, members, MEMBER_COUNT, &seen), x);
    for (unsigned i = 0; !json_failed(&r) && i < MEMBER_COUNT; i++)
        if (!(seen & 1U << i))
            return err_set(err, -EBADMSG, "no member %s", members[i]);
    if (!json_failed(&r) && x->level_count == 0)
        json_fail(&r, "no tcbLevels");
    return json_reader_done(&r, err);
}

int identity_new(struct span json, struct identity **ret, struct err *err)
{
    CLEANUP(identity_freep) struct identity *x = NULL;
    struct span copy;

    if (json.len > IDENTITY_SIZE_MAX)
        return err_set(err, -EMSGSIZE, "enclave identity of %zu bytes, limit %d", json.len,
                       IDENTITY_SIZE_MAX);
    x = calloc(1, sizeof(*x));
    if (!x || !(x->arena = arena_new()))
        return err_set(err, -ENOMEM, "enclave identity");
    copy = arena_copy(x->arena, json);
    if (!copy.data)
        return err_set(err, -ENOMEM, "enclave identity");
    if (object_parse(copy, x, err) < 0)
        return err_wrap(err, "enclave identity");
    *ret = TAKE_PTR(x);
    return 0;
}

void identity_free(struct identity *identity)
{
    if (!identity)
        return;
    arena_free(identity->arena);
    free(identity);
}

void identity_freep(struct identity **identity)
{
    identity_free(*identity);
}
