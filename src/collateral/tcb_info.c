/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCB info comes in two versions. Version 2 (PCS API v3) writes each SGX component of a level as a
 * member of its own, "sgxtcbcomp01svn" to "sgxtcbcomp16svn"; version 3 (PCS API v4) writes arrays,
 * one of SGX components and, for TDX, one of TDX components. Both end in the same sixteen numbers.
 *
 * JSON members come in any order, and the version is a member: when a level is read, the version
 * may not be known yet. So a level takes either form, the parser notes which forms it met (enum
 * form), and the table "rules" decides at the end which of them the version and the id must have
 * and must not have.
 *
 * Levels are sorted here, because the order in which a service writes them carries no meaning and
 * Intel's QVL sorts them as well. Two levels with equal SVNs would make the result depend on that
 * order; they are refused.
 */
#include "collateral/tcb_info.h"

#include <errno.h>
#include <stdlib.h>

#include "collateral/json_list.h"

enum {
    VERSION_PCS3 = 2,
    VERSION_PCS4 = 3,
};

/* The members that occurred in a TCB info. */
enum form {
    FORM_FLAT = 1 << 0,              /* a level has sgxtcbcompNNsvn */
    FORM_SGX_ARRAY = 1 << 1,         /* a level has sgxtcbcomponents */
    FORM_TDX_ARRAY = 1 << 2,         /* a level has tdxtcbcomponents */
    FORM_LEVEL_WITHOUT_TDX = 1 << 3, /* a level has no tdxtcbcomponents */
    FORM_ID = 1 << 4,
    FORM_MODULE = 1 << 5,
};

/* The forms that a version and an id must have and must not have. */
static const struct rule {
    unsigned version;
    enum tcb_info_id id; /* TCB_INFO_NONE: any */
    unsigned must;
    unsigned must_not;
    const char *problem;
} rules[] = {
    {VERSION_PCS3, TCB_INFO_NONE, FORM_FLAT, FORM_SGX_ARRAY | FORM_TDX_ARRAY,
     "version 2 needs the members sgxtcbcomp01svn to sgxtcbcomp16svn in every level"},
    {VERSION_PCS4, TCB_INFO_NONE, FORM_ID, 0, "version 3 needs the member id"},
    {VERSION_PCS4, TCB_INFO_NONE, 0, FORM_FLAT,
     "version 3 needs the member sgxtcbcomponents in every level"},
    {VERSION_PCS4, TCB_INFO_TDX, FORM_MODULE, 0, "id TDX needs the member tdxModule"},
    {VERSION_PCS4, TCB_INFO_TDX, 0, FORM_LEVEL_WITHOUT_TDX,
     "id TDX needs the member tdxtcbcomponents in every level"},
};

struct parse {
    struct tcb_info *info;
    unsigned forms; /* of enum form */
};

#define SIZE_OF(type, member) sizeof(((type *)0)->member)

struct component {
    uint8_t svn;
    struct tcb_component text;
};

/* clang-format off */
static const struct json_field component_fields[] = {
    {.name = "svn", .kind = JSON_FIELD_U8, .is_required = true,
     .offset = offsetof(struct component, svn)},
    {.name = "category", .kind = JSON_FIELD_TEXT,
     .offset = offsetof(struct component, text.category)},
    {.name = "type", .kind = JSON_FIELD_TEXT, .offset = offsetof(struct component, text.type)},
};
/* clang-format on */

/* The first level that says what a component stands for counts. */
static void components_read(struct json_reader *r, uint8_t svn[static TCB_COMPONENT_COUNT],
                            struct tcb_component text[static TCB_COMPONENT_COUNT])
{
    size_t count = 0;

    json_enter_array(r);
    while (json_next_item(r)) {
        struct component this = {0};

        if (count == TCB_COMPONENT_COUNT) {
            json_fail(r, "more than 16 components");
            return;
        }
        json_fields_read(r, component_fields, ARRAY_COUNT(component_fields), &this, NULL);
        svn[count] = this.svn;
        if (!text[count].category.len)
            text[count].category = this.text.category;
        if (!text[count].type.len)
            text[count].type = this.text.type;
        count++;
    }
    if (count != TCB_COMPONENT_COUNT)
        json_fail(r, "fewer than 16 components");
}

static void sgx_components_read(struct json_reader *r, void *to, void *context)
{
    struct parse *p = context;

    components_read(r, to, p->info->sgx_component);
}

static void tdx_components_read(struct json_reader *r, void *to, void *context)
{
    struct parse *p = context;

    components_read(r, to, p->info->tdx_component);
}

enum svns_row {
    SVNS_PCE,
    SVNS_SGX,
    SVNS_TDX,
    SVNS_FLAT, /* the first of TCB_COMPONENT_COUNT rows */
};

/* clang-format off */
#define FLAT(number, index)                                                                        \
    {.name = "sgxtcbcomp" number "svn", .kind = JSON_FIELD_U8,                                     \
     .offset = offsetof(struct tcb_info_level, sgx) + (index)}

static const struct json_field svns_fields[] = {
    [SVNS_PCE] = {.name = "pcesvn", .kind = JSON_FIELD_U16, .is_required = true,
                  .offset = offsetof(struct tcb_info_level, pcesvn)},
    [SVNS_SGX] = {.name = "sgxtcbcomponents", .kind = JSON_FIELD_READER,
                  .offset = offsetof(struct tcb_info_level, sgx), .read = sgx_components_read},
    [SVNS_TDX] = {.name = "tdxtcbcomponents", .kind = JSON_FIELD_READER,
                  .offset = offsetof(struct tcb_info_level, tdx), .read = tdx_components_read},
    [SVNS_FLAT] = FLAT("01", 0), FLAT("02", 1), FLAT("03", 2), FLAT("04", 3),
    FLAT("05", 4), FLAT("06", 5), FLAT("07", 6), FLAT("08", 7),
    FLAT("09", 8), FLAT("10", 9), FLAT("11", 10), FLAT("12", 11),
    FLAT("13", 12), FLAT("14", 13), FLAT("15", 14), FLAT("16", 15),
};
/* clang-format on */

static void svns_read(struct json_reader *r, void *to, void *context)
{
    struct parse *p = context;
    uint32_t seen = json_fields_read(r, svns_fields, ARRAY_COUNT(svns_fields), to, p);
    size_t flat = 0;

    for (size_t i = 0; i < TCB_COMPONENT_COUNT; i++)
        flat += json_fields_has(seen, SVNS_FLAT + i);
    if (flat != (json_fields_has(seen, SVNS_SGX) ? 0 : TCB_COMPONENT_COUNT))
        json_fail(r, "a level needs its 16 SGX components in one form");
    p->forms |= flat ? FORM_FLAT : FORM_SGX_ARRAY;
    p->forms |= json_fields_has(seen, SVNS_TDX) ? FORM_TDX_ARRAY : FORM_LEVEL_WITHOUT_TDX;
}

static void level_advisories_read(struct json_reader *r, void *to, void *context)
{
    struct parse *p = context;

    tcb_level_advisories_read(r, to, p->info->arena);
}

static const struct json_field level_fields[] = {
    {.name = "tcb", .kind = JSON_FIELD_READER, .is_required = true, .read = svns_read},
    TCB_LEVEL_FIELDS(struct tcb_info_level, level_advisories_read),
};

/* QVL orders levels by SGX components, then TDX components, then PCESVN. */
static int level_compare(const void *a, const void *b)
{
    const struct tcb_info_level *x = a, *y = b;
    int order = memcmp(y->sgx, x->sgx, sizeof(x->sgx));

    if (order == 0)
        order = memcmp(y->tdx, x->tdx, sizeof(x->tdx));
    return order ? order : (x->pcesvn < y->pcesvn) - (x->pcesvn > y->pcesvn);
}

static void levels_read(struct json_reader *r, void *to, void *context)
{
    struct json_list list = {.max = TCB_INFO_LEVEL_MAX, .item_size = sizeof(struct tcb_info_level)};
    struct tcb_info *info = to;
    struct tcb_info_level *level;

    json_enter_array(r);
    while ((level = json_list_next(r, info->arena, &list)))
        json_fields_read(r, level_fields, ARRAY_COUNT(level_fields), level, context);
    info->levels = list.items;
    info->level_count = list.count;
    if (list.count == 0)
        json_fail(r, "tcbLevels is empty");
    if (json_failed(r))
        return;
    qsort(info->levels, info->level_count, sizeof(*info->levels), level_compare);
    for (size_t i = 1; i < info->level_count; i++)
        if (level_compare(&info->levels[i - 1], &info->levels[i]) == 0)
            json_fail(r, "two levels have the same SVNs");
}

/* clang-format off */
#define MODULE_FIELD(member)                                                                       \
    .kind = JSON_FIELD_HEX, .is_required = true, .offset = offsetof(struct tcb_info, member),      \
    .size = SIZE_OF(struct tcb_info, member)

static const struct json_field module_fields[] = {
    {.name = "mrsigner", MODULE_FIELD(module_mrsigner)},
    {.name = "attributes", MODULE_FIELD(module_attributes)},
    {.name = "attributesMask", MODULE_FIELD(module_attributes_mask)},
};
/* clang-format on */

static void module_read(struct json_reader *r, void *to, void *context)
{
    struct tcb_info *info = to;
    struct parse *p = context;

    info->has_module = true;
    p->forms |= FORM_MODULE;
    json_fields_read(r, module_fields, ARRAY_COUNT(module_fields), info, NULL);
}

static void module_levels_read(struct json_reader *r, void *to, void *arena)
{
    struct tcb_info_module *m = to;

    m->levels = tcb_level_isvsvn_read(r, arena, TCB_INFO_LEVEL_MAX, &m->level_count);
}

/* clang-format off */
#define MODULES_FIELD(member)                                                                      \
    .kind = JSON_FIELD_HEX, .is_required = true,                                                   \
    .offset = offsetof(struct tcb_info_module, member),                                            \
    .size = SIZE_OF(struct tcb_info_module, member)

static const struct json_field modules_fields[] = {
    {.name = "id", .kind = JSON_FIELD_TEXT, .is_required = true,
     .offset = offsetof(struct tcb_info_module, id)},
    {.name = "mrsigner", MODULES_FIELD(mrsigner)},
    {.name = "attributes", MODULES_FIELD(attributes)},
    {.name = "attributesMask", MODULES_FIELD(attributes_mask)},
    {.name = "tcbLevels", .kind = JSON_FIELD_READER, .is_required = true,
     .read = module_levels_read},
};
/* clang-format on */

static void modules_read(struct json_reader *r, void *to, void *unused)
{
    struct json_list list = {.max = TCB_INFO_MODULE_MAX,
                             .item_size = sizeof(struct tcb_info_module)};
    struct tcb_info *info = to;
    struct tcb_info_module *module;

    (void)unused;
    info->has_modules = true;
    json_enter_array(r);
    while ((module = json_list_next(r, info->arena, &list)))
        json_fields_read(r, modules_fields, ARRAY_COUNT(modules_fields), module, info->arena);
    info->modules = list.items;
    info->module_count = list.count;
}

static void id_read(struct json_reader *r, void *to, void *context)
{
    struct tcb_info *info = to;
    struct parse *p = context;
    struct span text = json_text(r);

    p->forms |= FORM_ID;
    if (span_equal_str(text, "SGX"))
        info->id = TCB_INFO_SGX;
    else if (span_equal_str(text, "TDX"))
        info->id = TCB_INFO_TDX;
    else
        json_fail(r, "id is neither SGX nor TDX");
}

static void tcb_type_read(struct json_reader *r, void *to, void *unused)
{
    (void)to;
    (void)unused;
    if (json_unsigned(r, UINT16_MAX) != 0)
        json_fail(r, "tcbType is not 0");
}

/* clang-format off */
#define FIELD(member) .is_required = true, .offset = offsetof(struct tcb_info, member)

static const struct json_field fields[] = {
    {.name = "version", .kind = JSON_FIELD_U16, FIELD(version)},
    {.name = "issueDate", .kind = JSON_FIELD_TIME, FIELD(issue_date)},
    {.name = "nextUpdate", .kind = JSON_FIELD_TIME, FIELD(next_update)},
    {.name = "fmspc", .kind = JSON_FIELD_HEX, FIELD(fmspc),
     .size = SIZE_OF(struct tcb_info, fmspc)},
    {.name = "pceId", .kind = JSON_FIELD_HEX, FIELD(pceid),
     .size = SIZE_OF(struct tcb_info, pceid)},
    {.name = "tcbType", .kind = JSON_FIELD_READER, .is_required = true, .read = tcb_type_read},
    {.name = "tcbEvaluationDataNumber", .kind = JSON_FIELD_U32, FIELD(evaluation_number)},
    {.name = "tcbLevels", .kind = JSON_FIELD_READER, .is_required = true, .read = levels_read},
    {.name = "id", .kind = JSON_FIELD_READER, .read = id_read},
    {.name = "tdxModule", .kind = JSON_FIELD_READER, .read = module_read},
    {.name = "tdxModuleIdentities", .kind = JSON_FIELD_READER, .read = modules_read},
};
/* clang-format on */

static int rules_check(const struct parse *p, struct err *err)
{
    const struct tcb_info *info = p->info;

    if (info->version != VERSION_PCS3 && info->version != VERSION_PCS4)
        return err_set(err, -EBADMSG, "version is %u, expected 2 or 3", info->version);
    for (size_t i = 0; i < ARRAY_COUNT(rules); i++) {
        const struct rule *rule = &rules[i];

        if (rule->version != info->version || (rule->id && rule->id != info->id))
            continue;
        if ((p->forms & rule->must) != rule->must || p->forms & rule->must_not)
            return err_set(err, -EBADMSG, "%s", rule->problem);
    }
    return 0;
}

static int object_parse(struct span json, struct tcb_info *info, struct err *err)
{
    struct parse p = {.info = info};
    struct json_reader reader = json_reader_of(json);
    int r;

    json_fields_read(&reader, fields, ARRAY_COUNT(fields), info, &p);
    r = json_reader_done(&reader, err);
    if (r == 0)
        r = rules_check(&p, err);
    if (r == 0 && info->version == VERSION_PCS3)
        info->id = TCB_INFO_SGX;
    return r;
}

int tcb_info_new(struct span json, struct tcb_info **ret, struct err *err)
{
    CLEANUP(tcb_info_freep) struct tcb_info *info = NULL;
    struct span copy;

    if (json.len > TCB_INFO_SIZE_MAX)
        return err_set(err, -EMSGSIZE, "tcb info of %zu bytes, limit %d", json.len,
                       TCB_INFO_SIZE_MAX);
    info = calloc(1, sizeof(*info));
    if (!info || !(info->arena = arena_new()))
        return err_set(err, -ENOMEM, "tcb info");
    copy = arena_copy(info->arena, json);
    if (!copy.data)
        return err_set(err, -ENOMEM, "tcb info");
    if (object_parse(copy, info, err) < 0)
        return err_wrap(err, "tcb info");
    *ret = TAKE_PTR(info);
    return 0;
}

void tcb_info_free(struct tcb_info *info)
{
    if (!info)
        return;
    arena_free(info->arena);
    free(info);
}

void tcb_info_freep(struct tcb_info **info)
{
    tcb_info_free(*info);
}
