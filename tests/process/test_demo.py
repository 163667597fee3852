# SPDX-License-Identifier: Apache-2.0
"""make demo: ends by itself and fits a small terminal."""
import os
import subprocess

import pytest

from agent import EPC
from conftest import SOURCE


@pytest.mark.skipif(os.geteuid() != 0, reason="device nodes are made by root only")
def test_demo(build):
    run = subprocess.run([SOURCE / "tools" / "demo", build], capture_output=True, text=True,
                         timeout=120, check=False)
    assert run.returncode == 0, run.stderr
    assert max(map(len, run.stdout.splitlines())) <= 79
    assert f"Insufficient {EPC}" in run.stdout and "160 of 168 MiB" in run.stdout
    last_table = run.stdout[run.stdout.index("and it is back"):]
    assert "batch" in last_table and "web" not in last_table
