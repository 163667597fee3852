# SPDX-License-Identifier: Apache-2.0
"""What a stranger meets first: help, version and misuse."""
import pytest


def commands_of(coffer):
    """The names in the list of `coffer --help`"""
    listed = coffer("--help").stdout.split("Commands:\n")[1].split("\n\n")[0]
    return [line.split()[0] for line in listed.splitlines()]


@pytest.mark.parametrize("word", ["--help", "-h", "help"])
def test_help_lists_each_command_with_a_summary(coffer, word):
    run = coffer(word)
    assert run.returncode == 0 and run.stderr == ""
    assert run.stdout.startswith("Usage: coffer COMMAND") and "\n  verify " in run.stdout
    for line in run.stdout.splitlines():
        assert len(line) <= 80


def test_each_command_explains_itself_in_80_columns(coffer):
    names = commands_of(coffer)
    assert {"node", "verify", "run", "quote-helper"} <= set(names)
    for name in names:
        texts = [coffer(name, "--help"), coffer(name, "-h"), coffer("help", name)]
        assert {(run.returncode, run.stdout, run.stderr) for run in texts} == {
            (0, texts[0].stdout, "")}
        assert texts[0].stdout.startswith(f"Usage: coffer {name} ")
        assert max(map(len, texts[0].stdout.splitlines())) <= 80, name


def test_help_for_no_command_is_misuse(coffer):
    run = coffer("help", "frobnicate")
    assert run.returncode == 2 and 'no command "frobnicate"' in run.stderr


def test_no_command_is_misuse(coffer):
    run = coffer()
    assert run.returncode == 2 and run.stdout == "" and "Usage: coffer" in run.stderr


def test_unknown_command_is_named(coffer):
    run = coffer("frobnicate")
    assert run.returncode == 2
    assert run.stderr == 'coffer: no command "frobnicate" (see coffer --help)\n'


def test_version(coffer):
    run = coffer("--version")
    assert run.returncode == 0 and run.stdout.startswith("coffer ")
    assert coffer("-V").stdout == run.stdout
