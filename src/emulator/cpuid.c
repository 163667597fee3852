#include "emulator/cpuid.h"
bool cpuid_emulate(const struct kernel_siginfo *info, struct kernel_context *uc)
{
    (void)info;
    (void)uc;
    return false;
}
