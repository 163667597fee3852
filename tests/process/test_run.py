# SPDX-License-Identifier: Apache-2.0
"""`coffer run` as a command: what it tells of the program that it starts."""
import shutil


def test_a_static_program_is_told(coffer, build, tmp_path):
    static = build / "tests" / "enclave" / "static_host"
    done = coffer("run", "--quiet", f"--state={tmp_path}", "--", static)
    assert done.returncode == 7
    assert "is statically linked" in done.stderr and done.stderr.count("\n") == 1


def test_other_programs_are_not(coffer, tmp_path):
    script = tmp_path / "script"
    script.write_text("#!/bin/sh\nexit 3\n", encoding="ascii")
    script.chmod(0o755)
    for program, status in [("true", 0), (shutil.which("false"), 1), (script, 3)]:
        done = coffer("run", "--quiet", f"--state={tmp_path}", "--", program)
        assert (done.returncode, done.stderr) == (status, "")


def test_it_says_once_that_nothing_is_protected(coffer, tmp_path):
    done = coffer("run", f"--state={tmp_path}", "--", "true")
    assert done.returncode == 0 and done.stdout == ""
    assert done.stderr.count("\n") == 1 and "protects nothing" in done.stderr
    assert "--quiet" in done.stderr


def test_a_command_that_is_not_there(coffer, tmp_path):
    done = coffer("run", "--quiet", f"--state={tmp_path}", "--", "no-such-command")
    assert done.returncode == 127
    assert done.stderr == "coffer run: no-such-command: No such file or directory\n"
