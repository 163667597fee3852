/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "aesm/peer.h"
#include "base/fd.h"
#include "mutate.h"

#define UID        "0f2c1a7e-55aa-4c3b-9d2e-001122334455"
#define UID_SYSTEM "0f2c1a7e_55aa_4c3b_9d2e_001122334455"
#define ID         "aabbccddeeff00112233445566778899aabbccddeeff00112233445566778899"

static const char *name_of(const char *cgroup)
{
    static char name[AESM_PEER_NAME_SIZE];

    aesm_peer_name_parse(span_str(cgroup), name);
    return name;
}

static void pods_of_every_layout(void **state)
{
    (void)state;
    /* cgroup v2, systemd driver */
    assert_string_equal(
        name_of("0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_SYSTEM
                ".slice/cri-containerd-" ID ".scope\n"),
        "pod " UID);
    /* cgroup v2, cgroupfs driver, below a cgroup root of its own */
    assert_string_equal(name_of("0::/node-1/kubepods/besteffort/pod" UID "/" ID "\n"), "pod " UID);
    /* cgroup v1 */
    assert_string_equal(name_of("12:pids:/kubepods/pod" UID "/" ID
                                "\n11:cpu,cpuacct:/kubepods/pod" UID "/" ID "\n"),
                        "pod " UID);
    /* seen from inside another pod's cgroup namespace */
    assert_string_equal(name_of("0::/../../kubepods-pod" UID_SYSTEM ".slice/crio-" ID ".scope\n"),
                        "pod " UID);
    /* a static pod's UID is a hash */
    assert_string_equal(
        name_of("0::/kubepods/burstable/pod0123456789abcdef0123456789abcdef/" ID "\n"),
        "pod 0123456789abcdef0123456789abcdef");
}

static void containers_and_hosts(void **state)
{
    (void)state;
    assert_string_equal(name_of("0::/system.slice/docker-" ID ".scope\n"),
                        "container aabbccddeeff");
    assert_string_equal(name_of("4:cpu:/docker/" ID "\n"), "container aabbccddeeff");
    assert_string_equal(name_of("0::/user.slice/user-0.slice/run-1.scope\n"), "host");
    assert_string_equal(name_of("0::/podracer/x\n"), "host");
    assert_string_equal(name_of("0::/kubepods/pod0f2c1a7e\n"), "host");
    assert_string_equal(name_of(""), "host");
}

static int parse(struct span text, void *context)
{
    char name[AESM_PEER_NAME_SIZE];

    (void)context;
    aesm_peer_name_parse(text, name);
    assert_true(memchr(name, '\0', sizeof(name)) != NULL);
    return 0;
}

static void every_prefix_has_a_name(void **state)
{
    struct span text = span_str("0::/kubepods/besteffort/pod" UID "/" ID "\n");

    (void)state;
    assert_int_equal(mutate_prefixes(text, parse, NULL), text.len);
    assert_int_equal(mutate_bits(text, 0, text.len * 8, parse, NULL), text.len * 8);
}

static void a_peer_is_looked_up_and_remembered(void **state)
{
    static struct aesm_peer_cache cache;
    char directory[] = "/tmp/coffer-peer-XXXXXX", path[128], command[128];
    int pair[2];

    (void)state;
    assert_non_null(mkdtemp(directory));
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_non_null(strstr(aesm_peer_name_of(&cache, pair[0], directory, 0), "uid "));

    snprintf(path, sizeof(path), "%s/%d", directory, getpid());
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof(path), "%s/%d/cgroup", directory, getpid());
    assert_int_equal(fd_write_file(path, span_str("0::/docker/" ID "\n"), 0600, NULL), 0);
    assert_non_null(strstr(aesm_peer_name_of(&cache, pair[0], directory, 1), "uid "));
    assert_string_equal(aesm_peer_name_of(&cache, pair[0], directory, AESM_PEER_CACHE_LIFE_MS),
                        "container aabbccddeeff");
    close(pair[0]);
    close(pair[1]);
    assert_string_equal(aesm_peer_name_of(&cache, -1, directory, 0), "unknown");
    snprintf(command, sizeof(command), "rm -r %s", directory);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pods_of_every_layout),
        cmocka_unit_test(containers_and_hosts),
        cmocka_unit_test(every_prefix_has_a_name),
        cmocka_unit_test(a_peer_is_looked_up_and_remembered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
