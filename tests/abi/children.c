/* SPDX-License-Identifier: Apache-2.0 */
#include "tests.h"

#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>

void a_child_has_the_enclave_too(struct abi *a)
{
    pid_t pid;
    int status;

    expect_exit(ENTER(a, ABI_NOTHING));
    pid = fork();
    if (pid == 0) {
        poke(a, ABI_DATA + 64, 0x77);
        expect_fault(ENTER(a, ABI_SYSCALL), SGX_ERESUME, 6, 0, 0);
        expect_error((long)mmap(a->base + ABI_DATA, PAGE, PROT_READ, MAP_PRIVATE, a->fd, 0),
                     EINVAL);
        expect_equal(mprotect(a->base + ABI_DATA, PAGE, PROT_READ), 0); /* in the child only */
        expect_equal(munmap(a->base + ABI_CODE, PAGE), 0);
        _exit(0);
    }
    expect_equal(waitpid(pid, &status, 0), pid);
    expect_equal(status, 0);
    expect_exit(
        enter_as(a, 1, SGX_EENTER, (uint64_t[6]){ABI_STORE, (uint64_t)a->base + ABI_DATA + 72, 1}));
    expect_equal(*(volatile uint64_t *)(a->base + ABI_DATA + 64), 0x77);
    expect_fault(RESUME(a, 0), SGX_ERESUME, 6, 0, 0); /* the child shares thread 0 */
}

void children_by_vfork_and_spawn(struct abi *a)
{
    char name[] = "true";
    char *const arguments[] = {name, NULL};
    int status;
    pid_t pid;

    for (int i = 0; i < 3; i++) {
        expect_exit(ENTER(a, ABI_NOTHING));
        expect_equal(posix_spawnp(&pid, name, NULL, NULL, arguments, environ), 0);
        expect_equal(waitpid(pid, &status, 0), pid);
        expect_equal(status, 0);
        expect_fault(ENTER(a, ABI_SYSCALL), SGX_ERESUME, 6, 0, 0);
        pid = vfork();
        if (pid == 0)
            _exit(0);
        expect_equal(waitpid(pid, &status, 0), pid);
        expect_equal(status, 0);
        expect_equal(handle(a, 2), 0x80000306);
        expect_exit(RESUME(a, 0));
    }
}
