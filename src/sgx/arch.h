/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sgx/arch.h: constants of the architecture, with the names of the manual. Source: Intel SDM vol.
 * 3D, chapters 34 to 38.
 */
#ifndef COFFER_SGX_ARCH_H
#define COFFER_SGX_ARCH_H

/* the ENCLU instruction, for assemblers that do not know it and for code that searches it */
#define SGX_ENCLU_BYTES 0x0f, 0x01, 0xd7
#define SGX_ENCLU_SIZE  3 /* bytes */

#ifndef __ASSEMBLER__

#include <stdint.h>

enum {
    SGX_PAGE_SIZE = 4096,
    SGX_PAGE_SHIFT = 12,
    SGX_CHUNK_SIZE = 256, /* bytes that one EEXTEND measures */
    SGX_HASH_SIZE = 32,   /* MRENCLAVE, MRSIGNER */
    SGX_KEY_SIZE = 16,
    SGX_MAC_SIZE = 16,
    SGX_CPUSVN_SIZE = 16,
    SGX_ATTRIBUTES_SIZE = 16,
    SGX_KEYID_SIZE = 32,
    SGX_CONFIGID_SIZE = 64,
    SGX_PRODUCT_ID_SIZE = 16, /* ISVFAMILYID and ISVEXTPRODID */
    SGX_REPORT_DATA_SIZE = 64,

    SGX_SECS_SIZE = 4096,
    SGX_TCS_SIZE = 4096,
    SGX_SECINFO_SIZE = 64,
    SGX_SIGSTRUCT_SIZE = 1808,
    SGX_REPORT_BODY_SIZE = 384,
    SGX_REPORT_SIZE = 432,
    SGX_TARGETINFO_SIZE = 512,
    SGX_KEYREQUEST_SIZE = 512,

    SGX_SECINFO_ALIGN = 64,
    SGX_REPORT_ALIGN = 512,
    SGX_TARGETINFO_ALIGN = 512,
    SGX_REPORT_DATA_ALIGN = 128,
    SGX_KEYREQUEST_ALIGN = 512,
    SGX_KEY_ALIGN = 16,
};

/** sgx_page_down() - the start of the page that @address lies in */
static inline uint64_t sgx_page_down(uint64_t address)
{
    return address & ~(uint64_t)(SGX_PAGE_SIZE - 1);
}

/** sgx_page_up() - @size or address rounded up to whole pages; wraps to 0 in the last page */
static inline uint64_t sgx_page_up(uint64_t size)
{
    return sgx_page_down(size + SGX_PAGE_SIZE - 1);
}

/** enum sgx_status - a leaf's status in RAX; 0 is the architecture's success */
enum sgx_status {
    SGX_SUCCESS = 0,
    SGX_INVALID_SIG_STRUCT = 1,
    SGX_INVALID_ATTRIBUTE = 2,
    SGX_BLKSTATE = 3,
    SGX_INVALID_MEASUREMENT = 4,
    SGX_NOTBLOCKABLE = 5,
    SGX_PG_INVLD = 6,
    SGX_EPC_PAGE_CONFLICT = 7,
    SGX_INVALID_SIGNATURE = 8,
    SGX_MAC_COMPARE_FAIL = 9,
    SGX_PAGE_NOT_BLOCKED = 10,
    SGX_NOT_TRACKED = 11,
    SGX_VA_SLOT_OCCUPIED = 12,
    SGX_CHILD_PRESENT = 13,
    SGX_ENCLAVE_ACT = 14,
    SGX_ENTRYEPOCH_LOCKED = 15,
    SGX_INVALID_EINITTOKEN = 16,
    SGX_PREV_TRK_INCMPL = 17,
    SGX_PG_IS_SECS = 18,
    SGX_PAGE_ATTRIBUTES_MISMATCH = 19,
    SGX_PAGE_NOT_MODIFIABLE = 20,
    SGX_PAGE_NOT_DEBUGGABLE = 21,
    SGX_INVALID_CPUSVN = 32,
    SGX_INVALID_ISVSVN = 64,
    SGX_UNMASKED_EVENT = 128,
    SGX_INVALID_KEYNAME = 256,

    /* no code of the manual: the instruction faults and does not return */
    SGX_FAULT_GP = -13, /* #GP(0) */
    SGX_FAULT_PF = -14, /* #PF */
};

/* ATTRIBUTES.FLAGS */
#define SGX_ATTRIBUTE_INIT          UINT64_C(0x1)
#define SGX_ATTRIBUTE_DEBUG         UINT64_C(0x2)
#define SGX_ATTRIBUTE_MODE64BIT     UINT64_C(0x4)
#define SGX_ATTRIBUTE_PROVISIONKEY  UINT64_C(0x10)
#define SGX_ATTRIBUTE_EINITTOKENKEY UINT64_C(0x20)
#define SGX_ATTRIBUTE_CET           UINT64_C(0x40)
#define SGX_ATTRIBUTE_KSS           UINT64_C(0x80)
#define SGX_ATTRIBUTE_AEXNOTIFY     UINT64_C(0x400)

/* ATTRIBUTES.XFRM: x87 and SSE are always set; of the three bits of AVX-512 all or none are */
#define SGX_XFRM_LEGACY UINT64_C(0x3)
#define SGX_XFRM_AVX    UINT64_C(0x7)
#define SGX_XFRM_AVX512 UINT64_C(0xe7)
#define SGX_XFRM_PKRU   UINT64_C(0x200)

/* MISCSELECT */
#define SGX_MISC_EXINFO UINT32_C(0x1)

/** struct sgx_attributes - ATTRIBUTES, 16 bytes on the wire: FLAGS u64, XFRM u64 */
struct sgx_attributes {
    uint64_t flags;
    uint64_t xfrm;
};

enum sgx_page_type {
    SGX_PT_SECS = 0,
    SGX_PT_TCS = 1,
    SGX_PT_REG = 2,
    SGX_PT_VA = 3,
    SGX_PT_TRIM = 4,
    SGX_PT_SS_FIRST = 5,
    SGX_PT_SS_REST = 6,
};

/* SECINFO.FLAGS; the page type is in bits 8 to 15 */
#define SGX_SECINFO_R        UINT64_C(0x1)
#define SGX_SECINFO_W        UINT64_C(0x2)
#define SGX_SECINFO_X        UINT64_C(0x4)
#define SGX_SECINFO_RWX      UINT64_C(0x7)
#define SGX_SECINFO_PENDING  UINT64_C(0x8)
#define SGX_SECINFO_MODIFIED UINT64_C(0x10)
#define SGX_SECINFO_PR       UINT64_C(0x20)
#define SGX_SECINFO_PT(type) ((uint64_t)(type) << 8)

enum sgx_enclu {
    SGX_EREPORT = 0,
    SGX_EGETKEY = 1,
    SGX_EENTER = 2,
    SGX_ERESUME = 3,
    SGX_EEXIT = 4,
    SGX_EACCEPT = 5,
    SGX_EMODPE = 6,
    SGX_EACCEPTCOPY = 7,
    SGX_EVERIFYREPORT2 = 8,
    SGX_EDECCSSA = 9,
};

enum sgx_key_name {
    SGX_KEY_EINITTOKEN = 0,
    SGX_KEY_PROVISION = 1,
    SGX_KEY_PROVISION_SEAL = 2,
    SGX_KEY_REPORT = 3,
    SGX_KEY_SEAL = 4,
};

enum sgx_key_policy {
    SGX_KEYPOLICY_MRENCLAVE = 0x1,
    SGX_KEYPOLICY_MRSIGNER = 0x2,
    SGX_KEYPOLICY_NOISVPRODID = 0x4,
    SGX_KEYPOLICY_CONFIGID = 0x8,
    SGX_KEYPOLICY_ISVFAMILYID = 0x10,
    SGX_KEYPOLICY_ISVEXTPRODID = 0x20,
    SGX_KEYPOLICY_KSS = 0x3c, /* the bits that need ATTRIBUTES.KSS */
    SGX_KEYPOLICY_ALL = 0x3f,
};

#endif /* __ASSEMBLER__ */
#endif
