# SPDX-License-Identifier: Apache-2.0
"""A cluster: a control plane, nodes, images, and what tests ask of pods."""

import contextlib
import json
import os
import pathlib
import shutil
import stat
import subprocess

from . import cgroups, images
from .controlplane import ControlPlane
from .node import Node
from .pods import Pods
from .waiting import wait_for

KERNEL_SETTINGS = ("vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic",
                   "kernel/panic_on_oops", "kernel/keys/root_maxkeys",
                   "kernel/keys/root_maxbytes")


class KernelSettings:
    """kubelet sets these for the whole machine; the harness puts them back.

    They are kept in a file too: a run after one that was killed restores what that one had found.
    """

    def __init__(self, file):
        if file.exists():
            self._saved = json.loads(file.read_text())
        else:
            self._saved = {name: self._path(name).read_text() for name in KERNEL_SETTINGS}

    @staticmethod
    def _path(name):
        return pathlib.Path("/proc/sys") / name

    def keep(self, file):
        file.write_text(json.dumps(self._saved))

    def restore(self):
        for name, value in self._saved.items():
            with contextlib.suppress(OSError):
                self._path(name).write_text(value)


def refuse_foreign(path):
    """What another user prepared is neither read nor removed."""
    if path.is_symlink() or (path.exists() and path.stat().st_uid != os.getuid()):
        raise RuntimeError(f"{path} belongs to somebody else")


def make_empty(path):
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(mode=stat.S_IRWXU, parents=True)


class Cluster:
    """`tools` maps the name of each program to its path; all state is below `directory`."""

    def __init__(self, directory, tools):
        cgroups.remove()
        self.directory = pathlib.Path(directory)
        refuse_foreign(self.directory)
        kept = self.directory / "kernel.json"
        self.settings = KernelSettings(kept)
        make_empty(self.directory)
        self.settings.keep(kept)
        self.tools = tools
        self.nodes = {}
        self.init = self.directory / "init"
        source = pathlib.Path(__file__).parent / "programs" / "init.c"
        subprocess.run(["cc", "-O2", "-static", "-o", self.init, source], check=True)
        self.image_directory = self.directory / "images"
        self.image_directory.mkdir()
        self.images = [images.pause(self.image_directory, self.init),
                       images.shell(self.image_directory)]
        control = self.directory / "control"
        control.mkdir()
        self.control = ControlPlane(control, tools, self.init)
        self.pods = Pods(self)

    @property
    def api(self):
        return self.control.api

    def start(self):
        self.control.start()

    def stop(self):
        """Ends every machine and leaves nothing: no process, cgroup, mount, device or file."""
        for node in self.nodes.values():
            node.machine.power_off()
        self.control.stop()
        cgroups.remove()
        self.settings.restore()
        shutil.rmtree(self.directory)

    # Nodes

    def add_node(self, wait=True):
        index = max((n.index for n in self.nodes.values()), default=0) + 1
        node = Node(self, index)
        self.nodes[node.name] = node
        node.power_on()
        if wait:
            self.wait_until_ready(node)
        return node

    def wait_until_ready(self, *nodes):
        for node in nodes:
            wait_for(lambda node=node: f"{node.name} is Ready; its kubelet says: "
                     + node.kubelet.tail(), lambda node=node: node.ready)
        self.control.wait_for_default_account()

    def remove_node(self, node):
        """Takes a node away for good: its machine, its pods, its object, its disk."""
        node.power_cut()
        self.api.delete("Node", node.name)
        self.pods.forget_node(node)
        node.erase()
        del self.nodes[node.name]

    # Images

    def add_image(self, path):
        """Gives an image to every node, those of later too; returns its name."""
        self.images.append(path)
        for node in self.nodes.values():
            node.import_image(path)
        return f"{images.REPOSITORY}/{path.stem}:1"

    # Objects

    def kubectl(self, *arguments, **options):
        return self.control.kubectl(*arguments, **options)

    def logs(self, name, container=None, namespace="default"):
        query = f"?container={container}" if container else ""
        return self.api.raw("GET",
                            f"/api/v1/namespaces/{namespace}/pods/{name}/log{query}").decode()

    def execute(self, pod, *command, namespace="default", container=None, check=True):
        """Runs a command in a pod's container and returns its output."""
        options = ["-c", container] if container else []
        return self.kubectl("exec", "-n", namespace, pod, *options, "--", *command,
                            check=check).stdout
