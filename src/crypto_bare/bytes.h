/* SPDX-License-Identifier: Apache-2.0 */
/* crypto_bare/bytes.h: little- and big-endian fields at any address, without a C library. */
#ifndef COFFER_CRYPTO_BARE_BYTES_H
#define COFFER_CRYPTO_BARE_BYTES_H

#include <stddef.h>
#include <stdint.h>

static inline uint16_t load_u16le(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t load_u32le(const uint8_t *p)
{
    return (uint32_t)load_u16le(p) | (uint32_t)load_u16le(p + 2) << 16;
}

static inline uint64_t load_u64le(const uint8_t *p)
{
    return (uint64_t)load_u32le(p) | (uint64_t)load_u32le(p + 4) << 32;
}

static inline uint32_t load_u32be(const uint8_t *p)
{
    return __builtin_bswap32(load_u32le(p));
}

static inline uint64_t load_u64be(const uint8_t *p)
{
    return __builtin_bswap64(load_u64le(p));
}

static inline void store_u16le(uint8_t *p, uint16_t value)
{
    p[0] = (uint8_t)value;
    p[1] = (uint8_t)(value >> 8);
}

static inline void store_u32le(uint8_t *p, uint32_t value)
{
    store_u16le(p, (uint16_t)value);
    store_u16le(p + 2, (uint16_t)(value >> 16));
}

static inline void store_u64le(uint8_t *p, uint64_t value)
{
    store_u32le(p, (uint32_t)value);
    store_u32le(p + 4, (uint32_t)(value >> 32));
}

static inline void store_u32be(uint8_t *p, uint32_t value)
{
    store_u32le(p, __builtin_bswap32(value));
}

static inline void store_u64be(uint8_t *p, uint64_t value)
{
    store_u64le(p, __builtin_bswap64(value));
}

#endif
