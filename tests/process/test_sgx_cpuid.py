# SPDX-License-Identifier: Apache-2.0
"""CPUID on the software platform: its answers, and the code that gets them and no other."""
import os
import pathlib
import re
import shutil
import subprocess
import sysconfig
import tempfile

import pytest

SGX = 1 << 2  # leaf 7, EBX


def words(build, state, *arguments, host="cpuid_host", faults=True, **environment):
    """The rows of the program's output by their first word. Without @faults CPUID cannot fault;
    with it, CPUID can fault where this machine allows it."""
    program = build / "tests" / "enclave" / host
    if not program.exists():
        pytest.skip("no musl-gcc when this was built")
    machine = [] if faults else [build / "tests" / "enclave" / "without_cpuid_faulting"]
    done = subprocess.run(
        [*machine, build / "coffer", "run", f"--state={state}", "--epc=64Mi", "--", program,
         *arguments],
        capture_output=True, text=True, check=False, timeout=60,
        env={**os.environ, **environment})
    assert done.returncode == 0, done.stdout + done.stderr
    rows = {}
    for line in done.stdout.splitlines():
        name, *values = line.split()
        rows.setdefault(name, []).append([int(value, 16) for value in values])
    return rows


def can_fault():
    """Can CPUID fault on this processor and kernel?"""
    return re.search(r"\bcpuid_fault\b", pathlib.Path("/proc/cpuinfo").read_text()) is not None


def native(build):
    program = build / "tests" / "enclave" / "cpuid_host"
    done = subprocess.run([program], capture_output=True, text=True, check=False, timeout=60)
    return {line.split()[0]: [int(word, 16) for word in line.split()[1:]]
            for line in done.stdout.splitlines()}


@pytest.mark.parametrize("faults", [True, False])
@pytest.mark.parametrize("host", ["cpuid_host", "cpuid_host-musl"])
def test_what_it_says(build, tmp_path, host, faults):
    below, rows = native(build), words(build, tmp_path, host=host, faults=faults)
    answers = {name: values[0] for name, values in rows.items()}
    assert answers["0.0"][0] == max(below["0.0"][0], 0x12)
    assert answers["0.0"][1:] == below["0.0"][1:]  # the vendor is not disguised
    assert answers["7.0"][1] == below["7.0"][1] | SGX
    assert answers["7.0"][2] == below["7.0"][2] | 1 << 30  # SGX_LC
    assert answers["7.1"] == below["7.1"]
    # SGX1, SGX2, EDECCSSA; EXINFO; 2^36 and 2^31 bytes
    assert answers["12.0"] == [0x803, 1, 0, 0x241f]
    # DEBUG MODE64BIT PROVISIONKEY EINITTOKENKEY KSS AEXNOTIFY
    assert answers["12.1"] == [0x4b6, 0, 7, 0]
    size = answers["12.2"][3] << 32 | answers["12.2"][2] & ~0xfff
    assert (answers["12.2"][0] & 0xf, answers["12.2"][2] & 0xf, size) == (1, 1, 64 << 20)
    assert answers["12.3"] == [0, 0, 0, 0]
    assert answers["threads-wrong"] == [0]
    assert answers["blocked"] == [SGX]
    assert answers["traps"] == [1]


@pytest.mark.parametrize("faults", [True, False])
@pytest.mark.parametrize("host, library", [("cpuid_host", "libsgx_urts.so.2"),
                                           ("cpuid_host-musl", "libsgx_urts.so.musl")])
def test_a_runtime_library(build, tmp_path, host, library, faults):
    """A library is patched from its constructor on, each of the three times that it is loaded."""
    rows = words(build, tmp_path, build / "tests" / "enclave" / library, host=host, faults=faults)
    times = 1 if "musl" in host else 3  # musl never unloads, and constructs once
    assert rows["asked"] == 3 * [[SGX]]
    assert rows["at-load"][:times] == times * [[SGX]]
    assert rows["sized"] == 3 * [[SGX]]


@pytest.mark.parametrize("library", ["libcpuid_by_function.so", "libcpuid_by_function_sysv.so",
                                     "libcpuid_by_soname.so"])
def test_a_runtime_library_by_what_it_is(build, tmp_path, library):
    """Not by its file's name: by a function that it defines, or by its SONAME."""
    rows = words(build, tmp_path, build / "tests" / "enclave" / library, faults=False)
    assert rows["asked"] == rows["at-load"] == rows["sized"] == 3 * [[SGX]]


def test_only_instructions(build, tmp_path):
    """Data, the inside of another instruction, and code with unknown bounds are not patched."""
    rows = words(build, tmp_path, build / "tests" / "enclave" / "libsgx_urts.so.2", faults=False)
    assert rows["constant"] == 3 * [[0xa20f]]
    assert rows["table"] == 3 * [[0x0fa20fa2]]
    assert rows["unsized"] == 3 * [[native_bit(build)]]


@pytest.mark.skipif(not can_fault(), reason="this processor cannot fault on CPUID")
def test_a_fault_reaches_all_code(build, tmp_path):
    """Code with unknown bounds, and libraries that no list names, are not patched."""
    rows = words(build, tmp_path, build / "tests" / "enclave" / "libcpuid_other.so.2")
    assert rows["asked"] == rows["at-load"] == rows["sized"] == rows["unsized"] == 3 * [[SGX]]
    assert rows["constant"] == 3 * [[0xa20f]]
    assert rows["table"] == 3 * [[0x0fa20fa2]]


def native_bit(build):
    return native(build)["7.0"][1] & SGX


@pytest.mark.parametrize("names, bit", [("", 0), ("libcpuid_othe", 0), ("libcpuid_other,off", SGX),
                                        ("libx,libcpuid_other.so.2", SGX)])
def test_the_list_of_libraries(build, tmp_path, names, bit):
    rows = words(build, tmp_path, build / "tests" / "enclave" / "libcpuid_other.so.2",
                 faults=False, COFFER_SGX_CPUID=names)
    assert rows["asked"] == 3 * [[bit or native_bit(build)]]


def test_off(build, tmp_path):
    rows = words(build, tmp_path, COFFER_SGX_CPUID="off")
    assert rows["7.0"][0] == native(build)["7.0"]


def test_without_the_memory_file(build):
    """A process that may not write its /proc/self/mem is patched through its own mappings."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("needs root, to become another user")
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name)
        place.chmod(0o777)
        for file in ["coffer", "libcoffer-sgx.so", "tests/enclave/cpuid_host",
                     "tests/enclave/libsgx_urts.so.2"]:
            shutil.copy(build / file, place)
        done = subprocess.run(
            ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", place / "coffer", "run",
             f"--state={place}/state", "--", place / "cpuid_host", place / "libsgx_urts.so.2",
             "undumpable"],
            capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("at-load 4") == done.stdout.count("asked 4") == 3


def instructions(library):
    """The bytes of each instruction that a disassembler finds. It shows FWAIT together with the
    instruction after it."""
    listing = subprocess.run(["objdump", "-d", "-w", library], capture_output=True, text=True,
                             check=True).stdout
    for line in listing.splitlines():
        found = re.match(r"\s+[0-9a-f]+:\t((?:[0-9a-f]{2} )+)\s*\t(.*)", line)
        if found and "(bad)" not in found[2] and not found[1].startswith("9b "):
            yield found[1].replace(" ", ""), found[2]


def libraries():
    names = ["libc.so.6", "libstdc++.so.6", "libm.so.6"]
    where = pathlib.Path("/usr/lib") / sysconfig.get_config_var("MULTIARCH")
    return [where / name for name in names if (where / name).exists()]


@pytest.mark.skipif(not shutil.which("objdump"), reason="no objdump")
@pytest.mark.parametrize("library", libraries(), ids=lambda path: path.name)
def test_lengths_are_a_disassemblers(build, library):
    seen = dict(instructions(library))
    asked = "\n".join(seen) + "\n"
    done = subprocess.run([build / "tests" / "unit" / "emulator" / "x86_lengths"], input=asked,
                          capture_output=True, text=True, check=True)
    wrong = [(code, seen[code]) for code in done.stdout.split()]
    assert len(seen) > 1000
    assert wrong == []
