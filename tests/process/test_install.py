# SPDX-License-Identifier: Apache-2.0
"""make install: what is documented is installed, in a tree that may be moved, and authors can build
with it by pkg-config and by CMake, in C and in C++."""
import os
import re
import shutil
import subprocess

import pytest

from conftest import SOURCE

HOST = """
#include <stdio.h>
#include "coffer.h"
#include "coffer/sdk_host.h"

int main(void)
{
    struct coffer_enclave *enclave;
    char text[COFFER_TEXT_SIZE];
    unsigned char bytes[16] = {0};
    int64_t result;

    if (coffer_load("hello.signed", NULL, &enclave, text) < 0)
        return fprintf(stderr, "%s\\n", text), 1;
    if (coffer_call(enclave, 0, bytes, sizeof(bytes), &result) != COFFER_OK)
        return 2;
    coffer_unload(enclave);
    printf("%lld %s\\n", (long long)result, coffer_version());
    return 0;
}
"""
ENCLAVE = """
#include "coffer/sdk_enclave.h"

static int64_t hello(void *data, size_t size)
{
    coffer_random(data, size);
    return (int64_t)size;
}

const coffer_ecall_fn coffer_ecalls[] = {hello};
const size_t coffer_ecall_count = 1;
"""
UNITS = ("coffer-collateral", "coffer-node", "coffer-quote-helper")
CMAKE = """
cmake_minimum_required(VERSION 3.16)
project(hello C CXX)
find_package(Coffer 0.1 REQUIRED)
add_executable(hello hello.c)
target_link_libraries(hello PRIVATE Coffer::host Coffer::coffer)
add_executable(hello_cxx hello_cxx.cc)
target_link_libraries(hello_cxx PRIVATE Coffer::host Coffer::coffer)
coffer_add_enclave(hello SOURCES hello_enclave.c KEY key.pem)
"""


@pytest.fixture(scope="module")
def tree(build, tmp_path_factory):
    """The prefix of an installed tree that was moved."""
    if b"__asan_init" in (build / "coffer").read_bytes():
        pytest.skip("a sanitized build is not installed")
    staging = tmp_path_factory.mktemp("staging")
    options = subprocess.run(["meson", "introspect", "--buildoptions", build], check=True,
                             capture_output=True, text=True).stdout
    prefix = re.search(r'"name": "prefix", "value": "([^"]+)"', options)[1]
    subprocess.run(["meson", "install", "-C", build, "--no-rebuild"], check=True,
                   capture_output=True, env=os.environ | {"DESTDIR": str(staging)})
    return (staging / prefix.lstrip("/")).rename(staging / "moved")


@pytest.fixture(scope="module")
def libraries(tree):
    return next(tree.rglob("libcoffer-host.a")).parent


@pytest.fixture
def project(tree, tmp_path):
    subprocess.run(["openssl", "genrsa", "-3", "-out", tmp_path / "key.pem", "3072"], check=True,
                   capture_output=True)
    (tmp_path / "hello.c").write_text(HOST)
    (tmp_path / "hello_cxx.cc").write_text(HOST)
    (tmp_path / "hello_enclave.c").write_text(ENCLAVE)
    return tmp_path


def run_hello(tree, libraries, directory, program):
    run = subprocess.run([tree / "bin/coffer", "run", "--quiet", f"--state={directory}/state", "--",
                          program], cwd=directory, capture_output=True, text=True, timeout=60,
                         env=os.environ | {"LD_LIBRARY_PATH": str(libraries)}, check=False)
    assert (run.returncode, run.stderr) == (0, "") and run.stdout.startswith("16 0."), run


def test_everything_documented_is_there(tree):
    share = tree / "share"
    documents = {path.name for path in (share / "doc/coffer").iterdir()}
    assert {path.name for path in (SOURCE / "docs").glob("*.md")} <= documents
    assert {"README.md", "LICENSE", "ARCHITECTURE.md"} <= documents
    pages = {path.name for path in (share / "man/man1").iterdir()}
    assert pages == {path.name for path in (SOURCE / "docs/man").glob("*.1")}
    assert "coffer.1" in pages
    for unit in UNITS:
        text = (tree / f"lib/systemd/system/{unit}.service").read_text()
        assert re.search(r"^ExecStart=/\S+/bin/coffer ", text, re.M)


def test_commands_find_their_files(tree, tmp_path):
    run = subprocess.run([tree / "bin/coffer", "run", "--quiet", f"--state={tmp_path}", "--",
                          "env"], capture_output=True, text=True, check=True, timeout=60)
    assert f"LD_PRELOAD={next(tree.rglob('libcoffer-sgx.so'))}" in run.stdout
    for service in "node", "quote-helper":
        run = subprocess.run([tree / "bin/coffer", service, "--help"], capture_output=True,
                             text=True, check=False, timeout=60)
        assert run.returncode == 0 and f"Usage: coffer {service}" in run.stdout


@pytest.mark.parametrize("compiler,source", [("cc", "hello.c"), ("c++", "hello_cxx.cc")])
def test_pkg_config_builds_an_application(tree, libraries, project, compiler, source):
    if not shutil.which("pkg-config") or not shutil.which(compiler):
        pytest.skip(f"needs pkg-config and {compiler}")

    def flags(*names):
        run = subprocess.run(["pkg-config", f"--define-variable=prefix={tree}", "--cflags",
                              "--libs", *names], capture_output=True, text=True, check=True,
                             env=os.environ | {"PKG_CONFIG_PATH": f"{libraries}/pkgconfig"})
        return run.stdout.split()

    subprocess.run([compiler, source, *flags("coffer-host", "coffer"), "-o", "hello"], cwd=project,
                   check=True)
    subprocess.run(["cc", "-O2", "hello_enclave.c", *flags("coffer-enclave"), "-o",
                    "hello.enclave"], cwd=project, check=True)
    subprocess.run([tree / "bin/coffer", "sign", "--key=key.pem", "--out=hello.signed",
                    "hello.enclave"], cwd=project, check=True, capture_output=True)
    run_hello(tree, libraries, project, "./hello")


def test_cmake_builds_an_application(tree, libraries, project):
    if not shutil.which("cmake"):
        pytest.skip("needs cmake")
    (project / "CMakeLists.txt").write_text(CMAKE)
    subprocess.run(["cmake", "-S", project, "-B", project / "b", f"-DCMAKE_PREFIX_PATH={tree}"],
                   check=True, capture_output=True)
    subprocess.run(["cmake", "--build", project / "b"], check=True, capture_output=True)
    run_hello(tree, libraries, project / "b", "./hello")
    run_hello(tree, libraries, project / "b", "./hello_cxx")


@pytest.fixture
def new(tree, tmp_path):
    """A project of `coffer new`"""
    run = subprocess.run([tree / "bin/coffer", "new", "word_count"], cwd=tmp_path, check=True,
                         capture_output=True, text=True)
    files = {path.name for path in (tmp_path / "word_count").iterdir()}
    assert files == {"CMakeLists.txt", "Makefile", "README.md", ".gitignore", "word_count.c",
                     "word_count.h", "word_count.manifest", "word_count_enclave.c"}
    assert all(f"word_count/{name}" in run.stdout for name in files)
    return tmp_path / "word_count"


def test_a_new_project_builds_with_make(tree, libraries, new):
    words = ["make", "run", f"PKG_CONFIG=pkg-config --define-variable=prefix={tree}",
             f"COFFER={tree}/bin/coffer", "CFLAGS=-O2 -Wall -Wextra -Werror"]
    run = subprocess.run(words, cwd=new, capture_output=True, text=True, timeout=120, check=False,
                         env=os.environ | {"PKG_CONFIG_PATH": f"{libraries}/pkgconfig",
                                           "XDG_STATE_HOME": str(new / "state")})
    assert run.returncode == 0, run.stderr
    assert '"hello from an enclave" has 4 words' in run.stdout
    subprocess.run(["make", "clean"], cwd=new, check=True, capture_output=True,
                   env=os.environ | {"PKG_CONFIG": "true"})
    assert not (new / "word_count.signed").exists()


def test_a_new_project_builds_with_cmake(tree, new):
    if not shutil.which("cmake"):
        pytest.skip("needs cmake")
    subprocess.run(["cmake", "-S", new, "-B", new / "build", f"-DCMAKE_PREFIX_PATH={tree}"],
                   check=True, capture_output=True)
    subprocess.run(["cmake", "--build", new / "build"], check=True, capture_output=True)
    run = subprocess.run([tree / "bin/coffer", "run", "--quiet", f"--state={new}/state", "--",
                          "./word_count", "two words"], cwd=new / "build", capture_output=True,
                         text=True, timeout=60, check=False)
    assert (run.returncode, run.stdout) == (0, '"two words" has 2 words\n'), run.stderr


@pytest.mark.parametrize("name", ["", "Upper", "1st", "a-b", "a/b", "..", "a" * 33])
def test_bad_names_of_projects_are_refused(coffer, tmp_path, name):
    run = coffer("new", name, cwd=tmp_path)
    assert run.returncode == 2 and "is no name" in run.stderr and not list(tmp_path.iterdir())


def test_a_directory_that_exists_is_kept(coffer, tmp_path):
    (tmp_path / "mine").mkdir()
    run = coffer("new", "mine", cwd=tmp_path)
    assert run.returncode == 2 and "File exists" in run.stderr
    assert not list((tmp_path / "mine").iterdir())


def complete(tree, *words):
    """What bash offers for the last of @words"""
    script = (f"source {tree}/share/bash-completion/completions/coffer\n"
              f"COMP_WORDS=({' '.join(map(repr, words))}); COMP_CWORD={len(words) - 1}\n"
              "compopt() { :; }\n_coffer; printf '%s\\n' \"${COMPREPLY[@]}\"")
    path = f"{tree}/bin:{os.environ['PATH']}"
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True,
                          env=os.environ | {"PATH": path}).stdout.split()


def test_bash_completes_commands_and_options(tree):
    assert complete(tree, "coffer", "ver") == ["verify"]
    assert complete(tree, "coffer", "help", "quote-") == ["quote-helper"]
    assert complete(tree, "coffer", "verify", "--coll") == ["--collateral="]
    assert set(complete(tree, "coffer", "verify", "--a")) >= {"--accept=", "--all", "--at="}
    assert complete(tree, "coffer", "verify", "--he") == ["--help"]


def test_units_are_as_closed_as_their_manuals_say(tree):
    if not shutil.which("systemd-analyze"):
        pytest.skip("needs systemd-analyze")
    for unit in UNITS:
        run = subprocess.run(["systemd-analyze", "security", "--offline=yes",
                              tree / f"lib/systemd/system/{unit}.service"], capture_output=True,
                             text=True, check=False)
        found = re.search(r"exposure level for \S+: ([\d.]+)", run.stdout)
        if not found:
            pytest.skip(f"systemd-analyze cannot judge a file: {run.stderr}")
        page = (SOURCE / f"docs/man/{unit}.1").read_text()
        stated = re.search(r"security\nscore of ([\d.]+)", page)
        assert stated and float(found[1]) <= float(stated[1]), unit
