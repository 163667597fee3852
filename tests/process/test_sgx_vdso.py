# SPDX-License-Identifier: Apache-2.0
"""The vDSO function is found in every way that runtimes use, with glibc and with musl."""
import subprocess

import pytest

WAYS = {"section-names", "section-types", "sections-in-image", "hash", "gnu-hash", "environment",
        "file", "weak", "dlsym"}


@pytest.mark.parametrize("host", ["vdso_host", "vdso_host-musl"])
def test_every_way_finds_it(build, tmp_path, host):
    program = build / "tests" / "enclave" / host
    if not program.exists():
        pytest.skip("no musl-gcc when this was built")
    done = subprocess.run([build / "coffer", "run", f"--state={tmp_path}", "--", program],
                          capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    rows = {way: int(address, 16) for way, address in map(str.split, done.stdout.splitlines())}
    assert rows.pop("clock") == 1
    assert set(rows) == WAYS
    assert len(set(rows.values())) == 1 and 0 not in rows.values()
