# SPDX-License-Identifier: Apache-2.0
"""The kernel's SGX ABI on the software platform, under every tier and with both C libraries, by
tests/abi."""
import os
import pathlib
import re
import subprocess

import pytest

SOURCE = pathlib.Path(__file__).resolve().parent.parent / "abi" / "tests.h"
TESTS = re.findall(r"(?:FRESH|LOADED)\((\w+)\)", SOURCE.read_text(encoding="utf-8"))
SKIPPED = 77


def run(build, state, program, tier, name, seconds=1):
    if not (build / "tests" / "abi" / program).exists():
        pytest.skip("no musl-gcc when this was built")
    return subprocess.run(
        [build / "coffer", "run", f"--state={state}", f"--tier={tier}", "--",
         "timeout", "-s", "KILL", str(60 + 2 * seconds), build / "tests" / "abi" / program, name],
        capture_output=True, text=True, check=False, timeout=120 + 2 * seconds,
        env={**os.environ, "COFFER_ABI_SECONDS": str(seconds),
             "COFFER_ABI_SIGNER": str(build / "tests" / "abi" / "abi_sign"),
             "COFFER_ABI_KEY": str(build / "examples" / "first.pem")})


@pytest.mark.parametrize("tier", ["auto", "sigill", "call"])
@pytest.mark.parametrize("program", ["abi", "abi-musl"])
@pytest.mark.parametrize("name", TESTS)
def test_abi(build, tmp_path, name, program, tier):
    done = run(build, tmp_path, program, tier, name)
    if done.returncode == SKIPPED:
        pytest.skip(done.stderr)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif("COFFER_SLOW" not in os.environ, reason="a minute a tier: set COFFER_SLOW")
@pytest.mark.parametrize("tier", ["auto", "sigill", "call"])
@pytest.mark.parametrize("program", ["abi", "abi-musl"])
def test_a_minute_of_timers(build, tmp_path, program, tier):
    done = run(build, tmp_path, program, tier, "eight_threads_under_a_timer", seconds=60)
    assert done.returncode == 0, done.stdout + done.stderr
