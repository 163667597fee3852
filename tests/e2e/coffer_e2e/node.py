# SPDX-License-Identifier: Apache-2.0
"""A node: a machine with containerd, kubelet and its own part of the file system."""

import json
import pathlib
import shutil

from . import cgroups, controlplane, images, machine

POD_SUBNET = "10.214.{index}.0/24"


SUFFIXES = {"k": 10 ** 3, "Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30}


def count(quantity):
    """A Kubernetes quantity as a number: the API server may write 262144 as 256Ki."""
    digits = quantity.rstrip("kKMGi")
    return int(digits) * SUFFIXES.get(quantity[len(digits):], 1)


class Node:
    """Node number `index`. Its disk survives a power cut; `/run` and every process do not."""

    def __init__(self, cluster, index):
        self.cluster = cluster
        self.index = index
        self.name = f"node-{index}"
        self.address = f"10.213.0.{100 + index}"
        self.directory = cluster.directory / self.name
        self.machine = machine.Machine(self.name, self.directory, cluster.init)
        self.kubelet = None
        self.containerd = None

    # Power

    def power_on(self, before_kubelet=lambda: None):
        """`before_kubelet` starts what an init system would start before the kubelet."""
        self.cgroup = cgroups.make(self.name)
        self.machine.power_on()
        self._mount()
        self._connect_network()
        self._write_configuration()
        self.start_containerd()
        for image in self.cluster.images:
            self.import_image(image)
        before_kubelet()
        self.start_kubelet()

    def power_cut(self):
        """Ends every process of the node at once; nothing is told, nothing is flushed by us."""
        self.machine.power_off()
        cgroups.remove(self.name)

    def erase(self):
        shutil.rmtree(self.directory)

    # The parts of a node that a test may restart one by one

    def start_containerd(self):
        tools = self.cluster.tools
        path = f"{tools['containerd'].parent}:{tools['runc'].parent}:/usr/sbin:/usr/bin:/sbin:/bin"
        self.containerd = self.machine.start(
            "containerd", tools["containerd"], "--config", self.directory / "containerd.toml",
            env={"PATH": path})
        self.machine.wait_for_file("/run/containerd/containerd.sock")

    def import_image(self, path):
        self.machine.run(self.cluster.tools["ctr"], "--address", "/run/containerd/containerd.sock",
                         "--namespace", "k8s.io", "image", "import", path)

    def start_kubelet(self):
        self.kubelet = self.machine.start(
            "kubelet", self.cluster.tools["kubelet"],
            "--config", self.directory / "kubelet.json",
            "--kubeconfig", self.cluster.control.kubeconfig(self.name),
            "--hostname-override", self.name, "--node-ip", self.address)

    def restart_kubelet(self):
        self.kubelet.stop()
        self.start_kubelet()

    # The node as the API server knows it

    def object(self):
        return self.cluster.api.get("Node", self.name)

    @property
    def ready(self):
        conditions = self.object()["status"].get("conditions", [])
        return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)

    def capacity(self, resource):
        return count(self.object()["status"].get("capacity", {}).get(resource, "0"))

    def allocatable(self, resource):
        return count(self.object()["status"].get("allocatable", {}).get(resource, "0"))

    # Construction

    def _mount(self):
        """The node's own /var/lib, /var/log and /run over those of the machine beneath.

        kubelet's and containerd's directories are plain (an overlay cannot carry containers'
        overlays); kubelet's and the pods' network namespaces propagate mounts, as on a real node.
        """
        disk = self.directory / "disk"
        shutil.rmtree(disk / "run", ignore_errors=True)
        script = []
        for top in ("/var/lib", "/var/log", "/run"):
            upper, work = disk / top[1:] / "upper", disk / top[1:] / "work"
            upper.mkdir(parents=True, exist_ok=True)
            work.mkdir(exist_ok=True)
            script.append(f"mount -t overlay -o lowerdir={top},upperdir={upper},workdir={work}"
                          f" overlay {top}")
        for own in ("/var/lib/kubelet", "/var/lib/containerd", "/var/lib/coffer", "/run/netns",
                    "/run/coffer", "/run/containerd"):
            plain = disk / "plain" / own[1:]
            if own.startswith("/run"):
                shutil.rmtree(plain, ignore_errors=True)
            plain.mkdir(parents=True, exist_ok=True)
            script.append(f"mkdir -p {own}; mount --bind {plain} {own}; mount --make-shared {own}")
        self.machine.shell("\n".join(script))

    def _connect_network(self):
        machine.cable(self.cluster.control.machine, "nodes", self.machine, self.address,
                      controlplane.PREFIX_LENGTH)
        self.machine.shell(f"ip route add default via {controlplane.ADDRESS}")
        subnet = POD_SUBNET.format(index=self.index)
        self.cluster.control.machine.run("ip", "route", "replace", subnet, "via", self.address)

    def _write_configuration(self):
        (self.directory / "containerd.toml").write_text(self._containerd_configuration())
        (self.directory / "kubelet.json").write_text(json.dumps(self._kubelet_configuration()))
        (self.directory / "resolv.conf").write_text("")
        cni = self.directory / "cni"
        cni.mkdir(exist_ok=True)
        (cni / "10-bridge.conflist").write_text(json.dumps({
            "cniVersion": "1.0.0", "name": "pods", "plugins": [{
                "type": "bridge", "bridge": "pods", "isGateway": True,
                "ipam": {"type": "host-local",
                         "ranges": [[{"subnet": POD_SUBNET.format(index=self.index)}]],
                         "routes": [{"dst": "0.0.0.0/0"}]}}]}))

    def _containerd_configuration(self):
        tools = self.cluster.tools
        runtime = "plugins.'io.containerd.cri.v1.runtime'"
        return f"""version = 3
root = "/var/lib/containerd"
state = "/run/containerd"
oom_score = 0
[grpc]
address = "/run/containerd/containerd.sock"
[plugins.'io.containerd.cri.v1.images'.pinned_images]
sandbox = "{images.REPOSITORY}/pause:1"
[{runtime}]
restrict_oom_score_adj = true
[{runtime}.cni]
bin_dirs = ["{tools['bridge'].parent}"]
conf_dir = "{self.directory}/cni"
[{runtime}.containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[{runtime}.containerd.runtimes.runc.options]
BinaryName = "{tools['runc']}"
SystemdCgroup = false
"""

    def _kubelet_configuration(self):
        return {
            "apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration",
            "containerRuntimeEndpoint": "unix:///run/containerd/containerd.sock",
            "authentication": {"anonymous": {"enabled": True}, "webhook": {"enabled": False}},
            "authorization": {"mode": "AlwaysAllow"},
            "cgroupDriver": "cgroupfs", "cgroupRoot": self.cgroup, "cgroupsPerQOS": True,
            "failCgroupV1": False, "failSwapOn": False, "enforceNodeAllocatable": [],
            "makeIPTablesUtilChains": False, "oomScoreAdj": 0,
            "resolvConf": str(self.directory / "resolv.conf"),
            "nodeStatusUpdateFrequency": "1s", "nodeLeaseDurationSeconds": 10,
            "imageGCHighThresholdPercent": 100, "imageGCLowThresholdPercent": 99,
            "evictionHard": {"memory.available": "50Mi", "nodefs.available": "1%",
                             "nodefs.inodesFree": "1%", "imagefs.available": "1%"},
            "maxPods": 60,
        }
