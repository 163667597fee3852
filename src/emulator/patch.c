#include "emulator/patch.h"

#include <stdatomic.h>

#include "emulator/enclave.h"
#include "emulator/fast.h"
#include "emulator/sys.h"
#include "freestanding/mem.h"

enum {
    SITES_MAX = 4096, /* a site that finds no room stays SIGILL */
    PROBES_MAX = 16,
    BYTE_INT3 = 0xcc,
};

enum patch_tier patch_tier = PATCH_TRAP;

static _Atomic uint64_t sites[SITES_MAX];

static size_t site_hash(uint64_t rip)
{
    return (size_t)((rip * UINT64_C(0x9e3779b97f4a7c15)) >> 52);
}

static bool site_insert(uint64_t rip)
{
    for (size_t i = 0; i < PROBES_MAX; i++) {
        _Atomic uint64_t *slot = &sites[(site_hash(rip) + i) % SITES_MAX];
        uint64_t found = 0;

        if (atomic_compare_exchange_strong(slot, &found, rip) || found == rip)
            return true;
    }
    return false;
}

bool patch_is_site(uint64_t rip)
{
    for (size_t i = 0; i < PROBES_MAX; i++)
        if (atomic_load(&sites[(site_hash(rip) + i) % SITES_MAX]) == rip)
            return true;
    return false;
}

void patch_forget(uint64_t address, uint64_t size)
{
    for (size_t i = 0; i < SITES_MAX; i++)
        if (atomic_load(&sites[i]) - address < size)
            atomic_store(&sites[i], 0);
}

int patch_write(uint64_t address, const void *bytes, uint64_t size)
{
    long fd = sys_openat("/proc/self/mem", O_WRONLY | O_CLOEXEC), r;

    if (fd < 0)
        return (int)fd;
    r = sys_pwrite((int)fd, bytes, size, address);
    (void)sys_close((int)fd);
    return r == (long)size ? 0 : -EIO;
}

/* MOV $4, %EAX right before says that the site is an EEXIT and nothing else; only there may a call
 * clobber the bytes below RSP. */
static void enclave_site_write(struct enclave *e, uint64_t rip)
{
    static const uint8_t loads_eexit[] = {0xb8, 4, 0, 0, 0};
    volatile uint8_t *bytes = enclave_byte(e, rip);

    bytes[0] = BYTE_INT3;
    if (patch_tier == PATCH_CALL && rip - e->base >= sizeof(loads_eexit) &&
        memcmp(enclave_byte(e, rip) - sizeof(loads_eexit), loads_eexit, sizeof(loads_eexit)) == 0)
        fast_patch(bytes);
}

void patch_site(struct enclave *e, uint64_t rip)
{
    const uint8_t trap = BYTE_INT3;

    if (patch_tier == PATCH_SIGILL || !site_insert(rip))
        return;
    if (!e)
        (void)patch_write(rip, &trap, 1);
    else if (rip - e->base < e->size)
        enclave_site_write(e, rip);
}
