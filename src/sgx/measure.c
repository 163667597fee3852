#include "sgx/measure.h"

#include "freestanding/bytes.h"
#include "freestanding/mem.h"

enum {
    RECORD_SIZE = 64,      /* bytes, one block of SHA-256 */
    TAG_SIZE = 8,          /* bytes, the leaf's name padded with zeros */
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

void sgx_measure_extend(struct sgx_measure *m, uint64_t offset,
                        const uint8_t chunk[static SGX_CHUNK_SIZE])
{
    uint8_t record[RECORD_SIZE];

    record_begin(record, "EEXTEND");
    store_u64le(record + TAG_SIZE, offset);
    sha256_update(&m->sha, record, RECORD_SIZE);
    sha256_update(&m->sha, chunk, SGX_CHUNK_SIZE);
}

void sgx_measure_extend_page(struct sgx_measure *m, uint64_t offset,
                             const uint8_t page[static SGX_PAGE_SIZE])
{
    for (uint64_t at = 0; at < SGX_PAGE_SIZE; at += SGX_CHUNK_SIZE)
        sgx_measure_extend(m, offset + at, page + at);
}

void sgx_measure_final(struct sgx_measure *m, uint8_t ret_mrenclave[static SGX_HASH_SIZE])
{
    sha256_final(&m->sha, ret_mrenclave);
}
