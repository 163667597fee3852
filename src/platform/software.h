/* SPDX-License-Identifier: Apache-2.0 */
/* platform/software.h: the software backend: an EPC of any size and nodes with a harmless number.
 */
#ifndef COFFER_PLATFORM_SOFTWARE_H
#define COFFER_PLATFORM_SOFTWARE_H

#include "platform/platform.h"

enum {
    PLATFORM_SOFTWARE_DEVICE_MAJOR = 1, /* the "memory" devices: */
    PLATFORM_SOFTWARE_DEVICE_MINOR =
        3, /* null. Who opens it without the engine gets ENOTTY, no harm */
};

/** PLATFORM_SOFTWARE_SECRET_COPY - directory below the secret's with a copy that any user inside a
 * container can read: it is mounted alone, and on the host its parent's mode keeps other users out
 */
#define PLATFORM_SOFTWARE_SECRET_COPY "container"

/** struct platform_software - settings with every default filled in; strings are borrowed */
struct platform_software {
    uint64_t epc_size; /* bytes */
    uint32_t node_count;
    const char *run_dir;
    const char *secret_dir;
    const char *library; /* NULL when there is none */
    bool has_fsgsbase;   /* this machine's: the engine switches the bases as an enclave would */
};

/**
 * platform_software_prepare() - make RUN/dev with both nodes, RUN/share, RUN/lib with the library,
 * and the node secret
 *
 * The library is copied, since what the agent's image holds is not visible to the container
 * runtime; a copy that has the same bytes is left alone.
 *
 * Return: 0; -EINVAL when @s->epc_size has no MiB for every node; errno with the reason.
 */
NODISCARD int platform_software_prepare(const struct platform_software *s, struct err *err);

/**
 * platform_software_may_make_nodes() - try it in a temporary directory
 * Return: 0; errno with the reason.
 */
NODISCARD int platform_software_may_make_nodes(struct err *err);

/** platform_software_discover() - fill a zeroed snapshot with what stands in the run directory now
 */
void platform_software_discover(const struct platform_software *s, struct platform_info *ret);

#endif
