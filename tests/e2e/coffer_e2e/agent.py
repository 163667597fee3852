# SPDX-License-Identifier: Apache-2.0
"""`coffer node` as a process on a simulated node, and what it says of itself."""

import http.client
import json
import os
import pathlib
import threading
import time

from .pods import EPC
from .waiting import wait_for

SOURCE = pathlib.Path(__file__).resolve().parents[3]
BUILD = pathlib.Path(os.environ.get("COFFER_BUILD", SOURCE / "build"))


def mebibytes(size):
    """168Mi and 256Gi, as the command line has them, in MiB."""
    return int(size[:-2]) * {"Mi": 1, "Gi": 1024}[size[-2:]]


class Agent:
    """One instance. Two on a node at once (an upgrade) need different ports for their metrics."""

    def __init__(self, node, epc="168Mi", port=9808, flags=(), name="agent"):
        self.node = node
        self.epc = epc
        self.port = port
        self.process = node.machine.start(
            name, BUILD / "coffer-node", "--platform=software", f"--epc={epc}",
            "--kubelet-dir=/var/lib/kubelet", f"--metrics=127.0.0.1:{port}", *flags)

    def ask(self, path):
        """(HTTP status, text) of one of the agent's own pages."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.sock = self.node.machine.connect("127.0.0.1", self.port)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def ready(self):
        if not self.process.alive:
            raise RuntimeError(f"{self.process.name} ended: {self.process.tail()}")
        return self.ask("/readyz")[0] == 200

    def status(self):
        return json.loads(self.ask("/status")[1])

    def wait_until_ready(self):
        wait_for(lambda: f"{self.process.name} is ready; it says {self.process.tail()}", self.ready)
        return self

    def wait_until_advertised(self, resource=EPC):
        """Waits until the API server shows this node's EPC as the agent was told it."""
        wanted = mebibytes(self.epc)
        wait_for(lambda: f"{wanted} of {resource} on {self.node.name}; the agent says "
                 f"{self.process.tail()}", lambda: self.node.allocatable(resource) == wanted)
        return self


class CapacityWatch(threading.Thread):
    """Reads a node's allocatable amount all the time, for tests that disturb it.

        with CapacityWatch(node) as watch:
            ...
        assert watch.longest_zero_s < 10
    """

    def __init__(self, node, resource=EPC, interval_s=0.1):
        super().__init__(daemon=True)
        self.node = node
        self.resource = resource
        self.interval_s = interval_s
        self.longest_zero_s = 0.0
        self.readings = 0
        self._over = threading.Event()
        self._failure = None

    def run(self):
        zero_since = None
        try:
            while not self._over.is_set():
                now = time.monotonic()
                if self.node.allocatable(self.resource):
                    zero_since = None
                else:
                    zero_since = zero_since or now
                    self.longest_zero_s = max(self.longest_zero_s, now - zero_since)
                self.readings += 1
                self._over.wait(self.interval_s)
        except Exception as error:  # told to the test, which would otherwise see a quiet watch
            self._failure = error

    def look_on(self, readings=25):
        """Waits for more readings: kubelet tells the API server a second or two late."""
        wanted = self.readings + readings
        wait_for("the watch reads on", lambda: self.readings >= wanted or self._failure)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self.join()
        if self._failure:
            raise self._failure


def confidential_node(cluster, epc, flags=()):
    """A new node with an agent, once the API server shows its EPC."""
    node = cluster.add_node()
    node.agent = Agent(node, epc, flags=flags).wait_until_advertised()
    return node
