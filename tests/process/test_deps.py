# SPDX-License-Identifier: Apache-2.0
"""tools/deps on machines of every kind, played by programs that take the place of dpkg and apt."""
import shutil
import subprocess

import pytest

from conftest import SOURCE

TOOLS = ("bash", "env", "fold", "grep", "sed", "seq")
INSTALLED = "echo install ok installed"
BUSY = "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 7 (apt)"


@pytest.fixture
def machine(tmp_path):
    """Run tools/deps where only these programs exist: {name: its shell script}."""
    def run(programs):
        directory = tmp_path / "bin"
        directory.mkdir()
        for name in TOOLS:
            (directory / name).symlink_to(shutil.which(name))
        for name, script in ({"sleep": "", "id": "echo 0"} | programs).items():
            (directory / name).write_text(f"#!/bin/bash\n{script}\n")
            (directory / name).chmod(0o755)
        return subprocess.run([SOURCE / "tools" / "deps", "build"], capture_output=True, text=True,
                              env={"PATH": str(directory), "LOG": str(tmp_path / "log")},
                              timeout=60, check=False)
    return run


def test_nothing_is_said_when_all_is_there(machine):
    run = machine({"dpkg-query": INSTALLED})
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_packages_are_installed_after_an_update(machine, tmp_path):
    run = machine({"dpkg-query": "exit 1", "apt-get": 'echo "$*" >> $LOG'})
    assert run.returncode == 0, run.stderr
    update, install = (tmp_path / "log").read_text().splitlines()
    assert "update" in update and "meson" in install and "DPkg::Lock::Timeout" in install
    assert max(map(len, run.stdout.splitlines())) <= 79


def test_locked_package_lists_are_waited_for(machine, tmp_path):
    apt = f'echo "$*" >> $LOG; [ "$1" != update ] || [ $(grep -c update $LOG) -gt 2 ] || ' \
          f'{{ echo "{BUSY}"; exit 100; }}'
    run = machine({"dpkg-query": "exit 1", "apt-get": apt})
    assert run.returncode == 0, run.stderr
    assert run.stdout.count("waiting for it") == 1
    assert len((tmp_path / "log").read_text().splitlines()) == 4


def test_another_failure_of_apt_is_told(machine):
    run = machine({"dpkg-query": "exit 1", "apt-get": "echo no network; exit 100"})
    assert run.returncode != 0 and "apt-get update: no network" in run.stderr


def test_without_sudo_the_command_for_root_is_told(machine):
    run = machine({"dpkg-query": "exit 1", "apt-get": "exit 9", "id": "echo 1000"})
    assert run.returncode == 2 and "there is no sudo" in run.stderr
    command = run.stderr.split("run:\n")[1].replace("\\\n", "")
    assert command.startswith("apt-get install gcc ") and "libcmocka-dev" in command
    assert max(map(len, run.stderr.splitlines())) <= 80


def test_sudo_is_used(machine, tmp_path):
    run = machine({"dpkg-query": "exit 1", "apt-get": "exit 9", "id": "echo 1000",
                   "sudo": 'echo "$*" >> $LOG'})
    assert run.returncode == 0, run.stderr
    assert len((tmp_path / "log").read_text().splitlines()) == 2


def test_a_system_without_apt_is_told_the_names(machine):
    run = machine({"dpkg-query": "exit 1"})
    assert run.returncode == 2 and "please install: gcc " in run.stderr
