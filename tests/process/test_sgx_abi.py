# SPDX-License-Identifier: Apache-2.0
"""Runs tests/abi on the software platform, under every tier and with both C libraries."""
import os
import pathlib
import re
import subprocess

import pytest

SOURCE = pathlib.Path(__file__).resolve().parent.parent / "abi" / "tests.h"
TESTS = re.findall(r"(?:FRESH|LOADED)\((\w+)\)", SOURCE.read_text(encoding="utf-8"))
SKIPPED = 77


# Machines that tests/support/other_machines.c knows, and the tests that run on each of them.
# COFFER_ALL_MACHINES runs every test on each.
MACHINES = ["ud", "gp", "pf", "pf-sgx", "no-faulting", "no-avx512,no-pku", "amx", "no-compaction",
            "pf,amx,no-faulting"]
ON_MACHINES = re.compile(r"enters_and_leaves|entries_that_fault|page_faults|nested_exceptions|"
                         r"resume_restores|wide_state|xgetbv|saves_stay|restores_stay|state_|"
                         r"protection_keys|exceptions_without_the_vdso|host_leaves_that_fault|"
                         r"eight_threads|handlers_enter_the|pages_are_copied|vdso_passes")
TIERS = ["auto", "sigill", "call"]


def on_machines():
    """Each test on each machine, with tiers and C libraries in turn, so that all pairs occur."""
    everything = "COFFER_ALL_MACHINES" in os.environ
    for number, name in enumerate(n for n in TESTS if everything or ON_MACHINES.match(n)):
        for at, machine in enumerate(MACHINES):
            turn = number + at
            for tier in TIERS if everything else TIERS[turn % 3:turn % 3 + 1]:
                yield pytest.param(name, machine, tier, ["abi", "abi-musl"][turn % 7 == 0],
                                   id=f"{name}-{machine}-{tier}")


def run(build, state, program, tier, name, seconds=1, machine=None):
    if not (build / "tests" / "abi" / program).exists():
        pytest.skip("no musl-gcc when this was built")
    library = build / "tests" / "abi" / "libcoffer-sgx-machines.so"
    return subprocess.run(
        [build / "coffer", "run", f"--state={state}", f"--tier={tier}",
         *([f"--library={library}"] if machine else []), "--",
         "timeout", "-s", "KILL", str(60 + 2 * seconds), build / "tests" / "abi" / program, name],
        capture_output=True, text=True, check=False, timeout=120 + 2 * seconds,
        env={**os.environ, "COFFER_ABI_SECONDS": str(seconds),
             "COFFER_TEST_MACHINE": machine or "",
             "COFFER_ABI_SIGNER": str(build / "tests" / "abi" / "abi_sign"),
             "COFFER_ABI_KEY": str(build / "examples" / "first.pem")})


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("program", ["abi", "abi-musl"])
@pytest.mark.parametrize("name", TESTS)
def test_abi(build, tmp_path, name, program, tier):
    done = run(build, tmp_path, program, tier, name)
    if done.returncode == SKIPPED:
        pytest.skip(done.stderr)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name, machine, tier, program", on_machines())
def test_abi_on_other_machines(build, tmp_path, name, machine, tier, program):
    done = run(build, tmp_path, program, tier, name, machine=machine)
    if done.returncode == SKIPPED:
        pytest.skip(done.stderr)
    assert done.returncode == 0, done.stdout + done.stderr


def test_machines_are_simulated(build, tmp_path):
    """The test library simulates a machine: without FSGSBASE there is no device."""
    done = run(build, tmp_path, "abi", "auto", "enters_and_leaves", machine="no-fsgsbase")
    assert done.returncode == 1 and "a->fd >= 0" in done.stderr, done.stderr


@pytest.mark.skipif("COFFER_SLOW" not in os.environ, reason="a minute a tier: set COFFER_SLOW")
@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("program", ["abi", "abi-musl"])
def test_a_minute_of_timers(build, tmp_path, program, tier):
    done = run(build, tmp_path, program, tier, "eight_threads_under_a_timer", seconds=60)
    assert done.returncode == 0, done.stdout + done.stderr
