# SPDX-License-Identifier: Apache-2.0
"""Each check of tools/ passes on this tree and fails on a violation that is planted in a copy."""
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def check(name, *arguments):
    """What tools/NAME prints and its exit status."""
    run = subprocess.run([ROOT / "tools" / name, *arguments], capture_output=True, text=True)
    return run.stdout + run.stderr, run.returncode


@pytest.fixture
def headers(tmp_path):
    if not shutil.which("c++"):
        pytest.skip("there is no C++ compiler")
    shutil.copytree(ROOT / "include", tmp_path / "include")
    return tmp_path


def test_public_headers_that_clash_are_found(headers):
    assert check("check-headers", headers)[1] == 0
    (headers / "include/coffer/planted.h").write_text("enum coffer_tcb_status { PLANTED };\n")
    output, status = check("check-headers", headers)
    assert status == 1 and "all headers does not compile" in output


def test_a_public_header_that_is_no_cxx_is_found(headers):
    (headers / "include/coffer/planted.h").write_text("_Noreturn void planted(void);\n")
    output, status = check("check-headers", headers)
    assert status == 1 and "C++11: coffer/planted.h does not compile" in output
    assert "C11: coffer/planted.h" not in output.replace("C++11", "")
