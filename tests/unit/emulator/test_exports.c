/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "emulator/image/exports.h"
#include "emulator/image/loader.h"

/* struct r_debug of the dynamic linker, whose header does not go with Linux' elf.h */
extern const struct {
    int version;
    const struct loaded *first;
} linker_list __asm__("_r_debug");

/* the C library of this process, whose dynamic section has addresses in memory */
static const struct loaded *libc_find(void)
{
    for (const struct loaded *l = linker_list.first; l; l = l->next)
        if (strstr(l->path, "libc.so"))
            return l;
    return NULL;
}

static void the_c_library(void **state)
{
    const struct loaded *l = libc_find();
    struct exports e;
    struct object o;

    (void)state;
    if (!l) {
        skip();
        return;
    }
    assert_true(object_at(l->bias, l->path, &o));
    e = exports_read(&o, l->dynamic);
    assert_non_null(strstr(e.soname, "libc.so"));
    assert_true(exports_define(&e, "malloc"));
    assert_true(exports_define(&e, "getpid"));
    assert_false(exports_define(&e, "sgx_is_capable"));
    assert_false(exports_define(&e, ""));
    e.gnu_hash = NULL;
    assert_int_equal(exports_define(&e, "malloc"), e.hash != NULL);
    e.hash = NULL;
    assert_false(exports_define(&e, "malloc"));
}

/* a section with addresses of the file, as musl leaves it, and tables outside the object */
static void small_sections(void **state)
{
    static struct {
        Elf64_Phdr header;
        Elf64_Sym symbols[3];
        uint32_t hash[2 + 1 + 3];
        char strings[32];
    } image = {
        .header = {.p_type = PT_LOAD, .p_memsz = sizeof(image), .p_filesz = sizeof(image)},
        .symbols = {[1] = {.st_name = 1, .st_shndx = 1}, [2] = {.st_name = 5}},
        .hash = {1, 3, 2, 0, 0, 1},
        .strings = "\0one\0two",
    };
    const struct object o = {.bias = (uint64_t)&image, .headers = &image.header, .header_count = 1};
    Elf64_Dyn dynamic[] = {
        {.d_tag = DT_SYMTAB, .d_un.d_ptr = (uint64_t)image.symbols - o.bias},
        {.d_tag = DT_STRTAB, .d_un.d_ptr = (uint64_t)image.strings - o.bias},
        {.d_tag = DT_HASH, .d_un.d_ptr = (uint64_t)image.hash - o.bias},
        {.d_tag = DT_NULL},
    };
    struct exports e = exports_read(&o, dynamic);

    (void)state;
    assert_null(e.soname);
    assert_true(exports_define(&e, "one"));
    assert_false(exports_define(&e, "two")); /* not defined here */
    assert_false(exports_define(&e, "on"));
    dynamic[0].d_un.d_ptr = sizeof(image);
    e = exports_read(&o, dynamic);
    assert_false(exports_define(&e, "one"));
    e = exports_read(&o, NULL);
    assert_false(exports_define(&e, "one"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_c_library),
        cmocka_unit_test(small_sections),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
