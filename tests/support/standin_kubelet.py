# SPDX-License-Identifier: Apache-2.0
"""A stand-in for the kubelet: the device manager's rules, as far as a device plugin meets them.

It admits, refuses and releases containers by their device requests, answers the pod-resources API,
and, like the real one, removes every socket in its directory when it starts.
"""
import dataclasses
import pathlib
import random
import stat
import threading
import time

from wire import Refused, Server, all_of, dial, field, fields, first_of

PLUGIN = "/v1beta1.DevicePlugin/"


class Insufficient(Exception):
    """Not enough healthy devices are free."""


@dataclasses.dataclass
class Held:
    namespace: str
    pod: str
    container: str
    resource: str
    ids: list


def grant_of(response):
    """The first ContainerAllocateResponse as a dictionary."""
    grant = {"envs": {}, "mounts": [], "devices": []}
    for number, value in fields(first_of(response, 1)):
        if number == 1:
            grant["envs"][first_of(value, 1).decode()] = first_of(value, 2).decode()
        elif number == 2:
            grant["mounts"].append((first_of(value, 1).decode(), first_of(value, 2).decode(),
                                    bool(first_of(value, 3, 0))))
        elif number == 3:
            grant["devices"].append(tuple(first_of(value, n).decode() for n in (1, 2, 3)))
    return grant


def devices_of(response):
    """A ListAndWatchResponse as {id: (health, NUMA node or None)}."""
    devices = {}
    for device in all_of(response, 1):
        topology = first_of(device, 3, None)
        node = None if topology is None else first_of(first_of(topology, 1), 1, 0)
        devices[first_of(device, 1).decode()] = (first_of(device, 2).decode(), node)
    return devices


class Plugin:
    """A registered plugin, dialled back."""

    def __init__(self, kubelet, resource, path):
        self.kubelet = kubelet
        self.resource = resource
        self.path = path
        self.connection = dial(path)
        options = self.connection.call(PLUGIN + "GetDevicePluginOptions")
        self.prefers = bool(first_of(options, 2, 0))
        self.devices = {}
        self.list_sizes = []

    def watch(self):
        try:
            stream = self.connection.open(PLUGIN + "ListAndWatch", b"")
        except OSError:
            return
        while (message := stream.next(timeout=None)) is not None:
            with self.kubelet.changed:
                self.list_sizes.append(len(message))
                self.devices = devices_of(message)
                self.kubelet.changed.notify_all()
        with self.kubelet.changed:
            self.devices = {i: ("Unhealthy", node) for i, (_, node) in self.devices.items()}
            self.kubelet.changed.notify_all()


class Kubelet:
    def __init__(self, root):
        self.plugin_dir = pathlib.Path(root) / "device-plugins"
        self.pod_dir = pathlib.Path(root) / "pod-resources"
        self.changed = threading.Condition()
        self.plugins = {}
        self.held = []
        self.registrations = 0
        self.is_running = False
        self.servers = []

    def start(self):
        self.is_running = True
        for directory in (self.plugin_dir, self.pod_dir):
            directory.mkdir(parents=True, exist_ok=True)
            for path in directory.iterdir():
                if stat.S_ISSOCK(path.lstat().st_mode):
                    path.unlink()
        self.servers = [
            Server(self.plugin_dir / "kubelet.sock",
                   {"/v1beta1.Registration/Register": self.register}),
            Server(self.pod_dir / "kubelet.sock", {
                "/v1.PodResourcesLister/List": self.list_pods,
                "/v1.PodResourcesLister/GetAllocatableResources": self.list_allocatable}),
        ]

    def stop(self):
        for server in self.servers:
            server.close()
        with self.changed:
            self.is_running = False
            plugins, self.plugins = list(self.plugins.values()), {}
        for plugin in plugins:
            plugin.connection.close()

    def register(self, request):
        version, endpoint, resource = (first_of(request, n).decode() for n in (1, 2, 3))
        if version != "v1beta1" or "/" not in resource:
            raise Refused(3, f"version {version!r}, resource {resource!r}")
        plugin = Plugin(self, resource, self.plugin_dir / endpoint)
        with self.changed:
            is_late = not self.is_running  # stop() was called while the plugin was dialled
            if not is_late:
                self.plugins[resource] = plugin
                self.registrations += 1
        if is_late:
            plugin.connection.close()
            raise Refused(14, "the kubelet stops")
        threading.Thread(target=plugin.watch, daemon=True).start()
        return b""

    def list_pods(self, _request):
        with self.changed:
            pods = {}
            for h in self.held:
                devices = field(1, h.resource) + field(2, h.ids)
                container = field(1, h.container) + field(2, devices)
                pods.setdefault((h.namespace, h.pod), []).append(container)
        return b"".join(field(1, field(1, pod) + field(2, namespace) + field(3, containers))
                        for (namespace, pod), containers in pods.items())

    def list_allocatable(self, _request):
        """Healthy devices, each in a message of its own, as the kubelet has them."""
        with self.changed:
            return b"".join(field(1, field(1, resource) + field(2, [device]))
                            for resource, plugin in self.plugins.items()
                            for device, (health, _) in plugin.devices.items()
                            if health == "Healthy")

    def wait(self, condition, timeout=60):
        """Wait until condition() holds; gives its value."""
        end = time.monotonic() + timeout
        with self.changed:
            while not (value := condition()):
                rest = end - time.monotonic()
                if rest <= 0:
                    raise TimeoutError("the kubelet waited in vain")
                self.changed.wait(min(rest, 0.2))
            return value

    def devices(self, resource):
        plugin = self.plugins.get(resource)
        return plugin.devices if plugin else {}

    def capacity(self, resource):
        return len(self.devices(resource))

    def allocatable(self, resource):
        return sum(health == "Healthy" for health, _ in self.devices(resource).values())

    def free(self, resource):
        taken = {i for h in self.held if h.resource == resource for i in h.ids}
        return [i for i, (health, _) in self.devices(resource).items()
                if health == "Healthy" and i not in taken]

    def admit(self, pod, resource, count, container="main", namespace="default"):
        """Give `count` devices to a container as the kubelet does; gives what Allocate answered."""
        plugin = self.plugins[resource]
        free = self.free(resource)
        if len(free) < count:
            raise Insufficient(f"Insufficient {resource}: {count} asked, {len(free)} free")
        ids = random.sample(free, count)
        if plugin.prefers:
            request = field(1, free) + field(3, count)
            answer = plugin.connection.call(PLUGIN + "GetPreferredAllocation", field(1, request))
            ids = [i.decode() for i in all_of(first_of(answer, 1), 1)]
        answer = plugin.connection.call(PLUGIN + "Allocate", field(1, field(1, ids)))
        with self.changed:
            self.held.append(Held(namespace, pod, container, resource, ids))
        return grant_of(answer)

    def release(self, pod, namespace="default"):
        with self.changed:
            self.held = [h for h in self.held if (h.namespace, h.pod) != (namespace, pod)]
