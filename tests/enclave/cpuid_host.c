/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpuid_host                       prints the results of CPUID in the program
 * cpuid_host LIBRARY [undumpable]  prints those in a library that is loaded, unloaded and loaded
 *                                  again; "undumpable": root owns the process' /proc/self/mem
 *
 * Each line is "name value", in hexadecimal.
 */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include "cpuid_library.h"

enum {
    THREADS = 4,
    ROUNDS = 2000,
};
#define SGX_BIT 4U

static struct answer ask(unsigned leaf, unsigned subleaf)
{
    struct answer a = {.eax = leaf, .ecx = subleaf};

    __asm__ volatile("cpuid" : "+a"(a.eax), "=b"(a.ebx), "+c"(a.ecx), "=d"(a.edx));
    return a;
}

static void answer_print(unsigned leaf, unsigned subleaf)
{
    struct answer a = ask(leaf, subleaf);

    printf("%x.%x %08x %08x %08x %08x\n", leaf, subleaf, a.eax, a.ebx, a.ecx, a.edx);
}

static void *ask_often(void *wrong)
{
    for (int i = 0; i < ROUNDS; i++)
        if (!(ask(7, 0).ebx & SGX_BIT) || ask(0x12, 1).ecx != 7)
            __atomic_fetch_add((unsigned *)wrong, 1, __ATOMIC_RELAXED);
    return NULL;
}

static void threads_print(void)
{
    pthread_t threads[THREADS];
    unsigned wrong = 0;

    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, ask_often, &wrong) != 0)
            exit(EXIT_FAILURE);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    printf("threads-wrong %x\n", wrong);
}

static volatile sig_atomic_t traps;

static void on_trap(int signo)
{
    (void)signo;
    traps = traps + 1;
}

/* The program keeps its own breakpoints, and CPUID works while the program blocks the signal. */
static void traps_print(void)
{
    sigset_t all;

    signal(SIGTRAP, on_trap);
    __asm__ volatile("int3");
    (void)ask(7, 0);
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    printf("blocked %x\n", ask(7, 0).ebx & SGX_BIT);
    sigprocmask(SIG_UNBLOCK, &all, NULL);
    printf("traps %x\n", (unsigned)traps);
}

static void *find(void *library, const char *name)
{
    void *found = dlsym(library, name);

    if (found)
        return found;
    fprintf(stderr, "%s\n", dlerror());
    exit(EXIT_FAILURE);
}

static void library_print(const char *path)
{
    void *library = dlopen(path, RTLD_NOW);
    const unsigned char *table;
    struct answer (*library_asks)(unsigned, unsigned);

    if (!library) {
        fprintf(stderr, "%s\n", dlerror());
        exit(EXIT_FAILURE);
    }
    library_asks = (struct answer(*)(unsigned, unsigned))find(library, "library_ask");
    printf("asked %x\n", library_asks(7, 0).ebx & SGX_BIT);
    printf("at-load %x\n", ((unsigned (*)(void))find(library, "library_at_load"))() & SGX_BIT);
    printf("constant %x\n", ((unsigned (*)(void))find(library, "library_constant"))());
    printf("sized %x\n", ((unsigned (*)(void))find(library, "library_sized"))() & SGX_BIT);
    printf("unsized %x\n", ((unsigned (*)(void))find(library, "library_unsized"))() & SGX_BIT);
    table = find(library, "library_table");
    printf("table %02x%02x%02x%02x\n", table[0], table[1], table[2], table[3]);
    dlclose(library);
}

int main(int argc, char **argv)
{
    static const unsigned leaves[][2] = {{0, 0},    {1, 0},    {7, 0},    {7, 1},  {0x12, 0},
                                         {0x12, 1}, {0x12, 2}, {0x12, 3}, {0xd, 0}};

    for (unsigned i = 0; argc == 1 && i < sizeof(leaves) / sizeof(leaves[0]); i++)
        answer_print(leaves[i][0], leaves[i][1]);
    if (argc == 1) {
        threads_print();
        traps_print();
    }
    if (argc == 3)
        prctl(PR_SET_DUMPABLE, 0);
    for (int i = 0; argc > 1 && i < 3; i++)
        library_print(argv[1]);
    return EXIT_SUCCESS;
}
