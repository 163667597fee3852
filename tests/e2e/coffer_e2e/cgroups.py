# SPDX-License-Identifier: Apache-2.0
"""The cgroups of simulated nodes: one subtree per node in every hierarchy that the machine has.

Two kubelets with the same cgroup root remove each other's pods, so each node gets its own, below
one directory that belongs to the harness and is removed with it.
"""

import os
import pathlib
import signal
import time

TOP = "coffer-e2e"


def hierarchies():
    """(mount point, is version 2) of every cgroup hierarchy."""
    found = []
    for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        kind = after.split()[0]
        if kind in ("cgroup", "cgroup2"):
            found.append((pathlib.Path(before.split()[4]), kind == "cgroup2"))
    return found


def _fill_cpuset(directory):
    """A version 1 cpuset refuses every process until it has processors and memory nodes."""
    for name in ("cpuset.cpus", "cpuset.mems"):
        own = directory / name
        if own.exists() and not own.read_text().strip():
            own.write_text((directory.parent / name).read_text())


def _pass_controllers_down(directory):
    """A version 2 group offers its children only what it is told to."""
    for controller in (directory / "cgroup.controllers").read_text().split():
        try:
            (directory / "cgroup.subtree_control").write_text(f"+{controller}")
        except OSError:
            continue  # held by a version 1 hierarchy, or not to be delegated


def make(name):
    """Makes the subtree; returns its path as kubelet's cgroupRoot names it."""
    for mount, version2 in hierarchies():
        for directory in (mount / TOP, mount / TOP / name):
            if version2:
                _pass_controllers_down(directory.parent)
            directory.mkdir(exist_ok=True)
            _fill_cpuset(directory)
        if version2:
            _pass_controllers_down(mount / TOP / name)
    return f"/{TOP}/{name}"


def _kill_members(directory):
    for pid in (directory / "cgroup.procs").read_text().split():
        try:
            os.kill(int(pid), signal.SIGKILL)
        except ProcessLookupError:
            pass


def _remove_tree(top, timeout_s):
    end = time.monotonic() + timeout_s
    while top.is_dir():
        for directory, _, _ in os.walk(top, topdown=False):
            try:
                _kill_members(pathlib.Path(directory))
                os.rmdir(directory)
            except (FileNotFoundError, OSError):
                pass  # still has a dying member: again, below
        if time.monotonic() > end:
            raise RuntimeError(f"cgroup {top} cannot be removed")
        if top.is_dir():
            time.sleep(0.05)


def remove(name=None, timeout_s=10):
    """Removes a node's subtree, deepest first, or with no name everything of the harness."""
    for mount, _ in hierarchies():
        top = mount / TOP
        _remove_tree(top / name if name else top, timeout_s)
