# SPDX-License-Identifier: Apache-2.0
"""Pods in tests: short manifests, and waiting for what becomes of them."""

from . import images
from .api import ApiError
from .waiting import wait_for

EPC = "kubernetes.azure.com/sgx_epc_mem_in_MiB"
SHELL = f"{images.REPOSITORY}/shell:1"
FOREVER = "trap 'exit 0' TERM; while :; do sleep 0.2; done"


def container(name, script=FOREVER, epc=0, image=SHELL, **more):
    """A container that runs a shell script (or, with `command`, a program of its image)."""
    made = {"name": name, "image": image, "imagePullPolicy": "Never"}
    if script:
        made["command"] = ["/bin/sh", "-c", script]
    if epc:
        made["resources"] = {"limits": {EPC: str(epc)}}
    return {**made, **more}


def pod(name, *containers, namespace="default", **spec):
    return {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"containers": list(containers), "terminationGracePeriodSeconds": 2,
                 "dnsPolicy": "Default", **spec},
    }


def on_node(node):
    """For a pod's spec: only this node, still by way of the scheduler."""
    return {"nodeSelector": {"kubernetes.io/hostname": node.name}}


def identity(status):
    """What must not change while a pod is left in peace: container IDs, starts, restarts."""
    return [(c["name"], c.get("containerID"), c["restartCount"],
             c["state"].get("running", {}).get("startedAt"))
            for c in status["containerStatuses"]]


class Pods:
    """The pods of one namespace."""

    def __init__(self, cluster, namespace="default"):
        self.cluster = cluster
        self.namespace = namespace

    def create(self, manifest):
        return self.cluster.api.create(manifest)

    def get(self, name):
        return self.cluster.api.get("Pod", name, self.namespace)

    def status(self, name):
        return self.get(name)["status"]

    def phase(self, name):
        return self.status(name).get("phase")

    def _story(self, name):
        """Why a pod is where it is, for the message of a failed wait."""
        try:
            status = self.status(name)
        except ApiError as error:
            return str(error)
        events = self.cluster.api.get(
            "Event", namespace=self.namespace, fieldSelector=f"involvedObject.name={name}")
        lines = [f"{e['reason']}: {e.get('message')}" for e in events["items"]]
        return f"{status.get('phase')} {status.get('containerStatuses')} {lines[-8:]}"

    def wait_phase(self, name, phase, timeout_s=60):
        wait_for(lambda: f"pod {name} is {phase}; it is {self._story(name)}",
                 lambda: self.phase(name) == phase, timeout_s)
        return self.status(name)

    def wait_running(self, *names, timeout_s=60):
        """Waits until every container of the pods runs; returns the last one's status."""
        status = None
        for name in names:
            def started(name=name):
                found = self.status(name)
                states = found.get("containerStatuses", [])
                return found["phase"] == "Running" and all("running" in c["state"] for c in states)
            wait_for(lambda name=name: f"pod {name} runs; it is {self._story(name)}", started,
                     timeout_s)
            status = self.status(name)
        return status

    def create_like_a_controller(self, manifest, phases=("Running",), timeout_s=30):
        """Creates a pod, and again when kubelet refuses it, until it is in one of the phases.

        The API server keeps showing a node's last known EPC while kubelet, restarted, has none
        yet: a pod bound in between is refused, and its controller makes another one.
        """
        name = manifest["metadata"]["name"]
        self.create(manifest)

        def running():
            if self.status(name).get("reason") == "UnexpectedAdmissionError":
                self.delete(name)
                self.create(manifest)
            status = self.status(name)
            return status["phase"] in phases and "reason" not in status
        wait_for(lambda: f"pod {name} is {phases}; it is {self._story(name)}", running, timeout_s)

    def why_pending(self, name, timeout_s=30):
        """Waits until the scheduler has refused a pod; returns its reason."""
        def refusal():
            for condition in self.status(name).get("conditions", []):
                if condition["type"] == "PodScheduled" and condition["status"] == "False":
                    return condition["message"]
            return None
        return wait_for(lambda: f"pod {name} is refused; it is {self._story(name)}", refusal,
                        timeout_s)

    def wait_end(self, name, timeout_s=60):
        """Waits until a pod has ended; returns Succeeded or Failed."""
        return wait_for(lambda: f"pod {name} ends; it is {self._story(name)}",
                        lambda: {"Succeeded": "Succeeded", "Failed": "Failed"}.get(
                            self.phase(name)), timeout_s)

    def wait_log(self, name, text, container_name=None, timeout_s=30, minimum=1):
        """Waits until a pod's log has a text, `minimum` times; returns the log."""
        def said():
            log = self.cluster.logs(name, container_name, self.namespace)
            return log if log.count(text) >= minimum else None
        return wait_for(lambda: f"pod {name} says {text!r}; it is {self._story(name)} and says "
                        f"{self.cluster.logs(name, container_name, self.namespace)[-2000:]!r}",
                        said, timeout_s)

    def delete(self, *names, timeout_s=60):
        """Deletes pods and waits until they are gone."""
        for name in names:
            self.cluster.api.delete("Pod", name, self.namespace)
        for name in names:
            wait_for(f"pod {name} is gone", lambda name=name: not self._exists(name), timeout_s)

    def _exists(self, name):
        try:
            self.get(name)
            return True
        except ApiError as error:
            if error.status == 404:
                return False
            raise

    def forget_node(self, node):
        """Deletes the pods of a node that is gone, in every namespace, without asking it."""
        items = self.cluster.api.call(
            "GET", f"/api/v1/pods?fieldSelector=spec.nodeName%3D{node.name}")["items"]
        for item in items:
            meta = item["metadata"]
            self.cluster.api.delete("Pod", meta["name"], meta["namespace"], grace_s=0)

    def delete_all(self):
        items = self.cluster.api.get("Pod", namespace=self.namespace)["items"]
        self.delete(*(i["metadata"]["name"] for i in items))
