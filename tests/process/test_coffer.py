# SPDX-License-Identifier: Apache-2.0
"""What a stranger meets first: help, version and misuse."""


def test_help_lists_each_command_with_a_summary(coffer):
    run = coffer("--help")
    assert run.returncode == 0 and run.stderr == ""
    for line in run.stdout.splitlines():
        assert len(line) <= 80


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
