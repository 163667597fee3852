/* SPDX-License-Identifier: Apache-2.0 */
/* The stable names of platform.h's enums: part of the JSON, metric and label contracts. */
#include "platform/platform.h"

#include <errno.h>
#include <string.h>

const char *platform_backend_name(enum platform_backend backend)
{
    switch (backend) {
    case PLATFORM_NONE:
        return "none";
    case PLATFORM_HARDWARE:
        return "hardware";
    case PLATFORM_SOFTWARE:
        return "software";
    }
    return "none";
}

const char *platform_driver_name(enum platform_driver driver)
{
    switch (driver) {
    case PLATFORM_DRIVER_NONE:
        return "none";
    case PLATFORM_DRIVER_IN_KERNEL:
        return "in-kernel";
    case PLATFORM_DRIVER_DCAP_1_33:
        return "dcap-1.33";
    case PLATFORM_DRIVER_DCAP_1_41:
        return "dcap-1.41";
    case PLATFORM_DRIVER_ISGX:
        return "isgx";
    case PLATFORM_DRIVER_SOFTWARE:
        return "software";
    }
    return "none";
}

const char *platform_epc_source_name(enum platform_epc_source source)
{
    switch (source) {
    case PLATFORM_EPC_NONE:
        return "none";
    case PLATFORM_EPC_SYSFS:
        return "sysfs";
    case PLATFORM_EPC_CPUID:
        return "cpuid";
    case PLATFORM_EPC_OPTION:
        return "option";
    }
    return "none";
}

const char *platform_check_name(enum platform_check check)
{
    static const char *const names[PLATFORM_CHECK_COUNT] = {
        [PLATFORM_CHECK_NONE] = "none",
        [PLATFORM_CHECK_CPU] = "cpu",
        [PLATFORM_CHECK_BIOS] = "bios",
        [PLATFORM_CHECK_FLC] = "flc",
        [PLATFORM_CHECK_SGX2] = "sgx2",
        [PLATFORM_CHECK_DRIVER] = "driver",
        [PLATFORM_CHECK_ENCLAVE] = "enclave-device",
        [PLATFORM_CHECK_PROVISION] = "provision-device",
        [PLATFORM_CHECK_DEV_NOEXEC] = "dev-exec",
        [PLATFORM_CHECK_FSGSBASE] = "fsgsbase",
        [PLATFORM_CHECK_EPC] = "epc",
        [PLATFORM_CHECK_EPC_CGROUP] = "epc-cgroup",
        [PLATFORM_CHECK_LIBRARY] = "software-library",
    };

    return check < PLATFORM_CHECK_COUNT ? names[check] : "none";
}

const char *platform_severity_name(enum platform_severity severity)
{
    switch (severity) {
    case PLATFORM_NOTE:
        return "note";
    case PLATFORM_WARNING:
        return "warning";
    case PLATFORM_FATAL:
        return "fatal";
    }
    return "fatal";
}

int platform_choice_parse(const char *text, enum platform_choice *ret, struct err *err)
{
    static const struct {
        const char *name;
        enum platform_choice choice;
    } choices[] = {
        {"auto", PLATFORM_AUTO},
        {"hardware", PLATFORM_HARDWARE_ONLY},
        {"software", PLATFORM_SOFTWARE_ONLY},
    };

    for (size_t i = 0; i < ARRAY_COUNT(choices); i++) {
        if (strcmp(text, choices[i].name) == 0) {
            *ret = choices[i].choice;
            return 0;
        }
    }
    return err_set(err, -EINVAL, "platform \"%.32s\" is none of auto, hardware, software", text);
}
