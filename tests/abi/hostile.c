/* SPDX-License-Identifier: Apache-2.0 */
/* Hostile arguments must not crash the program, whatever errno is. fuzz/sgx_ioctl.c goes deeper. */
#include "tests.h"

#include <fcntl.h>
#include <sys/ioctl.h>

static uint64_t random_next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

void hostile_ioctls(struct abi *a)
{
    uint64_t seed = 88172645463325252, words[8];
    const uint64_t values[] = {0,
                               1,
                               PAGE,
                               2 * PAGE,
                               ABI_DATA,
                               ABI_SIZE,
                               UINT64_MAX,
                               UINT64_MAX - PAGE + 1,
                               (uint64_t)words,
                               (uint64_t)a->base,
                               (uint64_t)a->base + ABI_ABSENT,
                               1ULL << 63};

    for (int i = 0; i < 20000; i++) {
        unsigned long command = 0xa400 | random_next(&seed) % 9;
        static const unsigned sizes[] = {0x40080000, 0xc0300000, 0x40080000, 0x40080000, 0,
                                         0xc0280000, 0xc0280000, 0xc0180000, 0};

        for (size_t k = 0; k < 8; k++)
            words[k] = values[random_next(&seed) % (sizeof(values) / sizeof(values[0]))];
        command |= sizes[command & 15];
        (void)ioctl(i % 2 ? a->fd : open("/dev/sgx_enclave", O_RDWR), command,
                    i % 7 ? (void *)words : (void *)values[(unsigned)i % 12]);
        if (i % 64 == 0)
            for (int fd = a->fd + 1; fd < a->fd + 64; fd++)
                close(fd);
    }
}
