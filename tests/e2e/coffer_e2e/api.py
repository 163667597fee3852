# SPDX-License-Identifier: Apache-2.0
"""A client of the Kubernetes API for tests: JSON in, JSON out, errors as exceptions."""

import http.client
import json
import ssl
import threading
import urllib.parse

PLURALS = {
    "ConfigMap": "configmaps", "DaemonSet": "daemonsets", "Deployment": "deployments",
    "Event": "events",
    "Job": "jobs", "Namespace": "namespaces", "Node": "nodes", "Pod": "pods", "Secret": "secrets",
    "Service": "services", "ServiceAccount": "serviceaccounts",
}
CLUSTER_SCOPED = {"Namespace", "Node"}


class ApiError(LookupError):
    """The API server's refusal."""

    def __init__(self, status, text):
        super().__init__(f"{status}: {text}")
        self.status = status


class _Connection(http.client.HTTPSConnection):
    """HTTPS over a socket that is opened inside a machine's network."""

    def __init__(self, machine, address, port, context):
        super().__init__(address, port, context=context)
        self._machine = machine
        self._tls = context

    def connect(self):
        plain = self._machine.connect(self.host, self.port)
        self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)


def path_of(kind, api_version="v1", namespace="default", name=None):
    """The URL path of a collection or, with a name, of an object."""
    root = f"/api/{api_version}" if "/" not in api_version else f"/apis/{api_version}"
    middle = "" if kind in CLUSTER_SCOPED else f"/namespaces/{namespace}"
    return f"{root}{middle}/{PLURALS[kind]}" + (f"/{name}" if name else "")


class Api:
    """One connection per thread, opened again when the server closed it."""

    def __init__(self, machine, address, port, token, certificate):
        self._where = (machine, address, port)
        self._token = token
        self._certificate = certificate
        self._local = threading.local()

    def _connection(self):
        if not getattr(self._local, "connection", None):
            context = ssl.create_default_context(cafile=str(self._certificate))
            self._local.connection = _Connection(*self._where, context)
        return self._local.connection

    def _exchange(self, method, path, body, content_type):
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": content_type}
        connection = self._connection()
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            raise

    def raw(self, method, path, body=None, content_type="application/json"):
        """The answer's bytes. A connection that the server had closed is opened once more."""
        data = None if body is None else json.dumps(body)
        try:
            status, answer = self._exchange(method, path, data, content_type)
        except (OSError, http.client.HTTPException):
            status, answer = self._exchange(method, path, data, content_type)
        if status >= 300:
            raise ApiError(status, answer.decode(errors="replace")[:2000])
        return answer

    def call(self, method, path, body=None, content_type="application/json"):
        return json.loads(self.raw(method, path, body, content_type))

    def get(self, kind, name=None, namespace="default", api_version="v1", **query):
        path = path_of(kind, api_version, namespace, name)
        suffix = "?" + urllib.parse.urlencode(query) if query else ""
        return self.call("GET", path + suffix)

    def create(self, manifest):
        meta = manifest["metadata"]
        path = path_of(manifest["kind"], manifest["apiVersion"], meta.get("namespace", "default"))
        return self.call("POST", path, manifest)

    def patch(self, kind, name, patch, namespace="default", api_version="v1"):
        return self.call("PATCH", path_of(kind, api_version, namespace, name), patch,
                         "application/merge-patch+json")

    def delete(self, kind, name, namespace="default", api_version="v1", grace_s=None):
        path = path_of(kind, api_version, namespace, name)
        options = {} if grace_s is None else {"gracePeriodSeconds": grace_s}
        try:
            self.call("DELETE", path, options)
        except ApiError as error:
            if error.status != 404:
                raise
