/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a program learns from CPUID that there is SGX.
 *
 * Runtimes ask CPUID before they look for a device, and on this machine the processor's answer is
 * "no SGX". There are two ways to answer in its place.
 *
 * Where the processor can make CPUID fault (ARCH_SET_CPUID, on most Intel processors), every CPUID
 * of the process raises #GP. The handler executes the real one with faulting off, changes the bits
 * that concern SGX (sgx/cpuid.h) and continues after the instruction. Inside an enclave the same
 * fault is #UD.
 *
 * Elsewhere CPUID instructions are found in the code and become breakpoints. Two bytes 0F A2 are an
 * instruction only where decoding arrives at them, and a wrong patch would break the program. So
 * they are patched only when they are in a function with known bounds (image/object.h) and decoding
 * that function from its beginning (x86_length.h) arrives at them. INT3 and NOP take the place of
 * the two bytes, so the code stays readable and RIP is right without correction.
 *
 * Only code that is known to ask is patched: the program itself, the libraries in @known, and those
 * that the user names in the environment. Libraries that are loaded later are found at the dynamic
 * linker's breakpoint for debuggers (image/loader.h), and a library that was unloaded is forgotten.
 */
#include "emulator/cpu/cpuid.h"

#include "emulator/process/auxv.h"
#include "emulator/enclave/epc_client.h"
#include "emulator/strings.h"
#include "emulator/image/exports.h"
#include "emulator/image/loader.h"
#include "emulator/cpu/machine.h"
#include "emulator/cpu/patch.h"
#include "emulator/signal/dispositions.h"
#include "emulator/sys.h"
#include "emulator/cpu/x86_length.h"
#include "crypto_bare/mem.h"
#include "software/environment.h"
#include "sgx/cpuid.h"

enum {
    OBJECTS_MAX = 64,   /* loaded objects that were patched */
    LOADED_MAX = 16384, /* entries of the linker's list that are read */
    CPUID_SIZE = 2,     /* bytes */
    NOP_SIZE = 1,
};

/* A library is wanted by its file's name or its SONAME, without ".so" and what follows: Intel's,
 * which all begin alike, and Occlum's PAL. Renamed and repackaged ones are known by a function that
 * such a library defines and no other. */
static const char known[] = "libsgx_,libocclum-pal";
static const char *const functions[] = {
    "sgx_create_enclave", /* Intel's uRTS */
    "enclave_create",     /* Intel's common loader */
    "sgx_is_capable",     /* Intel's libsgx_capable */
    "sgx_cap_get_status", /* the same */
    "sgx_qe_get_quote",   /* Intel's quoting library */
    "oe_create_enclave",  /* Open Enclave's host, EGo's */
    "occlum_pal_init",    /* Occlum */
};

static bool is_faulting;
static const char *named; /* the user's list of names, in the same form */
static struct code_range patched[OBJECTS_MAX];

/* -- which instructions -- */

static bool is_cpuid(const uint8_t *bytes)
{
    return bytes[0] == 0x0f && bytes[1] == 0xa2;
}

static bool is_instruction(struct code_range function, uint64_t address)
{
    uint64_t at = function.start;

    while (at < address) {
        size_t length = x86_length((const uint8_t *)at, function.end - at);

        if (length == 0)
            return false;
        at += length;
    }
    return at == address;
}

static void code_patch(const struct object *o, struct code_range code)
{
    for (uint64_t at = code.start; at + CPUID_SIZE <= code.end; at++) {
        const uint8_t *bytes = (const uint8_t *)at;
        struct code_range function;

        if (is_cpuid(bytes) && object_function(o, at, &function) && is_instruction(function, at))
            patch_place(PATCH_CPUID, at);
    }
}

static void object_patch(const struct object *o)
{
    for (const Elf64_Phdr *p = object_header(o, PT_LOAD, NULL); p;
         p = object_header(o, PT_LOAD, p)) {
        uint64_t start = o->bias + p->p_vaddr;

        if (p->p_flags & PF_X && p->p_flags & PF_R)
            code_patch(o, (struct code_range){.start = start, .end = start + p->p_filesz});
    }
}

/* -- of which objects -- */

static const char *file_name(const char *path)
{
    const char *name = path;

    for (; *path; path++)
        if (*path == '/')
            name = path + 1;
    return name;
}

/* Is @word, which ends at a comma or with its text, the whole name or the part of it before ".so"?
 * One that ends with an underscore is the beginning of names. */
static bool word_names(const char *word, const char *name)
{
    const char *first = word;

    for (; *word && *word != ','; word++, name++)
        if (*word != *name)
            return false;
    if (word > first && word[-1] == '_')
        return true;
    return !*name || (name[0] == '.' && name[1] == 's' && name[2] == 'o');
}

static bool is_listed(const char *list, const char *name)
{
    while (*list) {
        if (*list != ',' && word_names(list, name))
            return true;
        while (*list && *list != ',')
            list++;
        list += *list == ',';
    }
    return false;
}

static bool is_runtime(const struct loaded *l)
{
    struct object o;
    struct exports e;

    if (!loader_object(l, &o))
        return false;
    e = exports_read(&o, l->dynamic);
    if (e.soname && is_listed(known, e.soname))
        return true;
    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
        if (exports_define(&e, functions[i]))
            return true;
    return false;
}

static bool is_wanted(const struct loaded *l)
{
    const char *name = file_name(l->path);

    return l == loader_first() || is_listed(known, name) || is_listed(named, name) || is_runtime(l);
}

static bool is_same(struct code_range a, struct code_range b)
{
    return a.start == b.start && a.end == b.end;
}

/* Note that an object is patched. Return: false when it was before, or there is no room. */
static bool object_note(struct code_range range)
{
    struct code_range *room = NULL;

    for (size_t i = 0; i < OBJECTS_MAX; i++) {
        if (is_same(patched[i], range))
            return false;
        if (!patched[i].end)
            room = &patched[i];
    }
    if (room)
        *room = range;
    return room;
}

static bool is_loaded(struct code_range range)
{
    const struct loaded *l = loader_first();
    struct object o;

    for (size_t i = 0; l && i < LOADED_MAX; i++, l = l->next)
        if (is_wanted(l) && loader_object(l, &o) && is_same(object_range(&o), range))
            return true;
    return false;
}

static void objects_update(void)
{
    const struct loaded *l = loader_first();
    struct object o;

    for (size_t i = 0; i < OBJECTS_MAX; i++)
        if (patched[i].end && !is_loaded(patched[i])) {
            patch_forget(patched[i].start, patched[i].end - patched[i].start);
            patched[i] = (struct code_range){0};
        }
    for (size_t i = 0; l && i < LOADED_MAX; i++, l = l->next)
        if (is_wanted(l) && loader_object(l, &o) && object_note(object_range(&o)))
            object_patch(&o);
}

void cpuid_setup(void)
{
    named = auxv_environment(SOFTWARE_ENV_CPUID);
    if (!named)
        named = "";
    if (string_equals(named, SOFTWARE_CPUID_OFF))
        return;
    is_faulting = machine_fault_cpuid(true) == 0;
    if (!is_faulting && loader_setup())
        objects_update();
}

/* -- what they answer -- */

static struct cpuid_regs native_read(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid_regs r;

    if (is_faulting)
        (void)machine_fault_cpuid(false);
    r = machine_cpuid(leaf, subleaf);
    if (is_faulting)
        (void)machine_fault_cpuid(true);
    return r;
}

static void answer_write(struct kernel_regs *r)
{
    static const struct sgx_cpu cpu = SGX_CPU_SOFTWARE;
    uint32_t leaf = (uint32_t)r->rax, subleaf = (uint32_t)r->rcx;
    uint64_t epc_size = leaf == SGX_CPUID_LEAF ? epc_client_capacity() : 0;
    struct cpuid_regs regs = sgx_cpuid(&cpu, epc_size, leaf, subleaf, native_read(leaf, subleaf));

    r->rax = regs.eax;
    r->rbx = regs.ebx;
    r->rcx = regs.ecx;
    r->rdx = regs.edx;
}

static bool has_faulted(const struct kernel_siginfo *info, const struct kernel_context *uc)
{
    uint8_t bytes[CPUID_SIZE];

    return is_faulting && info->signo == SIGNAL_SEGV && uc->regs.trap == TRAP_GP &&
           signals_copy_user(bytes, (const void *)uc->regs.rip, CPUID_SIZE) == 0 &&
           bytes[0] == 0x0f && bytes[1] == 0xa2;
}

bool cpuid_take(const struct kernel_siginfo *info, struct kernel_context *uc)
{
    bool is_consistent;

    if (loader_stop_take(info, uc, &is_consistent)) {
        if (is_consistent)
            objects_update();
        return true;
    }
    if (patch_has_trapped(PATCH_CPUID, info, uc))
        uc->regs.rip += NOP_SIZE;
    else if (has_faulted(info, uc))
        uc->regs.rip += CPUID_SIZE;
    else
        return false;
    answer_write(&uc->regs);
    return true;
}

bool cpuid_is_fault(const struct kernel_siginfo *info, const struct kernel_context *uc)
{
    return has_faulted(info, uc);
}
