/* SPDX-License-Identifier: Apache-2.0 */
#include "collateral/enclave_identity.h"

#include <errno.h>

#include "collateral/arena.h"

static const char *const ids[] = {
    [ENCLAVE_IDENTITY_QE] = "QE",
    [ENCLAVE_IDENTITY_TD_QE] = "TD_QE",
    [ENCLAVE_IDENTITY_QVE] = "QVE",
    [ENCLAVE_IDENTITY_QAE] = "QAE",
};

const char *enclave_identity_id_name(enum enclave_identity_id id)
{
    return id > ENCLAVE_IDENTITY_NONE && id <= ENCLAVE_IDENTITY_QAE ? ids[id] : "none";
}

static void id_read(struct json_reader *r, void *to, void *unused)
{
    struct enclave_identity *x = to;
    struct span text = json_text(r);

    (void)unused;
    for (unsigned i = ENCLAVE_IDENTITY_QE; i < ARRAY_COUNT(ids); i++)
        if (span_equal_str(text, ids[i]))
            x->id = (enum enclave_identity_id)i;
    if (x->id == ENCLAVE_IDENTITY_NONE)
        json_fail(r, "id is none of QE, TD_QE, QVE and QAE");
}

static void version_read(struct json_reader *r, void *to, void *unused)
{
    struct enclave_identity *x = to;

    (void)unused;
    x->version = (uint16_t)json_unsigned(r, UINT16_MAX);
    if (x->version != ENCLAVE_IDENTITY_VERSION)
        json_fail(r, "the version is not 2");
}

/* "00000000": the bytes in memory order, hence little endian. */
static void miscselect_read(struct json_reader *r, void *to, void *unused)
{
    uint8_t b[4];
    uint32_t value;

    (void)unused;
    json_hex_fixed(r, b, sizeof(b));
    value = (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
    memcpy(to, &value, sizeof(value));
}

static void levels_read(struct json_reader *r, void *to, void *unused)
{
    struct enclave_identity *x = to;

    (void)unused;
    x->levels = tcb_level_isvsvn_read(r, x->arena, ENCLAVE_IDENTITY_LEVEL_MAX, &x->level_count);
    if (x->level_count == 0)
        json_fail(r, "tcbLevels is empty");
}

/* clang-format off */
#define FIELD(member) .is_required = true, .offset = offsetof(struct enclave_identity, member)
#define HEX_SIZE(member) .size = sizeof(((struct enclave_identity *)0)->member)

static const struct json_field fields[] = {
    {.name = "id", .kind = JSON_FIELD_READER, .is_required = true, .read = id_read},
    {.name = "version", .kind = JSON_FIELD_READER, .is_required = true, .read = version_read},
    {.name = "issueDate", .kind = JSON_FIELD_TIME, FIELD(issue_date)},
    {.name = "nextUpdate", .kind = JSON_FIELD_TIME, FIELD(next_update)},
    {.name = "tcbEvaluationDataNumber", .kind = JSON_FIELD_U32, FIELD(evaluation_number)},
    {.name = "miscselect", .kind = JSON_FIELD_READER, FIELD(miscselect), .read = miscselect_read},
    {.name = "miscselectMask", .kind = JSON_FIELD_READER, FIELD(miscselect_mask),
     .read = miscselect_read},
    {.name = "attributes", .kind = JSON_FIELD_HEX, FIELD(attributes), HEX_SIZE(attributes)},
    {.name = "attributesMask", .kind = JSON_FIELD_HEX, FIELD(attributes_mask),
     HEX_SIZE(attributes_mask)},
    {.name = "mrsigner", .kind = JSON_FIELD_HEX, FIELD(mrsigner), HEX_SIZE(mrsigner)},
    {.name = "isvprodid", .kind = JSON_FIELD_U16, FIELD(isvprodid)},
    {.name = "tcbLevels", .kind = JSON_FIELD_READER, .is_required = true, .read = levels_read},
};
/* clang-format on */

static int object_parse(struct span json, struct enclave_identity *x, struct err *err)
{
    struct json_reader r = json_reader_of(json);

    json_fields_read(&r, fields, ARRAY_COUNT(fields), x, NULL);
    return json_reader_done(&r, err);
}

int enclave_identity_new(struct span json, struct enclave_identity **ret, struct err *err)
{
    CLEANUP(enclave_identity_freep) struct enclave_identity *x = NULL;
    struct span copy;

    if (json.len > ENCLAVE_IDENTITY_SIZE_MAX)
        return err_set(err, -EMSGSIZE, "enclave identity of %zu bytes, limit %d", json.len,
                       ENCLAVE_IDENTITY_SIZE_MAX);
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

void enclave_identity_free(struct enclave_identity *identity)
{
    if (!identity)
        return;
    arena_free(identity->arena);
    free(identity);
}

void enclave_identity_freep(struct enclave_identity **identity)
{
    enclave_identity_free(*identity);
}
