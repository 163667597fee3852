"""The kernel's SGX ABI on the software platform, under every tier, by tests/enclave/abi_host.c."""
import os
import pathlib
import re
import subprocess

import pytest

SOURCE = pathlib.Path(__file__).resolve().parent.parent / "enclave" / "abi_host.c"
TESTS = re.findall(r"(?:LIVE|cmocka_unit_test)\((\w+)\),", SOURCE.read_text(encoding="utf-8"))


def run(build, state, tier, *words, seconds=1):
    return subprocess.run(
        [build / "coffer", "run", f"--state={state}", f"--tier={tier}", "--",
         "timeout", "-s", "KILL", str(60 + 2 * seconds),
         build / "tests" / "enclave" / "abi", build / "examples" / "first.pem", *words],
        capture_output=True, text=True, check=False, timeout=120 + 2 * seconds,
        env={**os.environ, "COFFER_ABI_SECONDS": str(seconds)})


@pytest.mark.parametrize("tier", ["auto", "sigill", "call"])
@pytest.mark.parametrize("name", TESTS)
def test_abi(build, tmp_path, tier, name):
    done = run(build, tmp_path, tier, name)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 test(s) run" in done.stdout + done.stderr


@pytest.mark.skipif("COFFER_SLOW" not in os.environ, reason="a minute a tier: set COFFER_SLOW")
@pytest.mark.parametrize("tier", ["auto", "sigill", "call"])
def test_a_minute_of_timers(build, tmp_path, tier):
    done = run(build, tmp_path, tier, "eight_threads_under_a_timer", seconds=60)
    assert done.returncode == 0, done.stdout + done.stderr
