# SPDX-License-Identifier: Apache-2.0
"""The collateral service as a process, over SQLite and over a real PostgreSQL, with an upstream
that serves the software platform's collateral of today, and faults."""
import collections
import hashlib
import http.client
import http.server
import json
import pathlib
import re
import signal
import ssl
import subprocess
import tempfile
import threading
import time
import urllib.parse

import postgres
import pytest

V4 = "/sgx/certification/v4"
TOKEN = "a token"
HASH = hashlib.sha512(TOKEN.encode()).hexdigest()


class Upstream(http.server.ThreadingHTTPServer):
    """Intel's PCS for one family. @faults: path without query -> status or a changed body."""
    daemon_threads = True

    def __init__(self, directory):
        super().__init__(("127.0.0.1", 0), Answer)
        self.files = {path.name: path.read_bytes() for path in directory.iterdir()}
        self.fmspc = json.loads(self.files["tcbinfo.json"])["tcbInfo"]["fmspc"]
        self.asked = collections.Counter()
        self.faults = {}
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


class Answer(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def pieces(self, path, query):
        files, chain = self.server.files, {}
        if path == f"{V4}/tcb" and query.get("fmspc") == [self.server.fmspc.upper()]:
            return files["tcbinfo.json"], {"TCB-Info-Issuer-Chain": "tcbchain.pem"}
        if path == f"{V4}/qe/identity":
            return files["qeid.json"], {"SGX-Enclave-Identity-Issuer-Chain": "qeidchain.pem"}
        if path == f"{V4}/pckcrl" and query.get("ca") == ["platform"]:
            return files["pckcrl.der"], {"SGX-PCK-CRL-Issuer-Chain": "pckcrlchain.pem"}
        if path == "/root.crl":
            return files["rootcrl.der"], chain
        return None, chain

    def do_GET(self):
        path, _, text = self.path.partition("?")
        self.server.asked[path] += 1
        body, chain = self.pieces(path, urllib.parse.parse_qs(text))
        fault = self.server.faults.get(path)
        if isinstance(fault, int) or body is None:
            self.send_error(fault or 404)
            return
        body = fault or body
        self.send_response(200)
        for name, file in chain.items():
            self.send_header(name, urllib.parse.quote(self.server.files[file].decode()))
        self.send_header("Content-Length", len(body))
        self.end_headers()
        self.wfile.write(body)


class Service:
    def __init__(self, build, target, root, upstream=None, *more):
        self.arguments = [
            build / "coffer", "collateral", f"--store={target}", f"--user-token-hash={HASH}",
             f"--admin-token-hash={HASH}", "--address=127.0.0.1:0",
            "--metrics=127.0.0.1:0", *more]
        self.arguments += [f"--trust-root={root}"] if root else []
        if upstream:
            self.arguments += [f"--upstream={upstream.url}",
                               f"--root-crl-url={upstream.url}/root.crl"]
        else:
            self.arguments += ["--fill=offline"]
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.arguments, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            found = re.search(r"collateral service begins.*port=(\d+)", line)
            if found:
                self.port = int(found[1])
                break
        else:
            raise AssertionError("the service did not start")
        threading.Thread(target=self.process.stderr.read, daemon=True).start()

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait(timeout=30)

    def ask(self, method, path, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body,
                               {name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def get(self, path, **headers):
        return self.ask("GET", path, **headers)


@pytest.fixture(scope="module", name="collateral")
def fixture_collateral(build, tmp_path_factory):
    """The software platform's collateral, issued now; root.pem lies beside it."""
    directory = tmp_path_factory.mktemp("collateral")
    subprocess.run([build / "coffer", "quote-helper", f"--state={directory}/state",
                    f"--export-collateral={directory}/out"], check=True, capture_output=True)
    return directory / "out"


@pytest.fixture(scope="module", name="server")
def fixture_server():
    if not postgres.program("initdb"):
        yield None
        return
    with tempfile.TemporaryDirectory() as directory:
        pathlib.Path(directory).chmod(0o755)
        server = postgres.Postgres(pathlib.Path(directory) / "pg")
        yield server
        server.down()


@pytest.fixture(name="target", params=["sqlite", "postgresql"])
def fixture_target(request, tmp_path, server):
    if request.param == "sqlite":
        return tmp_path / "collateral.db"
    if server is None:
        pytest.skip("PostgreSQL is not installed")
    name = f"t{time.monotonic_ns()}"
    subprocess.run([postgres.program("psql"), "-q", "-h", server.directory, "-U", "coffer",
                    "postgres", "-c", f"CREATE DATABASE {name}"], check=True)
    return server.target.replace("dbname=postgres", f"dbname={name}")


@pytest.fixture(name="upstream")
def fixture_upstream(collateral):
    upstream = Upstream(collateral)
    yield upstream
    upstream.shutdown()
    upstream.server_close()


@pytest.fixture(name="serve")
def fixture_serve(build, collateral, target):
    services = []

    def serve(upstream=None, *more):
        services.append(Service(build, target, collateral / "root.pem", upstream, *more))
        return services[-1]
    yield serve
    for service in services:
        if service.process.poll() is None:
            service.stop()


def tcb_path(upstream):
    return f"{V4}/tcb?fmspc={upstream.fmspc.lower()}"


def test_a_miss_is_fetched_once_and_kept(serve, upstream):
    service = serve(upstream)
    for _ in range(3):
        status, headers, body = service.get(tcb_path(upstream), Request_ID="abc")
        assert (status, body) == (200, upstream.files["tcbinfo.json"])
        chain = urllib.parse.unquote(headers["TCB-Info-Issuer-Chain"]).encode()
        assert chain == upstream.files["tcbchain.pem"]
        assert headers["Request-ID"] == "abc"
        assert 0 < int(re.fullmatch(r"max-age=(\d+)", headers["Cache-Control"])[1]) <= 86400
        assert int(headers["Age"]) < 60
    assert upstream.asked[f"{V4}/tcb"] == 1
    service.stop()
    offline = serve()  # what was fetched is still there
    assert offline.get(tcb_path(upstream))[2] == upstream.files["tcbinfo.json"]


def test_each_form_of_a_crl(serve, upstream):
    service = serve(upstream)
    crl, root = upstream.files["pckcrl.der"], upstream.files["rootcrl.der"]
    assert service.get(f"{V4}/pckcrl?ca=platform&encoding=der")[2] == crl
    assert service.get(f"{V4}/pckcrl?ca=platform")[2].decode() == crl.hex()
    assert b"BEGIN X509 CRL" in service.get(f"{V4}/pckcrl?ca=platform&clientid=x")[2]
    assert service.get(f"{V4}/rootcacrl")[2].decode() == root.hex()
    status, _, body = service.get("/IntelSGXRootCA.der",
                                  Host="certificates.trustedservices.intel.com")
    assert (status, body) == (200, root)


def test_upstream_faults_are_told_apart(serve, upstream):
    service = serve(upstream)
    forged = upstream.files["tcbinfo.json"].replace(b'"fmspc"', b'"FMSPC"', 1)
    for fault, status in [(404, 404), (429, 502), (500, 502), (forged, 502)]:
        upstream.faults[f"{V4}/tcb"] = fault
        got, _, body = service.get(tcb_path(upstream))
        assert got == status, (fault, body)
        assert body
    del upstream.faults[f"{V4}/tcb"]
    assert service.get(tcb_path(upstream))[0] == 200  # nothing of the forged one was kept


def test_one_fault_does_not_stop_a_refresh(serve, upstream):
    service = serve(upstream)
    assert service.get(tcb_path(upstream))[0] == 200
    assert service.get(f"{V4}/qe/identity")[0] == 200
    upstream.faults[f"{V4}/tcb"] = 500
    upstream.asked.clear()
    status, _, body = service.ask("POST", f"{V4}/refresh", admin_token=TOKEN)
    assert (status, body) == (502, b"1 items were renewed, 1 were not\n")
    assert upstream.asked[f"{V4}/qe/identity"] == 1
    assert service.get(tcb_path(upstream))[0] == 200  # the last good one is kept


def test_tokens(serve, upstream):
    service = serve(upstream)
    platform = json.dumps({"qe_id": "AA" * 16, "pce_id": "0000"})
    assert service.ask("POST", f"{V4}/platforms", platform)[0] == 401
    assert service.ask("POST", f"{V4}/platforms", platform, user_token="wrong")[0] == 401
    assert service.ask("POST", f"{V4}/platforms", platform, user_token=TOKEN)[0] == 201
    status, headers, body = service.get(f"{V4}/platforms?source=reg", admin_token=TOKEN)
    assert (status, headers["platform-count"]) == (200, "1")
    assert json.loads(body)[0]["qe_id"] == "AA" * 16


def test_bad_requests(serve):
    service = serve()
    for method, path, body, status in [
            ("GET", "/", None, 404), ("GET", f"{V4}/tcb?fmspc=zz", None, 400),
            ("GET", f"{V4}/crl?uri=http://127.0.0.1/", None, 400),
            ("DELETE", f"{V4}/tcb", None, 405), ("PUT", f"{V4}/platforms", None, 405),
            ("POST", f"{V4}/tcb", b"x" * 100, 413),
            ("POST", f"{V4}/platforms", b"x" * 200000, 413)]:
        got, _, text = service.ask(method, path, body)
        assert got == status, (method, path, text)
        assert text.strip()


def test_nothing_acknowledged_is_lost(serve, tmp_path):
    """kill -9 at random points under writes: every platform that was answered 201 is there."""
    service = serve()
    known = []
    for round_number in range(8):
        end = time.monotonic() + 0.02 + 0.03 * round_number
        killer = threading.Timer(end - time.monotonic(), service.process.kill)
        killer.start()
        try:
            while True:
                name = f"{len(known) + 1000 * round_number:032X}"
                body = json.dumps({"qe_id": name, "pce_id": "0000"})
                if service.ask("POST", f"{V4}/platforms", body, user_token=TOKEN)[0] == 201:
                    known.append(name)
        except OSError:
            pass
        except http.client.HTTPException:
            pass
        killer.join()
        service.process.wait(timeout=30)
        service.start()
    _, _, body = service.get(f"{V4}/platforms?source=reg", admin_token=TOKEN)
    stored = {row["qe_id"] for row in json.loads(body)}
    assert len(known) > 8
    assert set(known) <= stored


def test_the_store_goes_away_and_comes_back(build, collateral, upstream, server, tmp_path):
    if server is None:
        pytest.skip("PostgreSQL is not installed")
    service = Service(build, server.target, collateral / "root.pem", upstream)
    try:
        assert service.get(tcb_path(upstream))[0] == 200
        server.down()
        status, _, body = service.get(f"{V4}/qve/identity")
        assert (status, b"store" in body) == (503, True)
        server.up()
        deadline = time.monotonic() + 30
        while service.get(f"{V4}/qve/identity")[0] == 503 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert service.get(f"{V4}/qve/identity")[0] == 404
    finally:
        service.stop()


def test_another_root_stores_nothing(build, upstream, tmp_path):
    """Intel's root is the default, and the software platform's collateral is foreign to it."""
    service = Service(build, tmp_path / "db", None, upstream)
    try:
        status, _, body = service.get(tcb_path(upstream))
        assert (status, b"trusted" in body) == (502, True)
    finally:
        service.stop()


def certificate_make(directory, name):
    """An authority and a certificate for 127.0.0.1, by openssl."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-keyout", directory / "key.pem", "-out", directory / "cert.pem", "-days", "2",
         "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True)


def tls_get(service, path, authority):
    context = ssl.create_default_context(cafile=authority)
    connection = http.client.HTTPSConnection("127.0.0.1", service.port, timeout=30,
                                             context=context)
    try:
        connection.request("GET", path)
        return connection.getresponse().read(), connection.sock.getpeercert()
    finally:
        connection.close()


def test_tls_with_a_certificate_that_is_replaced(serve, upstream, tmp_path):
    certificate_make(tmp_path, "first")
    service = serve(upstream, f"--tls-certificate={tmp_path}/cert.pem",
                    f"--tls-key={tmp_path}/key.pem")
    body, shown = tls_get(service, f"{V4}/qe/identity", tmp_path / "cert.pem")
    assert body == upstream.files["qeid.json"]
    assert "first" in str(shown["subject"])
    certificate_make(tmp_path, "second")
    deadline = time.monotonic() + 60
    while True:
        try:
            shown = tls_get(service, f"{V4}/qe/identity", tmp_path / "cert.pem")[1]
            break
        except ssl.SSLCertVerificationError:
            assert time.monotonic() < deadline
            time.sleep(0.2)
    assert "second" in str(shown["subject"])


@pytest.mark.parametrize("arguments, words", [
    (["--address=0.0.0.0:0"], "not loopback"),
    (["--tls-key=x"], "go together"),
    (["--client-ca=x"], "needs --tls-certificate"),
    (["--tls-certificate=/nowhere", "--tls-key=/nowhere"], "/nowhere"),
    (["--fill=eager"], "none of lazy, req and offline"),
    (["--grace=-1"], "not within"),
    (["--admin-token-hash=abc"], "expected 128"),
    (["--trust-root=/nowhere"], "/nowhere"),
    (["--store=/nowhere/at/all"], "/nowhere/at/all"),
    (["--address=127.0.0.nowhere"], "nowhere"),
])
def test_options(build, tmp_path, arguments, words):
    done = subprocess.run([build / "coffer", "collateral", f"--store={tmp_path / 'db'}",
                           "--address=127.0.0.1:0", *arguments],
                          capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 2
