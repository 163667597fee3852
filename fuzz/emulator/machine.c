/* SPDX-License-Identifier: Apache-2.0 */
#include "machine.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <ucontext.h>
#include <unistd.h>

#include "emulator/process/auxv.h"
#include "emulator/cpu/enclu.h"
#include "emulator/enclave/epc_client.h"
#include "emulator/process/process.h"
#include "emulator/process/setup.h"
#include "emulator/signal/entry.h"
#include "epc/server.h"
#include "software/environment.h"
#include "sgx/tcs.h"

enum {
    EPC_SIZE = 160 * 4096, /* bytes of NODE_REFUSE */
    FD_END = 1100,         /* the emulator's descriptors are below */
};

enum node {
    NODE_REFUSE, /* a small EPC that is not paged */
    NODE_PAGE,
    NODE_NONE, /* without a ledger */
    NODES,
};

static struct epc_server *servers[NODE_NONE];
static struct loop *loop;
static char directory[] = "/tmp/coffer-fuzz-XXXXXX";
static char paths[NODES][64];
static enum node node;
static const char *limit;
static struct sigaction inherited[2]; /* of SIGSEGV, SIGBUS */

/* -- these stand for the process that the emulator is loaded into -- */

void setup_once(void)
{
}

const char *auxv_environment(const char *name)
{
    if (strcmp(name, SOFTWARE_ENV_LEDGER) == 0)
        return paths[node];
    return strcmp(name, SOFTWARE_ENV_LIMIT) == 0 ? limit : NULL;
}

uint64_t auxv_get(uint64_t type)
{
    (void)type;
    return 0;
}

long auxv_open(void)
{
    return -1;
}

static void on_fault(int signo, siginfo_t *info, void *context)
{
    greg_t *rip = &((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
    const struct sigaction *next = &inherited[signo == SIGBUS];

    if (*rip == (greg_t)copy_user_fault)
        *rip = (greg_t)copy_user_failed;
    else if (next->sa_flags & SA_SIGINFO)
        next->sa_sigaction(signo, info, context);
    else
        signal(signo, SIG_DFL);
}

/* -- once a process -- */

static void *serve(void *unused)
{
    while (loop_step(loop, true, NULL) == 0)
        ;
    return unused;
}

static void remove_directory(void)
{
    for (int i = 0; i < NODE_NONE; i++)
        unlink(paths[i]);
    rmdir(directory);
}

static void ledgers_prepare(void)
{
    pthread_t thread;

    if (!mkdtemp(directory) || loop_new(&loop, NULL) < 0)
        abort();
    atexit(remove_directory);
    for (int i = 0; i < NODES; i++)
        snprintf(paths[i], sizeof(paths[i]), "%s/%d.sock", directory, i);
    if (epc_server_new(loop, paths[NODE_REFUSE], EPC_SIZE, EPC_REFUSE, &servers[NODE_REFUSE],
                       NULL) < 0 ||
        epc_server_new(loop, paths[NODE_PAGE], EPC_SIZE, EPC_PAGE, &servers[NODE_PAGE], NULL) < 0 ||
        pthread_create(&thread, NULL, serve, NULL) != 0)
        abort();
}

/* One file is mapped three times: writable, readable, without rights. Nothing is mapped after
 * each. */
static void memory_prepare(void)
{
    static const int rights[] = {PROT_READ | PROT_WRITE, PROT_READ, PROT_NONE};
    size_t size = (MACHINE_OBJECTS + MACHINE_SOURCES) * (size_t)MACHINE_OBJECT_SIZE;
    int fd = memfd_create("machine", MFD_CLOEXEC);

    if (fd < 0 || ftruncate(fd, (off_t)size) < 0)
        abort();
    for (size_t i = 0; i < sizeof(rights) / sizeof(rights[0]); i++)
        if (mmap((void *)(MACHINE_MEMORY + i * MACHINE_VIEW_SIZE), size, rights[i],
                 MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0) == MAP_FAILED)
            abort();
    close(fd);
}

static void tcs_fill(void)
{
    for (unsigned i = MACHINE_TCS; i < MACHINE_NUMBERS; i++) {
        const struct sgx_tcs tcs = {.ossa = (i - MACHINE_TCS) * 4096, .nssa = 2, .oentry = 4096};

        sgx_tcs_render(&tcs, machine_source(i));
    }
}

static void sources_fill(void)
{
    for (unsigned i = MACHINE_PATTERN; i < MACHINE_ZEROS; i++)
        memset(machine_source(i), (int)i + 1, MACHINE_OBJECT_SIZE);
    for (unsigned i = MACHINE_NUMBERS; i < MACHINE_SOURCES; i++)
        for (unsigned at = 0; at < MACHINE_OBJECT_SIZE; at++)
            machine_source(i)[at] = (uint8_t)(at * i);
}

static void prepare(void)
{
    static const struct sgx_platform secret = {.fuse = {1}};
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};

    ledgers_prepare();
    memory_prepare();
    sources_fill();
    enclu_set_platform(&secret);
    if (process_setup() < 0)
        abort();
    if (sigaction(SIGSEGV, &action, &inherited[0]) < 0 ||
        sigaction(SIGBUS, &action, &inherited[1]) < 0 || process_setup() < 0)
        abort();
}

void machine_begin(uint8_t mode)
{
    static const char *const limits[] = {NULL, "65536", "200000", "18446744073709551615"};
    static bool is_ready;

    if (!is_ready)
        prepare();
    is_ready = true;
    node = (enum node)(mode % NODES);
    limit = limits[mode / NODES % 4];
    memset(machine_object(0), 0, MACHINE_OBJECTS * (size_t)MACHINE_OBJECT_SIZE);
    tcs_fill();
    epc_client_setup();
}

void machine_end(void)
{
    machine_ledger_lose();
}

uint8_t *machine_object(unsigned index)
{
    return (uint8_t *)MACHINE_MEMORY + (size_t)index * MACHINE_OBJECT_SIZE;
}

uint8_t *machine_source(unsigned index)
{
    return machine_object(MACHINE_OBJECTS + index);
}

uint64_t machine_pointer(uint8_t kind, const void *valid)
{
    uint64_t p = (uint64_t)valid;

    switch (kind % 16) {
    case 6:
        return MACHINE_ARENA + (p & 0xfff);
    case 7:
        return p + MACHINE_VIEW_SIZE; /* readable */
    case 8:
        return p + 2 * MACHINE_VIEW_SIZE; /* no rights */
    case 9:
        return p + 3 * MACHINE_VIEW_SIZE; /* not mapped */
    case 10:
        return p + 1;
    case 11: /* the structure ends after the mapping */
        return (uint64_t)machine_source(MACHINE_SOURCES) - 7;
    case 12:
        return 0;
    case 13:
        return p | UINT64_C(1) << 63;
    case 14:
        return UINT64_MAX - 4095;
    case 15:
        return UINT64_MAX;
    default:
        return p;
    }
}

int machine_ledger_fd(void)
{
    for (int fd = 0; fd < FD_END; fd++)
        if (epc_client_is_own(fd))
            return fd;
    return -1;
}

void machine_ledger_lose(void)
{
    int fd = machine_ledger_fd();
    char nothing;

    if (fd < 0 || node == NODE_NONE)
        return;
    shutdown(fd, SHUT_WR);
    while (recv(fd, &nothing, 1, 0) > 0) /* until the server has closed its end */
        ;
}

bool machine_charged(uint64_t *ret_pages)
{
    if (node == NODE_NONE || epc_server_client_count(servers[node]) != 1)
        return false;
    *ret_pages = epc_server_ledger(servers[node])->charged;
    return true;
}
