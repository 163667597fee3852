/* SPDX-License-Identifier: Apache-2.0 */
#include "emulator/process/setup.h"

#include <linux/auxvec.h>
#include <stdatomic.h>

#include "emulator/process/auxv.h"
#include "emulator/cpu/cpuid.h"
#include "emulator/cpu/enclu.h"
#include "emulator/cpu/fast.h"
#include "emulator/cpu/machine.h"
#include "emulator/enclave/epc_client.h"
#include "emulator/strings.h"
#include "emulator/image/libc_next.h"
#include "emulator/cpu/patch.h"
#include "emulator/process/secret_file.h"
#include "emulator/process/process.h"
#include "emulator/sys.h"
#include "emulator/process/thread.h"
#include "emulator/process/vdso_image.h"
#include "emulator/cpu/xsave.h"
#include "crypto_bare/mem.h"
#include "software/environment.h"

/* glibc exports the first, musl the second */
extern int __register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void),
                             void *object) __attribute__((weak));
extern int pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
    __attribute__((weak));

static enum patch_tier tier_parse(const char *text)
{
    if (text && string_equals(text, "sigill"))
        return PATCH_SIGILL;
    if (text && string_equals(text, "call"))
        return PATCH_CALL;
    return PATCH_TRAP;
}

static void parts_setup(void)
{
    struct sgx_platform platform;
    uint64_t image;

    if (!auxv_setup())
        return;
    libc_next_setup();
    if (!machine_has_fsgsbase(auxv_get(AT_HWCAP2)) || thread_setup() < 0)
        return; /* the program runs as it does on a machine without SGX */
    xsave_setup();
    patch_tier = tier_parse(auxv_environment(SOFTWARE_ENV_TIER));
    if (secret_file_read(auxv_environment(SOFTWARE_ENV_SECRET), &platform))
        enclu_set_platform(&platform);
    epc_client_setup();
    if (patch_tier != PATCH_SIGILL)
        fast_setup(patch_tier == PATCH_CALL);
    signals_setup();
    image = vdso_image_build(auxv_get(AT_SYSINFO_EHDR));
    if (image)
        auxv_set(AT_SYSINFO_EHDR, image);
    cpuid_setup();
}

void setup_once(void)
{
    static _Atomic int begun;

    if (!atomic_load_explicit(&begun, memory_order_relaxed) && !atomic_exchange(&begun, 1))
        parts_setup();
}

/* The thread that forked calls the library before it can have a vfork child. A fork by a raw system
 * call is noticed later, at the first call or signal. */
static void child_begin(void)
{
    (void)thread_find();
}

__attribute__((constructor)) static void library_begin(void)
{
    setup_once();
    if (process_is_borrowed())
        return;
    if (__register_atfork)
        (void)__register_atfork(NULL, NULL, child_begin, NULL);
    else if (pthread_atfork)
        (void)pthread_atfork(NULL, NULL, child_begin);
}
