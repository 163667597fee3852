/* SPDX-License-Identifier: Apache-2.0 */
#include "host.h"

#include <string.h>

int host_main(int argc, char **argv, const struct host_test *tests, size_t count)
{
    for (size_t i = 0; argc == 2 && i < count; i++) {
        if (strcmp(tests[i].name, argv[1]) != 0)
            continue;
        tests[i].run();
        return 0;
    }
    return 2;
}
