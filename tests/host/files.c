#include "host.h"

#include <errno.h>
#include <fcntl.h>

static void a_missing_file_says_so(void)
{
    CHECK(open("/nonexistent", O_RDONLY) == -1 && errno == ENOENT);
}

int main(int argc, char **argv)
{
    static const struct host_test tests[] = {
        HOST_TEST(a_missing_file_says_so),
    };

    return host_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
