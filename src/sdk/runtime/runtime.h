/* SPDX-License-Identifier: Apache-2.0 */
/* sdk/runtime/runtime.h: shared by the files of the runtime, which run inside the enclave only. */
#ifndef COFFER_SDK_RUNTIME_RUNTIME_H
#define COFFER_SDK_RUNTIME_RUNTIME_H

#include "base/macros.h"
#include "coffer/sdk_enclave.h"
#include "sdk/thread.h"
#include "sgx/arch.h"

/** sdk_thread_self() - the page of this thread */
static inline struct sdk_thread *sdk_thread_self(void)
{
    struct sdk_thread *self;

    __asm__("movq %%fs:0, %0" : "=r"(self));
    return self;
}

/** sdk_heap_init() - make @size bytes of zeros at @heap the heap */
void sdk_heap_init(uint8_t *heap, size_t size);

/* entry.S */
void sdk_entry_leave_for_ocall(void);
_Noreturn void sdk_entry_leave_dead(void);

/* called by entry.S */
void sdk_enter(uint64_t why, uint64_t call, uint64_t base);
void sdk_enter_exception(uint64_t call);

/* called by the compiler */
_Noreturn void __stack_chk_fail(void);

#endif
