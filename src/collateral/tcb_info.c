/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Version 2 (PCS v3) writes each component as a member of its own, version 3 as an array; both end
 * in the same sixteen numbers. The version is known only when its member was met, in any order, so
 * a level takes both forms and the check for the right one comes last.
 */
#include "collateral/tcb_info.h"

#include <errno.h>
#include <stdlib.h>

#include "collateral/arena.h"
#include "collateral/level_parse.h"

enum member {
    MEMBER_VERSION,
    MEMBER_ISSUE_DATE,
    MEMBER_NEXT_UPDATE,
    MEMBER_FMSPC,
    MEMBER_PCEID,
    MEMBER_TCB_TYPE,
    MEMBER_EVALUATION_NUMBER,
    MEMBER_LEVELS,
    MEMBER_ID,
    MEMBER_MODULE,
    MEMBER_MODULES,
    MEMBER_COUNT,
};

static const char *const members[MEMBER_COUNT] = {
    "version",
    "issueDate",
    "nextUpdate",
    "fmspc",
    "pceId",
    "tcbType",
    "tcbEvaluationDataNumber",
    "tcbLevels",
    "id",
    "tdxModule",
    "tdxModuleIdentities",
};

/* What a level turned out to hold; decided against version and id at the end. */
struct forms {
    bool has_flat;
    bool has_sgx_array;
    bool has_level_without_tdx;
    bool has_tdx_array;
};

struct parse {
    struct json_reader r;
    struct tcb_info *info;
    struct forms forms;
};

static void component_read(struct json_reader *r, uint8_t *svn, struct tcb_component *text)
{
    static const char *const names[] = {"svn", "category", "type"};
    uint32_t seen = 0;
    struct span key;

    json_enter_object(r);
    while (json_next_member(r, &key)) {
        switch (member_once(r, key, names, ARRAY_COUNT(names), &seen)) {
        case 0:
            *svn = (uint8_t)json_unsigned(r, UINT8_MAX);
            break;
        case 1:
            text->category = json_text(r);
            break;
        case 2:
            text->type = json_text(r);
            break;
        default:
            json_skip(r);
        }
    }
    if (!(seen & 1))
        json_fail(r, "a component without svn");
}

static void components_read(struct json_reader *r, uint8_t svn[static 16],
                            struct tcb_component text[static 16])
{
    size_t count = 0;

    json_enter_array(r);
    while (json_next_item(r)) {
        struct tcb_component this = {0};

        if (count == 16) {
            json_fail(r, "more than 16 components");
            return;
        }
        component_read(r, &svn[count], &this);
        if (this.category.len && !text[count].category.len)
            text[count].category = this.category;
        if (this.type.len && !text[count].type.len)
            text[count].type = this.type;
        count++;
    }
    if (count != 16)
        json_fail(r, "fewer than 16 components");
}

/* "sgxtcbcomp01svn" to "sgxtcbcomp16svn": 1 to 16, else 0. */
static unsigned flat_component(struct span key)
{
    static const char prefix[] = "sgxtcbcomp", suffix[] = "svn";
    const uint8_t *digits;
    unsigned n;

    if (key.len != 15 || memcmp(key.data, prefix, 10) != 0 || memcmp(key.data + 12, suffix, 3) != 0)
        return 0;
    digits = key.data + 10;
    if (digits[0] < '0' || digits[0] > '1' || digits[1] < '0' || digits[1] > '9')
        return 0;
    n = 10U * (unsigned)(digits[0] - '0') + (unsigned)(digits[1] - '0');
    return n <= 16 ? n : 0;
}

static void level_tcb_read(struct parse *p, struct tcb_info_level *level)
{
    static const char *const names[] = {"pcesvn", "sgxtcbcomponents", "tdxtcbcomponents"};
    struct json_reader *r = &p->r;
    uint32_t seen = 0, flat = 0;
    struct span key;

    json_enter_object(r);
    while (json_next_member(r, &key)) {
        unsigned n = flat_component(key);

        if (n) {
            if (flat & 1U << n)
                json_fail(r, "a component occurs twice");
            flat |= 1U << n;
            level->sgx[n - 1] = (uint8_t)json_unsigned(r, UINT8_MAX);
            continue;
        }
        switch (member_once(r, key, names, ARRAY_COUNT(names), &seen)) {
        case 0:
            level->pcesvn = (uint16_t)json_unsigned(r, UINT16_MAX);
            break;
        case 1:
            components_read(r, level->sgx, p->info->sgx_component);
            break;
        case 2:
            components_read(r, level->tdx, p->info->tdx_component);
            break;
        default:
            json_skip(r);
        }
    }
    if (!(seen & 1))
        json_fail(r, "a level without pcesvn");
    if (seen & 2 ? flat != 0 : flat != 0x1fffe)
        json_fail(r, "a level without its 16 components");
    p->forms.has_flat |= flat != 0;
    p->forms.has_sgx_array |= (seen & 2) != 0;
    p->forms.has_tdx_array |= (seen & 4) != 0;
    p->forms.has_level_without_tdx |= (seen & 4) == 0;
}

static void level_read(struct parse *p, struct tcb_info_level *level)
{
    struct json_reader *r = &p->r;
    bool has_tcb = false;
    struct span key;

    json_enter_object(r);
    while (json_next_member(r, &key)) {
        if (span_equal_str(key, "tcb")) {
            if (has_tcb)
                json_fail(r, "tcb occurs twice");
            has_tcb = true;
            level_tcb_read(p, level);
        } else if (!level_member_read(r, key, p->info->arena, &level->common)) {
            json_skip(r);
        }
    }
    if (!has_tcb)
        json_fail(r, "a level without tcb");
    level_check(r, &level->common);
}

/* QVL orders levels by SGX components, then TDX components, then PCESVN. */
static int level_compare(const void *a, const void *b)
{
    const struct tcb_info_level *x = a, *y = b;
    int order = memcmp(y->sgx, x->sgx, sizeof(x->sgx));

    if (order == 0)
        order = memcmp(y->tdx, x->tdx, sizeof(x->tdx));
    return order ? order : (x->pcesvn < y->pcesvn) - (x->pcesvn > y->pcesvn);
}

static void levels_read(struct parse *p)
{
    struct tcb_info *info = p->info;
    size_t capacity = 0;

    json_enter_array(&p->r);
    while (json_next_item(&p->r)) {
        struct tcb_info_level *levels = NULL;

        if (info->level_count < TCB_INFO_LEVEL_MAX)
            levels = arena_grow(info->arena, info->levels, info->level_count, &capacity,
                                sizeof(*levels));
        if (!levels) {
            if (info->level_count < TCB_INFO_LEVEL_MAX)
                json_fail_memory(&p->r);
            json_fail(&p->r, "too many levels");
            return;
        }
        info->levels = levels;
        level_read(p, &levels[info->level_count++]);
    }
    if (json_failed(&p->r) || info->level_count == 0)
        return;
    qsort(info->levels, info->level_count, sizeof(*info->levels), level_compare);
    for (size_t i = 1; i < info->level_count; i++)
        if (level_compare(&info->levels[i - 1], &info->levels[i]) == 0)
            json_fail(&p->r, "two levels with the same SVNs");
}

static void module_read(struct json_reader *r, struct tcb_info *info)
{
    static const char *const names[] = {"mrsigner", "attributes", "attributesMask"};
    uint32_t seen = 0;
    struct span key;

    json_enter_object(r);
    while (json_next_member(r, &key)) {
        switch (member_once(r, key, names, ARRAY_COUNT(names), &seen)) {
        case 0:
            json_hex_fixed(r, info->module_mrsigner, sizeof(info->module_mrsigner));
            break;
        case 1:
            json_hex_fixed(r, info->module_attributes, sizeof(info->module_attributes));
            break;
        case 2:
            json_hex_fixed(r, info->module_attributes_mask, sizeof(info->module_attributes_mask));
            break;
        default:
            json_skip(r);
        }
    }
    if (seen != 7)
        json_fail(r, "tdxModule is incomplete");
    info->has_module = true;
}

static void module_identity_read(struct json_reader *r, struct arena *arena,
                                 struct tcb_info_module *m)
{
    static const char *const names[] = {"id", "mrsigner", "attributes", "attributesMask",
                                        "tcbLevels"};
    uint32_t seen = 0;
    struct span key;

    json_enter_object(r);
    while (json_next_member(r, &key)) {
        switch (member_once(r, key, names, ARRAY_COUNT(names), &seen)) {
        case 0:
            m->id = json_text(r);
            break;
        case 1:
            json_hex_fixed(r, m->mrsigner, sizeof(m->mrsigner));
            break;
        case 2:
            json_hex_fixed(r, m->attributes, sizeof(m->attributes));
            break;
        case 3:
            json_hex_fixed(r, m->attributes_mask, sizeof(m->attributes_mask));
            break;
        case 4:
            m->levels = isvsvn_levels_read(r, arena, TCB_INFO_LEVEL_MAX, &m->level_count);
            break;
        default:
            json_skip(r);
        }
    }
    if (seen != 31)
        json_fail(r, "an entry of tdxModuleIdentities is incomplete");
}

static void modules_read(struct json_reader *r, struct tcb_info *info)
{
    size_t capacity = 0;

    info->has_modules = true;
    json_enter_array(r);
    while (json_next_item(r)) {
        struct tcb_info_module *list = NULL;

        if (info->module_count < TCB_INFO_MODULE_MAX)
            list = arena_grow(info->arena, info->modules, info->module_count, &capacity,
                              sizeof(*list));
        if (!list) {
            if (info->module_count < TCB_INFO_MODULE_MAX)
                json_fail_memory(r);
            json_fail(r, "too many TDX modules");
            return;
        }
        info->modules = list;
        module_identity_read(r, info->arena, &list[info->module_count++]);
    }
}

static void id_read(struct json_reader *r, struct tcb_info *info)
{
    struct span text = json_text(r);

    if (span_equal_str(text, "SGX"))
        info->id = TCB_INFO_SGX;
    else if (span_equal_str(text, "TDX"))
        info->id = TCB_INFO_TDX;
    else
        json_fail(r, "id is neither SGX nor TDX");
}

static void member_read(struct parse *p, int member)
{
    struct json_reader *r = &p->r;
    struct tcb_info *info = p->info;

    switch (member) {
    case MEMBER_VERSION:
        info->version = (unsigned)json_unsigned(r, UINT16_MAX);
        break;
    case MEMBER_ISSUE_DATE:
        info->issue_date = date_read(r);
        break;
    case MEMBER_NEXT_UPDATE:
        info->next_update = date_read(r);
        break;
    case MEMBER_FMSPC:
        json_hex_fixed(r, info->fmspc, sizeof(info->fmspc));
        break;
    case MEMBER_PCEID:
        json_hex_fixed(r, info->pceid, sizeof(info->pceid));
        break;
    case MEMBER_TCB_TYPE:
        if (json_unsigned(r, UINT16_MAX) != 0)
            json_fail(r, "tcbType is not 0");
        break;
    case MEMBER_EVALUATION_NUMBER:
        info->evaluation_number = (uint32_t)json_unsigned(r, UINT32_MAX);
        break;
    case MEMBER_LEVELS:
        levels_read(p);
        break;
    case MEMBER_ID:
        id_read(r, info);
        break;
    case MEMBER_MODULE:
        module_read(r, info);
        break;
    case MEMBER_MODULES:
        modules_read(r, info);
        break;
    default:
        json_skip(r);
    }
}

/* Which members and which form of components a version and id must have. */
static int forms_check(const struct parse *p, uint32_t seen, struct err *err)
{
    const struct tcb_info *info = p->info;

    for (unsigned i = 0; i <= MEMBER_LEVELS; i++)
        if (!(seen & 1U << i))
            return err_set(err, -EBADMSG, "no member %s", members[i]);
    if (info->version != 2 && info->version != 3)
        return err_set(err, -EBADMSG, "version %u; 2 and 3 are known", info->version);
    if (info->level_count == 0)
        return err_set(err, -EBADMSG, "no tcbLevels");
    if (info->version == 2) {
        if (!p->forms.has_flat || p->forms.has_sgx_array || p->forms.has_tdx_array)
            return err_set(err, -EBADMSG, "components are not in the form of version 2");
        return 0;
    }
    if (!(seen & 1U << MEMBER_ID))
        return err_set(err, -EBADMSG, "no member id");
    if (p->forms.has_flat)
        return err_set(err, -EBADMSG, "components are not in the form of version 3");
    if (info->id == TCB_INFO_TDX && (!info->has_module || p->forms.has_level_without_tdx))
        return err_set(err, -EBADMSG, "no tdxModule or no tdxtcbcomponents");
    return 0;
}

static int object_parse(struct span json, struct tcb_info *info, struct err *err)
{
    struct parse p = {.r = json_reader_of(json), .info = info};
    uint32_t seen = 0;
    struct span key;
    int r;

    json_enter_object(&p.r);
    while (json_next_member(&p.r, &key))
        member_read(&p, member_once(&p.r, key, members, MEMBER_COUNT, &seen));
    r = json_reader_done(&p.r, err);
    if (r == 0)
        r = forms_check(&p, seen, err);
    if (r == 0 && info->version == 2)
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
