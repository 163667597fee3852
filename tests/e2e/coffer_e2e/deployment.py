# SPDX-License-Identifier: Apache-2.0
"""The agent as a user installs it: the DaemonSet of deploy/, on nodes with a label."""

import json
import re

from . import images
from .agent import BUILD, SOURCE
from .waiting import wait_for

DEPLOY = SOURCE / "deploy" / "node"
TESTS = SOURCE / "tests" / "e2e" / "manifests"
NAMESPACE = "coffer-system"
LABEL = "coffer/platform=software"


def manifests(cluster, overlay):
    """An overlay's objects as kubectl makes them, with the image built here."""
    text = cluster.kubectl("kustomize", overlay).stdout
    return text.replace("image: coffer:latest", f"image: {images.REPOSITORY}/coffer:1")


class Deployment:
    """One installed overlay; `delete` takes its agents away, the namespace stays for the next."""

    def __init__(self, cluster, overlay):
        self.cluster = cluster
        self.text = manifests(cluster, overlay)
        path = images.coffer(cluster.image_directory, BUILD)
        if path not in cluster.images:
            cluster.add_image(path)
        cluster.kubectl("apply", "-f", "-", text_input=self.text)
        self.name = re.search(r"kind: DaemonSet\nmetadata:.*?\n  name: (\S+)", self.text,
                              re.DOTALL)[1]

    def add_node(self):
        node = self.cluster.add_node()
        self.cluster.kubectl("label", "node", node.name, LABEL)
        return node

    def agents(self):
        """The pods of the agents, by name."""
        items = self.cluster.api.get("Pod", namespace=NAMESPACE)["items"]
        return {i["metadata"]["name"]: i for i in items}

    def ready_agent(self):
        def ready():
            return [n for n, p in self.agents().items()
                    if all(c["ready"]
                           for c in p["status"].get("containerStatuses", [{"ready": 0}]))]
        return wait_for(lambda: f"an agent is ready: {self.story()}", ready)[0]

    def story(self):
        """What the agents' containers do and say, for the message of a failed wait."""
        return [(n, p["status"].get("containerStatuses")) for n, p in self.agents().items()]

    def kill_agent(self, node):
        """Kills the agent's container on a node with SIGKILL; kubelet starts it again."""
        name = self.ready_agent()
        before = self.agents()[name]["status"]["containerStatuses"][0]
        task = before["containerID"].removeprefix("containerd://")
        node.machine.run(self.cluster.tools["ctr"], "--address", "/run/containerd/containerd.sock",
                         "--namespace", "k8s.io", "task", "kill", "--signal", "SIGKILL", task)
        wait_for(lambda: f"the agent was started again; {self.story()}", lambda:
                 self.agents()[name]["status"]["containerStatuses"][0]["restartCount"]
                 > before["restartCount"])

    def upgrade(self):
        """Rolls out a changed template and returns when no old agent is left."""
        old = set(self.agents())
        change = {"spec": {"template": {"metadata": {"annotations": {"test": str(sorted(old))}}}}}
        self.cluster.kubectl("patch", "daemonset", self.name, "-n", NAMESPACE, "-p",
                             json.dumps(change))
        self.cluster.kubectl("rollout", "status", f"daemonset/{self.name}", "-n", NAMESPACE,
                             "--timeout=60s")
        wait_for("the old agents are gone", lambda: old.isdisjoint(self.agents()))

    def delete(self):
        self.cluster.kubectl("delete", "daemonset", self.name, "-n", NAMESPACE)
