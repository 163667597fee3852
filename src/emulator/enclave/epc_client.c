/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client of the EPC ledger.
 *
 * The ledger sees a process as a connection. When the connection ends, all that the process was
 * granted is returned, so a process that dies owes nothing. When the server was restarted, the next
 * request makes a new connection, and its greeting says how many pages this process holds. When no
 * server answers, nothing is counted but the limit of the environment.
 *
 * The child of a fork shares the enclaves of its parent, and their pages stay the parent's. The
 * child opens a connection of its own with its first request. It keeps the inherited one open, so
 * that the parent's pages stay charged as long as either process has them mapped, and returns only
 * pages that it was granted itself.
 *
 * Loaders add a page at a time, and a request costs two system calls and a switch to the server. So
 * up to AHEAD_MAX pages more are asked for, and those that are left are returned when the enclave
 * is complete.
 */
#include "emulator/enclave/epc_client.h"

#include <linux/un.h>
#include <stdatomic.h>

#include "emulator/process/auxv.h"
#include "emulator/strings.h"
#include "emulator/sys.h"
#include "crypto_bare/bytes.h"
#include "crypto_bare/mem.h"
#include "epc/protocol.h"
#include "platform/platform.h"
#include "software/environment.h"

enum {
    AHEAD_MAX = 32, /* pages asked for in advance */
    SOCKET_UNIX = 1,
    SOCKET_SEQPACKET = 5,
    SOCKET_CLOEXEC = 02000000,
    SEND_NOSIGNAL = 0x4000,
};

static struct sockaddr_un server;
static char group[EPC_GROUP_SIZE];
static uint64_t limit; /* pages, 0: none */

static _Atomic int connection = -1;
static struct fd_identity connected; /* the socket of the connection */
static uint64_t held;                /* pages granted to this process */
static uint64_t ahead;               /* of them, not used by an enclave yet */
static uint32_t *same_process;       /* a word that is 0 in the child of a fork */

void epc_client_setup(void)
{
    const char *path = auxv_environment(SOFTWARE_ENV_LEDGER);
    const char *bytes = auxv_environment(SOFTWARE_ENV_LIMIT);
    const char *name = auxv_environment(SOFTWARE_ENV_GROUP);
    uint64_t value = 0;

    server.sun_family = SOCKET_UNIX;
    string_copy(server.sun_path, sizeof(server.sun_path),
                path ? path : PLATFORM_CONTAINER_RUN "/ledger.sock");
    if (name)
        string_copy(group, sizeof(group), name);
    if (bytes)
        (void)string_decimal(bytes, &value);
    limit = value / SGX_PAGE_SIZE;
    if (!same_process)
        same_process = sys_map_wiped(SGX_PAGE_SIZE);
    if (same_process)
        *same_process = 1;
}

/* In the child of a fork: nothing was granted to this process yet. */
static void fork_notice(void)
{
    if (!same_process || *same_process)
        return;
    *same_process = 1;
    connection = -1;
    held = ahead = 0;
    for (struct enclave *e = enclave_next(NULL); e; e = enclave_next(e))
        e->charged = 0;
}

bool epc_client_is_own(int fd)
{
    return fd >= 0 && fd == atomic_load(&connection) && fd_identity_matches(&connected, fd);
}

/* Return: false when the connection has ended. @ret_granted may be NULL. */
static bool request_once(uint32_t operation, uint64_t pages, uint64_t *ret_granted)
{
    uint8_t packet[EPC_REQUEST_SIZE] = {0}, answer[EPC_ANSWER_SIZE];
    long r;

    store_u32le(packet, EPC_MAGIC);
    store_u32le(packet + 4, operation);
    store_u64le(packet + 8, pages);
    if (operation == EPC_HELLO) {
        store_u64le(packet + 16, limit);
        memcpy(packet + 24, group, sizeof(group));
    }
    do {
        r = sys_call6(__NR_sendto, connection, (long)packet, sizeof(packet), SEND_NOSIGNAL, 0, 0);
    } while (r == -EINTR);
    if (r != (long)sizeof(packet))
        return false;
    do {
        r = sys_call6(__NR_recvfrom, connection, (long)answer, sizeof(answer), 0, 0, 0);
    } while (r == -EINTR);
    if (r != (long)sizeof(answer) || load_u32le(answer) != EPC_MAGIC)
        return false;
    if (ret_granted)
        *ret_granted = load_u64le(answer + 8);
    return true;
}

static void connection_close(void)
{
    if (epc_client_is_own(connection))
        (void)sys_close(connection);
    connection = -1;
}

static bool connection_open(void)
{
    long fd = sys_call3(__NR_socket, SOCKET_UNIX, SOCKET_SEQPACKET | SOCKET_CLOEXEC, 0);
    int own;

    if (fd < 0)
        return false;
    own = (int)sys_dup_high((int)fd);
    (void)sys_close((int)fd);
    if (own < 0)
        return false;
    connection = own;
    if (fd_identity_read(own, &connected) &&
        sys_call3(__NR_connect, own, (long)&server, sizeof(server)) == 0 &&
        request_once(EPC_HELLO, held, NULL))
        return true;
    connection_close();
    return false;
}

/* Ask, and once more on a new connection, because the server may have been restarted. */
static bool request(uint32_t operation, uint64_t pages, uint64_t *ret_granted)
{
    if (epc_client_is_own(connection) && request_once(operation, pages, ret_granted))
        return true;
    connection_close();
    return connection_open() && request_once(operation, pages, ret_granted);
}

uint64_t epc_client_capacity(void)
{
    uint64_t mask, pages;

    enclave_lock(&mask);
    fork_notice();
    if (!request(EPC_CAPACITY, 0, &pages))
        pages = PLATFORM_SOFTWARE_EPC_DEFAULT / SGX_PAGE_SIZE;
    enclave_unlock(&mask);
    return pages * SGX_PAGE_SIZE;
}

static uint64_t pages_take(uint64_t pages)
{
    uint64_t wanted, granted = 0;

    if (ahead < pages) {
        wanted = pages - ahead + (pages < AHEAD_MAX ? AHEAD_MAX : 0);
        if (!request(EPC_CHARGE, wanted, &granted)) {
            granted = wanted; /* no ledger: only the limit of the environment counts */
            if (limit)
                granted = limit > held ? limit - held : 0;
            granted = granted < wanted ? granted : wanted;
        }
        held += granted;
        ahead += granted;
    }
    pages = pages < ahead ? pages : ahead;
    ahead -= pages;
    return pages;
}

static void ahead_return(void)
{
    uint64_t pages = ahead;

    if (pages == 0)
        return;
    if (request(EPC_RETURN, pages, NULL) || held >= pages)
        held -= pages < held ? pages : held;
    ahead = 0;
}

uint64_t epc_client_charge(struct enclave *e, uint64_t pages)
{
    uint64_t mask, granted;

    enclave_lock(&mask);
    fork_notice();
    granted = pages_take(pages);
    e->charged += granted; /* under the lock: several threads may touch new pages */
    enclave_unlock(&mask);
    return granted;
}

void epc_client_trim(struct enclave *e)
{
    uint64_t mask;

    (void)e;
    enclave_lock(&mask);
    fork_notice();
    ahead_return();
    enclave_unlock(&mask);
}

void epc_client_return(struct enclave *e, uint64_t pages)
{
    uint64_t mask;

    if (pages == 0)
        return;
    enclave_lock(&mask);
    fork_notice();
    pages = pages < e->charged ? pages : e->charged;
    e->charged -= pages;
    ahead += pages;
    if (ahead > AHEAD_MAX)
        ahead_return();
    enclave_unlock(&mask);
}

void epc_client_released(struct enclave *e)
{
    fork_notice();
    ahead += e->charged;
    ahead_return();
}
