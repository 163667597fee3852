/* SPDX-License-Identifier: Apache-2.0 */
#include "program.h"

#include <errno.h>
#include <fcntl.h>

#include "base/macros.h"
#include "checks.h"
#include "emulator/process/open_files.h"
#include "machine.h"

int program_fd(const struct program *p, const struct operation *o)
{
    return p->fds[o->handle % HANDLES];
}

struct enclave *program_enclave(const struct program *p, const struct operation *o)
{
    return open_files_enclave(program_fd(p, o));
}

void program_release(struct program *p, int fd)
{
    checks_errno(emulated_close(fd), (const int[]){EBADF, 0});
    for (size_t i = 0; i < HANDLES; i++)
        if (p->fds[i] == fd)
            p->fds[i] = -1;
}

static void keep(struct program *p, const struct operation *o, int fd)
{
    int *slot = &p->fds[o->handle % HANDLES];

    if (fd < 0 || *slot == fd)
        return;
    program_release(p, *slot);
    *slot = fd;
}

void run_open(struct program *p, const struct operation *o)
{
    static const char *const names[] = {"/dev/sgx_enclave", "/dev/sgx/enclave",
                                        "/dev/sgx_provision", "/dev/sgx/provision"};
    int fd = emulated_open(names[o->a % 4], o->b & 1 ? O_RDWR | O_CLOEXEC : O_RDWR | O_NONBLOCK, 0);

    checks_errno(fd, (const int[]){ENOMEM, EMFILE, 0});
    keep(p, o, fd);
}

void run_close(struct program *p, const struct operation *o)
{
    int fd = program_fd(p, o), own = machine_ledger_fd();
    const struct enclave *e = program_enclave(p, o);

    if (o->a == 1 && own >= 0)
        assert(emulated_close(own) == -1 && errno == EBADF);
    else if (o->a == 2 && e)
        assert(emulated_close(e->memory_fd) == -1 && errno == EBADF);
    else if (o->a == 3)
        (void)emulated_close_range(HANDLE_FLOOR + o->b,
                                   o->c & 1 ? UINT32_MAX : HANDLE_FLOOR + 0U + o->b,
                                   o->d & 1 ? 4 /* CLOSE_RANGE_CLOEXEC */ : 0);
    else
        program_release(p, fd);
}

void run_duplicate(struct program *p, const struct operation *o)
{
    int fd = program_fd(p, o), to = HANDLE_FLOOR + o->b % HANDLE_SPAN, made;
    const struct operation at = {.handle = o->c};

    switch (o->a % 6) {
    case 0:
        made = emulated_dup(fd);
        break;
    case 1:
        made = emulated_dup2(fd, to);
        break;
    case 2:
        made = emulated_dup3(fd, to, o->d & 1 ? O_CLOEXEC : 0);
        break;
    case 3:
        made = emulated_fcntl(fd, F_DUPFD, to);
        break;
    case 4:
        made = emulated_fcntl(fd, F_DUPFD_CLOEXEC, o->b);
        break;
    default:
        made = emulated_dup2(fd, machine_ledger_fd());
        assert(made < 0);
        break;
    }
    checks_errno(made, (const int[]){EBADF, EINVAL, 0});
    keep(p, &at, made);
}
