# SPDX-License-Identifier: Apache-2.0
"""A running `coffer node` on a software platform in a directory of its own, and its kubelet."""
import json
import pathlib
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

from standin_kubelet import Kubelet  # noqa: E402

EPC = "kubernetes.azure.com/sgx_epc_mem_in_MiB"
PROVISION = "sgx.intel.com/provision"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Agent:
    def __init__(self, build, root, *options, epc="168Mi", machine=None):
        self.root = pathlib.Path(root)
        self.build = build
        given = [o.rpartition(":")[2] for o in options if o.startswith("--metrics=")]
        self.port = int(given[0]) if given and given[0].isdigit() else free_port()
        self.log = self.root / "agent.log"
        self.kubelet_dir = self.root / "kubelet"
        self.plugin_dir = self.kubelet_dir / "device-plugins"
        self.plugin_dir.mkdir(parents=True, exist_ok=True)
        platform = machine.options if machine else ["--platform=software", f"--epc={epc}"]
        self.command = [
            build / "coffer-node", *platform,
            f"--kubelet-dir={self.kubelet_dir}", f"--run-dir={self.root}/run",
            f"--state-dir={self.root}/state", f"--metrics=127.0.0.1:{self.port}", "--log=debug",
            *options]
        self.process = None

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command, stderr=log)
        self.wait(lambda: self.get("/healthz")[0] == 200)
        return self

    def wait(self, condition, timeout=60):
        end = time.monotonic() + timeout
        while True:
            try:
                if value := condition():
                    return value
            except (OSError, urllib.error.URLError):
                pass
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < end, self.log.read_text()[-4000:]
            time.sleep(0.05)

    def get(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=60) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def status(self):
        return json.loads(self.get("/status")[1])

    def metrics(self):
        """{name{labels}: value}"""
        lines = [line.rsplit(" ", 1) for line in self.get("/metrics")[1].splitlines()
                 if line and not line.startswith("#")]
        return {name: float(value) for name, value in lines}

    def socket(self, kind="sgx_epc"):
        """The plugin socket of a resource, once it is there."""
        return self.wait(lambda: next(self.plugin_dir.glob(f"coffer-{kind}*.sock"), None))

    def log_text(self):
        return self.log.read_text()

    def memory_kib(self):
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("VmRSS"))

    def descriptors(self):
        return len(list(pathlib.Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def stop(self):
        """End it kindly; gives its exit status."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(60) if self.process else None

    def kill(self):
        self.process.kill()
        self.process.wait(60)


__all__ = ["Agent", "EPC", "Kubelet", "PROVISION", "free_port"]
