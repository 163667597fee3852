# SPDX-License-Identifier: Apache-2.0
"""A simulated machine: a network, a mount and a PID namespace, and the processes in it.

The namespaces have no names: they live as long as the machine's first process. Ending that process
ends every other one in the PID namespace at once, which is both a power cut and the clean way to
stop; network devices and mounts go with it. The kernel also ends it when the test process dies, so
that even a killed test run leaves no process behind.
"""

import ctypes
import os
import pathlib
import signal
import socket
import subprocess
import threading

from .waiting import wait_for

CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)


def children_of(pid):
    try:
        return [int(p) for p in
                pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


class Process:
    """A program in a machine. `pid` is its own, not that of the wrapper that entered the
    machine."""

    def __init__(self, name, wrapper, log):
        self.name = name
        self.wrapper = wrapper
        self.log = log
        self.pid = wait_for(f"{name} has started", self._inner, timeout_s=10, interval_s=0.01)

    def _inner(self):
        if self.wrapper.poll() is not None:
            raise RuntimeError(f"{self.name} ended at once: {self.tail()}")
        inner = children_of(self.wrapper.pid)
        return inner[0] if inner else None

    @property
    def alive(self):
        return self.wrapper.poll() is None

    def tail(self, count=2000):
        return self.log.read_text(errors="replace")[-count:] if self.log.exists() else ""

    def send(self, number):
        if self.alive:
            os.kill(self.pid, number)

    def stop(self, number=signal.SIGTERM, timeout_s=15):
        """Sends a signal and waits for the end; returns the exit status of the wrapper."""
        self.send(number)
        try:
            return self.wrapper.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.send(signal.SIGKILL)
            self.wrapper.wait(timeout_s)
            raise AssertionError(
                f"{self.name} did not end on signal {number}: {self.tail()}") from None

    def kill(self):
        return self.stop(signal.SIGKILL)


class Machine:
    """`directory` keeps its logs; `init` is the static program that becomes its first process."""

    def __init__(self, name, directory, init):
        self.name = name
        self.directory = pathlib.Path(directory)
        self.init = init
        self.logs = self.directory / "logs"
        self.logs.mkdir(parents=True, exist_ok=True)
        self.first = None

    def power_on(self):
        log = self.logs / "init.log"
        with open(log, "ab") as out:
            wrapper = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "unshare", "--net", "--mount", "--pid", "--fork",
                 "--kill-child=SIGKILL", "--mount-proc", "--propagation", "private", self.init],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd="/", start_new_session=True)
        self.first = Process(f"machine {self.name}", wrapper, log)
        wait_for(f"machine {self.name} is up", self._entered, timeout_s=10, interval_s=0.01)
        self.run("ip", "link", "set", "lo", "up")

    def _entered(self):
        command = pathlib.Path(f"/proc/{self.first.pid}/cmdline").read_bytes().split(b"\0")[0]
        return command == os.fsencode(self.init)

    @property
    def on(self):
        return self.first is not None and self.first.alive

    def power_off(self):
        """Ends everything in the machine at once, without a warning to anyone."""
        if self.on:
            self.first.kill()
        self.first = None

    def _enter(self):
        return ["nsenter", "--target", str(self.first.pid), "--net", "--mount", "--pid", "--"]

    def start(self, name, *command, env=None):
        """Starts a program that stays; its output goes to logs/NAME.log, appended."""
        log = self.logs / f"{name}.log"
        with open(log, "ab") as out:
            wrapper = subprocess.Popen(
                [*self._enter(), *map(str, command)], stdin=subprocess.DEVNULL, stdout=out,
                stderr=out, cwd="/", env={**os.environ, **(env or {})}, start_new_session=True)
        return Process(f"{name} on {self.name}", wrapper, log)

    def run(self, *command, check=True, env=None, text_input=None, timeout_s=120):
        """Runs a program to its end; returns the completed process with its output as text."""
        done = subprocess.run(
            [*self._enter(), *map(str, command)], input=text_input, capture_output=True, text=True,
            cwd="/", env={**os.environ, **(env or {})}, timeout=timeout_s)
        if check and done.returncode:
            raise RuntimeError(f"{command} on {self.name}: {done.returncode}: "
                               f"{done.stdout[-1500:]}{done.stderr[-1500:]}")
        return done

    def shell(self, script, **options):
        return self.run("sh", "-euc", script, **options)

    def connect(self, address, port, timeout_s=30):
        """A TCP connection made from inside the machine's network, usable from anywhere."""
        result = []

        def enter_and_connect():
            try:
                with open(f"/proc/{self.first.pid}/ns/net", "rb") as net:
                    if LIBC.setns(net.fileno(), CLONE_NEWNET) < 0:
                        raise OSError(ctypes.get_errno(), "setns")
                result.append(socket.create_connection((address, port), timeout_s))
            except (OSError, AttributeError) as error:
                result.append(error)

        thread = threading.Thread(target=enter_and_connect)
        thread.start()
        thread.join()
        if not isinstance(result[0], socket.socket):
            raise ConnectionError(f"{address}:{port} on {self.name}: {result[0]!r}")
        return result[0]

    def wait_for_file(self, path, timeout_s=30):
        """Waits for a path (a socket, say) inside the machine's mount namespace."""
        inside = pathlib.Path(f"/proc/{self.first.pid}/root{path}")
        wait_for(f"{path} on {self.name}", lambda: os.path.lexists(inside), timeout_s,
                 interval_s=0.02)

    def path(self, inside):
        """The path, as seen from outside, of a file in the machine's mount namespace."""
        return pathlib.Path(f"/proc/{self.first.pid}/root{inside}")


def cable(bridge_machine, bridge, other, address, prefix_length):
    """Connects `other` to a bridge in `bridge_machine` by a pair of virtual Ethernet devices."""
    port = f"v-{other.name}"[:15]
    subprocess.run(
        ["ip", "link", "add", port, "netns", str(bridge_machine.first.pid), "type", "veth",
         "peer", "name", "eth0", "netns", str(other.first.pid)], check=True)
    bridge_machine.shell(f"ip link set {port} master {bridge} up")
    other.shell(f"ip addr add {address}/{prefix_length} dev eth0; ip link set eth0 up")
