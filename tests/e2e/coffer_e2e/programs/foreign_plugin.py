# SPDX-License-Identifier: Apache-2.0
"""Another device plugin, until it is ended: foreign_plugin.py DIRECTORY RESOURCE COUNT"""

import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "support"))

from wire import Server, dial, field, frame  # noqa: E402

PLUGIN = "/v1beta1.DevicePlugin/"


class Plugin(Server):
    """Serves a list that never changes, and grants nothing."""

    def __init__(self, path, count):
        self.list = b"".join(field(1, field(1, f"foreign-{i}") + field(2, "Healthy"))
                             for i in range(count))
        super().__init__(path, {
            PLUGIN + "GetDevicePluginOptions": lambda request: b"",
            PLUGIN + "Allocate": lambda request: field(1, b"")})

    def serve(self, stream):
        if stream.headers[":path"] != PLUGIN + "ListAndWatch":
            super().serve(stream)
            return
        with stream.connection.lock:
            stream.connection.h2.send_headers(
                stream.id, [(":status", "200"), ("content-type", "application/grpc")])
            stream.connection.flush()
        stream.connection.send_data(stream.id, frame(self.list), False)


def main():
    directory, resource, count = pathlib.Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    Plugin(directory / "foreign.sock", count)
    dial(directory / "kubelet.sock").call(
        "/v1beta1.Registration/Register",
        field(1, "v1beta1") + field(2, "foreign.sock") + field(3, resource))
    print("registered", flush=True)
    signal.pause()


main()
