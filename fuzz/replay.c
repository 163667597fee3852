/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target over every file of the directories named, for compilers without libFuzzer. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/fd.h"

enum {
    INPUT_SIZE_MAX = 16 * 1024 * 1024, /* bytes */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int file_replay(const char *path)
{
    CLEANUP(buf_done) struct buf input = buf_init(INPUT_SIZE_MAX);
    struct err err = {0};

    if (fd_read_file(path, &input, &err) < 0) {
        fprintf(stderr, "replay: %s\n", err.text);
        return -1;
    }
    LLVMFuzzerTestOneInput(input.data ? input.data : (const uint8_t *)"", input.len);
    return 0;
}

static int directory_replay(const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, NULL, alphasort);
    int failed = 0, done = 0;

    if (count < 0) {
        perror(path);
        return -1;
    }
    for (int i = 0; i < count; i++) {
        char name[4096];

        if (entries[i]->d_name[0] != '.') {
            snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
            failed |= file_replay(name);
            done++;
        }
        free(entries[i]);
    }
    free(entries);
    printf("%s: %d inputs\n", path, done);
    return done > 0 ? failed : -1;
}

int main(int argc, char **argv)
{
    int failed = argc < 2;

    for (int i = 1; i < argc; i++)
        failed |= directory_replay(argv[i]);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
