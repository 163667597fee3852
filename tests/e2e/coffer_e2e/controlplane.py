# SPDX-License-Identifier: Apache-2.0
"""The control plane: etcd, API server, scheduler and controller manager on a machine of their
own."""

import json
import secrets
import subprocess

from . import machine
from .api import Api, ApiError
from .waiting import wait_for

ADDRESS = "10.213.0.1"
PREFIX_LENGTH = 24
PORT = 6443
SERVICES = "10.215.0.0/24"
NODES_MAX = 32

USERS = {
    "admin": ("admin", "system:masters"),
    "scheduler": ("system:kube-scheduler", ""),
    "controller-manager": ("system:kube-controller-manager", ""),
    **{f"node-{i}": (f"system:node:node-{i}", "system:nodes") for i in range(1, NODES_MAX + 1)},
}


class ControlPlane:
    """`tools` maps a program's name to its path; everything that it keeps is in `directory`."""

    def __init__(self, directory, tools, init):
        self.directory = directory
        self.tools = tools
        self.machine = machine.Machine("control", directory, init)
        self.certificate = directory / "certificates" / "apiserver.crt"
        self.tokens = {user: secrets.token_hex(16) for user in USERS}
        self.processes = []

    def start(self):
        self.machine.power_on()
        self.machine.shell(
            f"ip link add nodes type bridge; ip addr add {ADDRESS}/{PREFIX_LENGTH} dev nodes;"
            " ip link set nodes up; ip route add default dev nodes;"
            " echo 1 > /proc/sys/net/ipv4/ip_forward")
        self._write_credentials()
        self._start("etcd", "--data-dir", self.directory / "etcd", "--unsafe-no-fsync",
                    "--log-level=warn")
        self._start("kube-apiserver", *self._api_server_flags())
        self.api = Api(self.machine, ADDRESS, PORT, self.tokens["admin"], self.certificate)
        wait_for("the API server is ready", self._ready, interval_s=0.2)
        self._start("kube-scheduler", "--kubeconfig", self.kubeconfig("scheduler"),
                    "--leader-elect=false")
        self._start("kube-controller-manager", *self._controller_manager_flags())

    def _start(self, name, *flags):
        self.processes.append(self.machine.start(name, self.tools[name], *flags))

    def _ready(self):
        dead = [p for p in self.processes if not p.alive]
        if dead:
            raise RuntimeError(f"{dead[0].name} ended: {dead[0].tail()}")
        return self.api.raw("GET", "/readyz") == b"ok"

    def _write_credentials(self):
        lines = [f'{self.tokens[user]},{name},{user},"{group}"\n'
                 for user, (name, group) in USERS.items()]
        (self.directory / "tokens.csv").write_text("".join(lines))
        subprocess.run(["openssl", "genrsa", "-out", self.directory / "accounts.key", "2048"],
                       check=True, capture_output=True)

    def _api_server_flags(self):
        key = self.directory / "accounts.key"
        return [
            f"--advertise-address={ADDRESS}", f"--secure-port={PORT}",
            f"--cert-dir={self.certificate.parent}", "--etcd-servers=http://127.0.0.1:2379",
            f"--token-auth-file={self.directory / 'tokens.csv'}",
            "--authorization-mode=Node,RBAC", "--anonymous-auth=false",
            f"--service-cluster-ip-range={SERVICES}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={key}", f"--service-account-signing-key-file={key}",
            "--kubelet-preferred-address-types=InternalIP", "--allow-privileged=true",
        ]

    def _controller_manager_flags(self):
        return [
            f"--kubeconfig={self.kubeconfig('controller-manager')}", "--leader-elect=false",
            "--use-service-account-credentials=true",
            f"--service-account-private-key-file={self.directory / 'accounts.key'}",
            f"--root-ca-file={self.certificate}",
            "--node-monitor-period=1s", "--node-monitor-grace-period=12s",
        ]

    def kubeconfig(self, user):
        """The path of a configuration (JSON is YAML) for one of USERS."""
        path = self.directory / f"{user}.kubeconfig"
        server = {"server": f"https://{ADDRESS}:{PORT}",
                  "certificate-authority": str(self.certificate)}
        path.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "c",
            "clusters": [{"name": "c", "cluster": server}],
            "users": [{"name": "u", "user": {"token": self.tokens[user]}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        }))
        return path

    def wait_for_default_account(self):
        """Pods are refused until the controller manager has made their service account."""
        def made():
            try:
                return self.api.get("ServiceAccount", "default")
            except ApiError:
                return None
        wait_for("the default service account", made)

    def kubectl(self, *arguments, text_input=None, check=True):
        return self.machine.run(self.tools["kubectl"], "--kubeconfig", self.kubeconfig("admin"),
                                *arguments, text_input=text_input, check=check)

    def stop(self):
        self.machine.power_off()
