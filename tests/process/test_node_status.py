# SPDX-License-Identifier: Apache-2.0
"""coffer-node-status against an HTTPS server that answers as an API server, or misbehaves."""
import datetime
import http.server
import ipaddress
import json
import ssl
import subprocess
import threading

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

WANTED = 168 << 20


def self_signed(directory, address):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test API server")])
    now = datetime.datetime.utcnow()
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName(
            [x509.IPAddress(ipaddress.ip_address(address))]), False)
        .add_extension(x509.BasicConstraints(True, None), True).sign(key, hashes.SHA256()))
    both = directory / f"{address}.pem"
    both.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption()))
    return both


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        length = len(text) + (10 if self.server.state.get("short") else 0)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self):
        state = self.server.state
        state["seen"].append(("GET", self.path, self.headers["Authorization"]))
        if state.get("refuse"):
            self.answer(403, {"kind": "Status", "message": "nodes is forbidden"})
        else:
            self.answer(200, {"status": {"capacity": state["capacity"]}})

    def do_PATCH(self):
        state = self.server.state
        operations = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        state["seen"].append(("PATCH", self.path, self.headers["Content-Type"]))
        for operation in operations:
            name = operation["path"].rsplit("/", 1)[1].replace("~1", "/").replace("~0", "~")
            if operation["op"] == "remove":
                del state["capacity"][name]
            else:
                state["capacity"][name] = operation["value"]
        self.answer(200, {})

    def log_message(self, *_):
        pass


@pytest.fixture
def api(tmp_path):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path, "127.0.0.1"))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.state = {"seen": [], "capacity": {"cpu": "2"}}
    (tmp_path / "token").write_text("abc.def\n")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def run(build, tmp_path, api, *more, ca="127.0.0.1.pem"):
    return subprocess.run(
        [build / "coffer-node-status", "--node=n1", "--value=168Mi", "--once",
         f"--api-server=127.0.0.1:{api.server_address[1]}", f"--ca-file={tmp_path / ca}",
         f"--token-file={tmp_path / 'token'}", *more],
        capture_output=True, text=True, timeout=30, check=False)


def test_capacity_is_written_once_and_then_held(build, tmp_path, api):
    assert run(build, tmp_path, api).returncode == 0
    assert api.state["capacity"] == {"cpu": "2", "sgx.intel.com/epc": str(WANTED)}
    assert run(build, tmp_path, api).returncode == 0
    assert [kind for kind, _, _ in api.state["seen"]] == ["GET", "PATCH", "GET"]
    assert api.state["seen"][0] == ("GET", "/api/v1/nodes/n1", "Bearer abc.def")
    assert api.state["seen"][1][1:] == ("/api/v1/nodes/n1/status", "application/json-patch+json")


def test_a_refusal_gives_the_servers_own_words(build, tmp_path, api):
    api.state["refuse"] = True
    done = run(build, tmp_path, api)
    assert done.returncode == 2
    assert done.stderr.strip() == ("coffer node-status: the API server answered 403: "
                                   "nodes is forbidden")


def test_resources_are_taken_off(build, tmp_path, api):
    api.state["capacity"].update({"sgx.intel.com/epc": "0", "sgx.intel.com/enclave": "0"})
    remove = "--remove=sgx.intel.com/epc,example/never,sgx.intel.com/enclave"
    assert run(build, tmp_path, api, remove).returncode == 0
    assert api.state["capacity"] == {"cpu": "2"}
    assert run(build, tmp_path, api, remove).returncode == 0
    assert [kind for kind, _, _ in api.state["seen"]] == ["GET", "PATCH", "GET"]
    assert run(build, tmp_path, api, "--remove=").returncode == 2


def test_a_server_of_another_ca_gets_no_token(build, tmp_path, api):
    self_signed(tmp_path, "127.0.0.2")
    done = run(build, tmp_path, api, ca="127.0.0.2.pem")
    assert done.returncode == 2 and "certificate of 127.0.0.1" in done.stderr
    assert api.state["seen"] == []


def test_a_cut_response_is_not_taken(build, tmp_path, api):
    api.state["short"] = True
    done = run(build, tmp_path, api)
    assert done.returncode == 2 and "body bytes" in done.stderr


def test_a_token_that_would_break_the_request_is_not_sent(build, tmp_path, api):
    (tmp_path / "token").write_text("abc\r\nX-Evil: 1\n")
    done = run(build, tmp_path, api)
    assert done.returncode == 2 and "does not hold a bearer token" in done.stderr
    assert api.state["seen"] == []
