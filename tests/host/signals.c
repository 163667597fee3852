#include "host.h"

#include <signal.h>

static volatile sig_atomic_t handled;

static void on_signal(int signo)
{
    handled = signo;
}

/* A main thread without a signal stack: SA_ONSTACK is as good as nothing, and Python sets it. */
static void onstack_without_a_stack(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};

    CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
    CHECK(raise(SIGUSR1) == 0);
    CHECK(handled == SIGUSR1);
}

int main(int argc, char **argv)
{
    static const struct host_test tests[] = {
        HOST_TEST(onstack_without_a_stack),
    };

    return host_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
