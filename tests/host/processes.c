#include "host.h"

#include <signal.h>
#include <sys/wait.h>

static volatile sig_atomic_t handled;

static void on_signal(int signo)
{
    handled = signo;
}

static void a_child_has_the_handler(void)
{
    int status;
    pid_t pid;

    signal(SIGUSR1, on_signal);
    pid = fork();
    if (pid == 0) {
        raise(SIGUSR1);
        _exit(handled == SIGUSR1 ? 0 : 1);
    }
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    CHECK(handled == 0);
}

int main(int argc, char **argv)
{
    static const struct host_test tests[] = {
        HOST_TEST(a_child_has_the_handler),
    };

    return host_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
