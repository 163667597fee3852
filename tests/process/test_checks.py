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


C = "/* SPDX-License-Identifier: Apache-2.0 */\n"
MAKE = "# SPDX-License-Identifier: Apache-2.0\n"
STYLE = {
    "columns": ("src/p.c", C + "/* %s */\n" % ("x" * 95), "src/p.c:2: 101 columns"),
    "columns of tabs": ("Makefile", MAKE + "a:\n" + "\t" * 13 + "b\n", "Makefile:3: 105 columns"),
    "no licence": ("tools/p", "#!/bin/sh\necho\n", "tools/p: neither of its first two"),
    "a long function": ("src/p.c", C + "int f(void)\n{\n" + "    g();\n" * 81 + "}\n",
                        "src/p.c:3: a function of 81 lines"),
    "a long file": ("src/p.h", C + "\n" * 500, "src/p.h: 501 lines"),
    "unfinished": ("docs/p.md", "Later: TO" "DO.\n", "docs/p.md:1: TO" "DO"),
}


@pytest.mark.parametrize("name", STYLE)
def test_style_is_checked(tmp_path, name):
    path, text, expected = STYLE[name]
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    assert check("check-style", tmp_path)[1] == 0
    (tmp_path / path).parent.mkdir(exist_ok=True)
    (tmp_path / path).write_text(text)
    output, status = check("check-style", tmp_path)
    assert status == 1 and expected in output


def test_data_has_no_columns(tmp_path):
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / "fuzz/corpus/planted").mkdir(parents=True)
    (tmp_path / "fuzz/corpus/planted/long.c").write_text("x" * 1000)
    (tmp_path / "long.md").write_text("x" * 1000)
    assert check("check-style", tmp_path)[1] == 0
