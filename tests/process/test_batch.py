# SPDX-License-Identifier: Apache-2.0
"""coffer verify --batch: paths in, one line of JSON each out."""
import json
import os
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from authority.world import AT, World  # noqa: E402


@pytest.fixture
def world(tmp_path):
    """the options that judge the quotes good, bad and none in the directory"""
    made = World()
    for name, content in made.files().items():
        (tmp_path / name).write_bytes(content)
    made.quote.body["attributes"] = b"\x07".ljust(8, b"\0") + b"\x07"
    (tmp_path / "bad").write_bytes(made.files()["quote"])
    (tmp_path / "none").write_bytes(b"hello, world\n" * 100)
    (tmp_path / "quote").rename(tmp_path / "good")
    return ["--at", AT, "--collateral", tmp_path, "--trust-root", tmp_path / "root.pem"]


def lines_of(run):
    return [json.loads(line) for line in run.stdout.splitlines()]


@pytest.mark.parametrize("names,status", [
    (["good"], 0), (["good", "good", "good"], 0), (["good", "bad"], 1), (["bad", "absent"], 2),
    (["good", "none"], 2), (["good", "", "bad"], 1)])
def test_status_is_the_worst(coffer, world, tmp_path, names, status):
    (tmp_path / "list").write_text("".join(f"{tmp_path / name if name else ''}\n"
                                           for name in names))
    run = coffer("verify", "--batch", *world, tmp_path / "list")
    assert run.returncode == status and run.stderr == ""
    answers = lines_of(run)
    assert [a["file"] for a in answers] == [str(tmp_path / name) for name in names if name]
    for answer, name in zip(answers, filter(None, names)):
        assert answer["accepted"] is (name == "good")
        assert ("error" in answer) is (name in ("absent", "none"))


def test_a_line_is_the_report_of_one_file(coffer, world, tmp_path):
    (tmp_path / "list").write_text(f"{tmp_path / 'bad'}")  # no line feed at the end
    (answer,) = lines_of(coffer("verify", "--batch", *world, "--isvprodid=8", tmp_path / "list"))
    alone = json.loads(coffer("verify", "--json", *world, "--isvprodid=8", tmp_path / "bad").stdout)
    assert answer.pop("file") == str(tmp_path / "bad") and answer == alone


def test_each_answer_comes_before_the_next_question(build, world, tmp_path):
    """a program can hold the other ends of both pipes"""
    with subprocess.Popen([build / "coffer", "verify", "--batch", *world, "-"],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        for name in ("good", "bad", "good"):
            child.stdin.write(f"{tmp_path / name}\n")
            child.stdin.flush()
            assert json.loads(child.stdout.readline())["accepted"] is (name == "good")
        child.stdin.close()
        assert child.wait() == 1


@pytest.mark.parametrize("text,message", [("", "has no path"), ("\n\n", "has no path"),
                                          ("x" * 5000 + "\n", "too long")])
def test_a_list_that_is_none(coffer, world, tmp_path, text, message):
    (tmp_path / "list").write_text(text)
    run = coffer("verify", "--batch", *world, tmp_path / "list")
    assert run.returncode == 2 and run.stdout == "" and message in run.stderr


def test_a_reader_that_left_ends_it(build, world, tmp_path):
    (tmp_path / "list").write_text(f"{tmp_path / 'good'}\n" * 500)
    read, write = os.pipe()
    os.close(read)
    run = subprocess.run([build / "coffer", "verify", "--batch", *world, tmp_path / "list"],
                         stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)
    assert run.returncode in (2, -13)
