# SPDX-License-Identifier: Apache-2.0
"""Ordinary programs under `coffer run` behave as they do without it: tests/host, glibc and musl."""
import pathlib
import re
import subprocess

import pytest

SOURCES = pathlib.Path(__file__).resolve().parent.parent / "host"
TESTS = [(path.stem, name) for path in sorted(SOURCES.glob("*.c"))
         for name in re.findall(r"HOST_TEST\((\w+)\)", path.read_text(encoding="utf-8"))]
SKIPPED = 77


def check(*words):
    done = subprocess.run(["timeout", "-s", "KILL", "60", *words], capture_output=True, text=True,
                          check=False, timeout=120)
    if done.returncode == SKIPPED:
        pytest.skip(done.stderr)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("libc", ["", "-musl"], ids=["glibc", "musl"])
@pytest.mark.parametrize("program, name", TESTS)
def test_host(build, tmp_path, program, name, libc):
    path = build / "tests" / "host" / f"host_{program}{libc}"
    if not path.exists():
        pytest.skip("no musl-gcc when this was built")
    check(path, name)
    check(build / "coffer", "run", f"--state={tmp_path}", "--", path, name)
