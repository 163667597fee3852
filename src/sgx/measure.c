/* SPDX-License-Identifier: Apache-2.0 */
#include "sgx/measure.h"

#include "crypto_bare/bytes.h"
#include "crypto_bare/mem.h"

enum {
    RECORD_SIZE = 64, /* bytes, one block of SHA-256 */
    TAG_SIZE = 8,     /* bytes: the name of the leaf, padded with zeros */
    CHUNKS = SGX_PAGE_SIZE / SGX_CHUNK_SIZE,
    SECINFO_MEASURED = 48, /* leading bytes of SECINFO that EADD measures */
};

static_assert((int)RECORD_SIZE == (int)SHA256_BLOCK_SIZE, "records stay whole blocks");
static_assert(TAG_SIZE + 8 + SECINFO_MEASURED == RECORD_SIZE, "SDM 36.4.1.2");

static void record_begin(uint8_t record[static RECORD_SIZE], const char *tag)
{
    memset(record, 0, RECORD_SIZE);
    memcpy(record, tag, TAG_SIZE);
}

void sgx_measure_create(struct sgx_measure *m, uint32_t ssa_frame_size, uint64_t size)
{
    uint8_t record[RECORD_SIZE];

    record_begin(record, "ECREATE");
    store_u32le(record + TAG_SIZE, ssa_frame_size);
    store_u64le(record + TAG_SIZE + 4, size);
    sha256_init(&m->sha);
    sha256_update(&m->sha, record, RECORD_SIZE);
}

void sgx_measure_add(struct sgx_measure *m, uint64_t offset, struct sgx_secinfo secinfo)
{
    uint8_t record[RECORD_SIZE];

    record_begin(record, "EADD\0\0\0");
    store_u64le(record + TAG_SIZE, offset);
    store_u64le(record + TAG_SIZE + 8, sgx_secinfo_flags(secinfo));
    sha256_update(&m->sha, record, RECORD_SIZE);
}

static void record_extend(uint8_t record[static RECORD_SIZE], uint64_t offset)
{
    record_begin(record, "EEXTEND");
    store_u64le(record + TAG_SIZE, offset);
}

void sgx_measure_extend(struct sgx_measure *m, uint64_t offset,
                        const uint8_t chunk[static SGX_CHUNK_SIZE])
{
    uint8_t record[RECORD_SIZE];

    record_extend(record, offset);
    sha256_update(&m->sha, record, RECORD_SIZE);
    sha256_update(&m->sha, chunk, SGX_CHUNK_SIZE);
}

void sgx_measure_extend_page(struct sgx_measure *m, uint64_t offset,
                             const uint8_t page[static SGX_PAGE_SIZE])
{
    uint8_t records[CHUNKS][RECORD_SIZE];
    struct sha256_piece pieces[2 * CHUNKS];

    for (size_t i = 0; i < CHUNKS; i++) {
        record_extend(records[i], offset + i * SGX_CHUNK_SIZE);
        pieces[2 * i] = (struct sha256_piece){records[i], 1};
        pieces[2 * i + 1] =
            (struct sha256_piece){page + i * SGX_CHUNK_SIZE, SGX_CHUNK_SIZE / SHA256_BLOCK_SIZE};
    }
    sha256_update_pieces(&m->sha, pieces, 2 * CHUNKS);
}

void sgx_measure_final(struct sgx_measure *m, uint8_t ret_mrenclave[static SGX_HASH_SIZE])
{
    sha256_final(&m->sha, ret_mrenclave);
}
