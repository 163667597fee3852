/* SPDX-License-Identifier: Apache-2.0 */
/* EINIT: the kernel reports a refusal of the processor as EPERM, and checks some fields itself.
 * Each changed SIGSTRUCT is signed again, so that the check in question is the one that refuses. */
#include "tests.h"

#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>

/* offsets of SIGSTRUCT, bytes: SDM 35.14 */
enum {
    HEADER = 0,
    TYPE = 12,
    VENDOR = 16,
    HEADER2 = 24,
    RESERVED1 = 44,
    MODULUS = 128,
    EXPONENT = 512,
    SIGNATURE = 516,
    MISCSELECT = 900,
    CET_ATTRIBUTES = 908,
    CET_MASK = 909,
    RESERVED2 = 910,
    FAMILYID = 912,
    FLAGS = 928,
    XFRM = 936,
    ENCLAVEHASH = 960,
    RESERVED3 = 992,
    EXTPRODID = 1008,
    RESERVED4 = 1028,
    Q1 = 1040,
    Q2 = 1424,
};

static void load_unsigned(struct abi *a)
{
    sgx_measure_create(&a->measure, 1, ABI_SIZE);
    expect_equal(abi_create(a), 0);
    abi_add_all(a);
    abi_sign(a);
}

/* Change a field before or after signing. A refused EINIT changes nothing, so it may be
 * repeated. */
static int init_with(struct abi *a, unsigned at, uint8_t bits, bool resign)
{
    uint8_t good[SGX_SIGSTRUCT_SIZE];
    int r;

    memcpy(good, a->sigstruct, sizeof(good));
    a->sigstruct[at] ^= bits;
    if (resign)
        abi_resign(a);
    r = abi_init(a);
    memcpy(a->sigstruct, good, sizeof(good));
    return r;
}

void sigstruct_constants(struct abi *a)
{
    static const unsigned constants[] = {HEADER,       HEADER + 11, TYPE,         HEADER2,
                                         HEADER2 + 15, RESERVED1,   MODULUS - 1,  RESERVED2,
                                         FAMILYID - 1, RESERVED3,   EXTPRODID - 1};

    load_unsigned(a);
    for (size_t i = 0; i < sizeof(constants) / sizeof(constants[0]); i++)
        expect_equal(init_with(a, constants[i], 1, true), -EPERM);
    expect_equal(init_with(a, RESERVED4, 1, false), -EPERM); /* not signed */
    expect_equal(init_with(a, EXPONENT, 1, false), -EPERM);
    expect_equal(init_with(a, VENDOR, 1, true), -EINVAL); /* the kernel's own check */
    a->signature.vendor = SGX_VENDOR_INTEL;
    a->signature.type = 0x80000000;
    a->signature.sw_defined = 7;
    abi_sign(a);
    expect_equal(abi_init(a), 0);
}

void sigstruct_signature(struct abi *a)
{
    load_unsigned(a);
    expect_equal(init_with(a, MODULUS + 2, 1, false), -EPERM);
    expect_equal(init_with(a, SIGNATURE, 1, false), -EPERM);
    expect_equal(init_with(a, SIGNATURE + 383, 0x80, false), -EPERM);
    expect_equal(init_with(a, Q1 + 1, 1, false), -EPERM);
    expect_equal(init_with(a, Q2 + 1, 1, false), -EPERM);
    expect_equal(init_with(a, ENCLAVEHASH, 1, false), -EPERM); /* signed bytes */
    expect_equal(init_with(a, 1026, 1, false), -EPERM);
    expect_equal(abi_init(a), 0);
}

void sigstruct_measurement(struct abi *a)
{
    load_unsigned(a);
    expect_equal(init_with(a, ENCLAVEHASH + 31, 1, true), -EPERM);
    expect_equal(abi_init(a), 0);
}

void sigstruct_attributes(struct abi *a)
{
    load_unsigned(a);
    expect_equal(init_with(a, FLAGS, SGX_ATTRIBUTE_DEBUG, true), -EPERM);
    expect_equal(init_with(a, FLAGS, SGX_ATTRIBUTE_MODE64BIT, true), -EPERM);
    expect_equal(init_with(a, XFRM, 4, true), -EPERM);
    expect_equal(init_with(a, MISCSELECT, 1, true), -EPERM);
    a->signature.attribute_mask.flags = ~(SGX_ATTRIBUTE_DEBUG | SGX_ATTRIBUTE_INIT);
    a->signature.attribute_mask.xfrm = 3;
    a->signature.misc_mask = 0;
    a->signature.attributes.flags |= SGX_ATTRIBUTE_DEBUG; /* outside the masks, so not compared */
    a->signature.attributes.xfrm = 3;
    a->signature.miscselect = 0;
    abi_sign(a);
    expect_equal(abi_init(a), 0);
}

/* The signature demands bits that this processor does not have. */
void sigstruct_features(struct abi *a)
{
    load_unsigned(a);
    expect_equal(init_with(a, FLAGS, 8, true), -EINVAL);
    expect_equal(init_with(a, XFRM + 1, 0x80, true), -EINVAL);
    expect_equal(init_with(a, MISCSELECT, 0x80, true), -EINVAL);
    a->signature.cet_attributes = a->signature.cet_mask = 1;
    abi_sign(a);
    expect_equal(abi_init(a), -EPERM);
    a->signature.cet_attributes = a->signature.cet_mask = 0;
    abi_sign(a);
    expect_equal(abi_init(a), 0);
}

void kss_fields(struct abi *a)
{
    load_unsigned(a);
    expect_equal(init_with(a, FAMILYID, 1, true), -EPERM);
    expect_equal(init_with(a, EXTPRODID, 1, true), -EPERM);
    close(a->fd);
    abi_open(a);
    a->secs.attributes.flags |= SGX_ATTRIBUTE_KSS;
    a->secs.config_id[5] = 7;
    a->secs.config_svn = 3;
    a->signature.attributes.flags |= SGX_ATTRIBUTE_KSS;
    a->signature.isv_family_id[0] = a->signature.isv_ext_prod_id[0] = 1;
    load_unsigned(a);
    expect_equal(abi_init(a), 0);
}

static int init_privileged(struct abi *a, uint64_t attribute)
{
    abi_open(a);
    a->secs.attributes.flags |= attribute;
    a->signature.attributes.flags |= attribute;
    load_unsigned(a);
    return abi_init(a);
}

void provisioning_is_a_privilege(struct abi *a)
{
    struct sgx_ioc_provision provision = {.fd = (uint64_t)a->fd};

    expect_error(ioctl(a->fd, SGX_IOC_PROVISION, &provision), EINVAL); /* another device */
    provision.fd = 999;
    expect_error(ioctl(a->fd, SGX_IOC_PROVISION, &provision), EINVAL);
    close(a->fd);
    expect_equal(init_privileged(a, SGX_ATTRIBUTE_EINITTOKENKEY), -EACCES);
    close(a->fd);
    expect_equal(init_privileged(a, SGX_ATTRIBUTE_PROVISIONKEY), -EACCES);
    expect_equal(init_with(a, VENDOR, 1, true), -EINVAL);        /* is checked before */
    expect_equal(init_with(a, ENCLAVEHASH, 1, true), -EACCES);   /* this is not */
    expect_equal(init_with(a, MISCSELECT, 0x80, true), -EACCES); /* nor this */
    provision.fd = (uint64_t)open("/dev/sgx_provision", O_RDONLY);
    expect_equal(ioctl(a->fd, SGX_IOC_PROVISION, &provision), 0);
    expect_equal(abi_init(a), 0);
}
