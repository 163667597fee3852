# SPDX-License-Identifier: Apache-2.0
"""Each check of tools/ passes on this tree and fails on a violation that is planted in a copy."""
import json
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


def built(directory, files):
    """A build of @files, {path: text}, as check-names reads one"""
    entries = []
    for path, text in files.items():
        source = directory / path
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_text(text)
        if source.suffix == ".c":
            item = directory / "build" / (path.replace("/", "_") + ".o")
            item.parent.mkdir(exist_ok=True)
            subprocess.run(["cc", f"-I{directory}/src", "-c", "-o", item, source], check=True)
            entries.append({"directory": str(item.parent), "file": str(source),
                            "output": item.name})
    (directory / "build/compile_commands.json").write_text(json.dumps(entries))
    return directory / "build", directory


GOOD = {"src/net/loop.h": "struct loop {\n    int i;\n};\nint loop_new(void);\n",
        "src/net/loop.c": '#include "net/loop.h"\nint loop_new(void) { return 1; }\n'
                          "int net_loop_max = 1;\nstatic int local = 1;\n",
        "src/net/loop_part.c": "int loop_part(void) { return 1; }\n",
        "src/net/http/get.c": "int http_get(void) { return 1; }\nint main(void) { return 0; }\n"}
NAMES = {
    "a name of nobody": ("src/aesm/queue.c", "int take(void) { return 1; }\n",
                         "src/aesm/queue.c: take begins with none of"),
    "a prefix that is longer": ("src/aesm/queue.c", "int queues(void) { return 1; }\n",
                                "src/aesm/queue.c: queues begins with none of"),
    "a prefix of two": ("src/aesm/loop.c", "int loop_take(void) { return 1; }\n",
                        "the prefix loop_ is used by src/aesm/loop, src/net/loop"),
    "a struct of two": ("src/aesm/queue.h", "struct loop {\n    long l;\n};\n",
                        "loop is defined by src/aesm/queue.h (struct), src/net/loop.h (struct)"),
    "an enum with a struct's name": ("include/c.h", "enum loop {\n    A,\n};\n",
                                     "loop is defined by include/c.h (enum), src/net/loop.h"),
}


def test_names_that_are_unique_pass(tmp_path):
    (tmp_path / "include").mkdir()
    output, status = check("check-names", *built(tmp_path, GOOD))
    assert status == 0, output


@pytest.mark.parametrize("name", NAMES)
def test_names_are_checked(tmp_path, name):
    path, text, expected = NAMES[name]
    output, status = check("check-names", *built(tmp_path, GOOD | {path: text}))
    assert status == 1 and expected in output


TABLE = ("| `base` | a | | |\n| `net` | b | `base` | `event2/` |\n"
         "| `store` | c | `base` | `sqlite3.h` |\n")
LAYERS = {
    "a room that is not below": ("src/base/p.c", '#include "net/loop.h"',
                                 "src/base/p.c: room base may not include net/loop.h"),
    "a library of another room": ("src/net/p.c", "#include <sqlite3.h>",
                                  "room net may not include the library header sqlite3.h"),
    "a library of no room": ("src/net/p.c", "#include <curl/curl.h>",
                             "room net may not include the library header curl/curl.h"),
    "a room as a library": ("src/store/p.c", "#include <base/buf.h>",
                            "room store may not include the library header base/buf.h"),
    "a library as a room": ("src/net/p.c", '#include "event2/event.h"',
                            "event2/event.h names no room"),
    "a room without a row": ("src/extra/p.c", "int i;", "src/extra: no row in ARCHITECTURE.md"),
}


@pytest.fixture
def rooms(tmp_path):
    (tmp_path / "ARCHITECTURE.md").write_text(TABLE)
    for room in "base", "net", "store":
        (tmp_path / "src" / room).mkdir(parents=True)
    (tmp_path / "src/base/i.c").write_text("#include <net/if.h>\n#include <stdio.h>\n")
    (tmp_path / "src/net/i.c").write_text('#include "base/buf.h"\n#include <event2/event.h>\n')
    (tmp_path / "src/store/i.c").write_text('#include <sqlite3.h>\n#include "coffer/sdk.h"\n')
    return tmp_path


def test_rooms_that_keep_to_the_table_pass(rooms):
    output, status = check("check-layers", rooms)
    assert status == 0, output


@pytest.mark.parametrize("name", LAYERS)
def test_layers_are_checked(rooms, name):
    path, text, expected = LAYERS[name]
    (rooms / path).parent.mkdir(exist_ok=True)
    (rooms / path).write_text(text + "\n")
    output, status = check("check-layers", rooms)
    assert status == 1 and expected in output


def test_a_circle_of_rooms_is_found(rooms):
    (rooms / "ARCHITECTURE.md").write_text(TABLE.replace("| a | |", "| a | `net` |"))
    output, status = check("check-layers", rooms)
    assert status == 1 and "may include itself" in output
