# SPDX-License-Identifier: Apache-2.0
"""coffer doctor over replayed machines, kubelet directories and agents."""
import http.server
import json
import socket
import threading

import pytest

from machine import MACHINES, Machine

READY = {"dc1s_v2", "dc2s_v2", "dc4s_v2", "dc8_v2", "dc48s_v3", "two_socket_1tib", "dcap_1_33",
         "dcap_1_41", "isgx", "epc_cgroup"}
NAMES = ["cpu", "bios", "flc", "sgx2", "fsgsbase", "driver", "enclave-device", "provision-device",
         "dev-exec", "epc", "epc-list", "epc-cgroup", "kubelet", "agent", "profile", "aesm",
         "quote-library"]


def closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def quiet():
    """Options that keep doctor away from whatever else runs on this machine."""
    return [f"--agent=127.0.0.1:{closed_port()}", "--aesm=/nowhere/aesm.socket"]


def checks_of(run):
    return {line["name"]: line for line in json.loads(run.stdout)["checks"]}


@pytest.mark.parametrize("name", sorted(path.stem for path in MACHINES.glob("*.machine")))
def test_every_machine(coffer, tmp_path, quiet, name):
    machine = Machine(tmp_path, name)
    run = coffer("doctor", "--json", *machine.options, *quiet)
    report = json.loads(run.stdout)
    assert run.returncode == (0 if name in READY else 1), run.stdout
    assert report["ready"] == (name in READY) and run.stderr == ""
    if "kubelet" in checks_of(run):
        assert [line["name"] for line in report["checks"]] == NAMES
    for line in report["checks"]:
        assert line["detail"]
        assert (line["remedy"] is not None) == (line["outcome"] in ("fail", "warning", "note"))
    assert any(line["outcome"] == "fail" for line in report["checks"]) == (name not in READY)

    text = coffer("doctor", *machine.options, *quiet)
    assert text.returncode == run.returncode
    assert all(len(line) <= 80 for line in text.stdout.splitlines()), text.stdout
    assert "\033" not in text.stdout


def test_epc_is_told_by_node_and_against_the_list(coffer, tmp_path, quiet):
    machine = Machine(tmp_path, "two_socket_1tib")
    run = coffer("doctor", "--json", *machine.options, *quiet)
    report = json.loads(run.stdout)
    assert report["epc_bytes"] == 1 << 40
    assert report["numa_nodes"] == [{"id": 0, "epc_bytes": 512 << 30},
                                    {"id": 1, "epc_bytes": 512 << 30}]
    checks = checks_of(run)
    assert checks["epc"]["detail"] == "1 TiB by sysfs: node 0 512 GiB, node 1 512 GiB"
    assert checks["epc-list"]["outcome"] == "note" and "intel" in checks["epc-list"]["remedy"]


def test_color_is_for_terminals_or_on_request(coffer, tmp_path, quiet):
    machine = Machine(tmp_path, "bios_off")
    run = coffer("doctor", "--color=always", *machine.options, *quiet)
    assert "\033[1;31mFAIL" in run.stdout
    assert coffer("doctor", "--color=sometimes").returncode == 2


def kubelet_dir(tmp_path, sockets):
    (tmp_path / "kubelet" / "device-plugins").mkdir(parents=True)
    (tmp_path / "kubelet" / "pod-resources").mkdir()
    listeners = []
    for name, listens in sockets:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(tmp_path / "kubelet" / name))
        if listens:
            listener.listen()
        listeners.append(listener)
    return listeners


def test_a_kubelet_that_answers(coffer, tmp_path, quiet):
    machine = Machine(tmp_path, "dc8_v2")
    sockets = kubelet_dir(tmp_path, [("device-plugins/kubelet.sock", True),
                                     ("pod-resources/kubelet.sock", True)])
    run = coffer("doctor", "--json", *machine.options, *quiet, f"--kubelet-dir={tmp_path}/kubelet")
    checks = checks_of(run)
    assert run.returncode == 0
    for name in ("device-plugins", "kubelet", "pod-resources"):
        assert checks[name]["outcome"] == "ok", checks[name]
    del sockets


def test_a_kubelet_that_is_gone(coffer, tmp_path, quiet):
    machine = Machine(tmp_path, "dc8_v2")
    sockets = kubelet_dir(tmp_path, [("device-plugins/kubelet.sock", False)])
    run = coffer("doctor", "--json", *machine.options, *quiet, f"--kubelet-dir={tmp_path}/kubelet")
    checks = checks_of(run)
    assert run.returncode == 1
    assert checks["kubelet"]["outcome"] == "fail"
    assert "nobody listens" in checks["kubelet"]["detail"]
    assert checks["pod-resources"]["outcome"] == "warning"
    del sockets


def test_a_kubelet_directory_that_was_named_must_be_there(coffer, tmp_path, quiet):
    machine = Machine(tmp_path, "dc8_v2")
    run = coffer("doctor", "--json", *machine.options, *quiet, f"--kubelet-dir={tmp_path}/none")
    assert run.returncode == 1
    assert checks_of(run)["device-plugins"]["outcome"] == "fail"


def test_a_file_in_place_of_the_kubelet_socket(coffer, tmp_path, quiet):
    machine = Machine(tmp_path, "dc8_v2")
    sockets = kubelet_dir(tmp_path, [])
    (tmp_path / "kubelet/device-plugins/kubelet.sock").touch()
    run = coffer("doctor", "--json", *machine.options, *quiet, f"--kubelet-dir={tmp_path}/kubelet")
    assert "non-socket" in checks_of(run)["kubelet"]["detail"]
    del sockets


class Agent(http.server.BaseHTTPRequestHandler):
    status, body = 200, b"ready\n"

    def do_GET(self):
        assert self.path == "/readyz"
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_):
        pass


@pytest.mark.parametrize("status, body, outcome, word", [
    (200, b"ready\n", "ok", "is ready"),
    (503, b"not ready\nkubelet: not connected\nmore\x1b[31m\n", "fail",
     "(503): kubelet: not connected; more?[31m"),
    (503, b"not ready\n", "fail", "(503): not ready"),
    (503, b"", "fail", "(503)"),
])
def test_the_agent_is_asked(coffer, tmp_path, status, body, outcome, word):
    machine = Machine(tmp_path, "dc8_v2")
    handler = type("Answer", (Agent,), {"status": status, "body": body})
    server = http.server.HTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    run = coffer("doctor", "--json", *machine.options, f"--aesm={tmp_path}/none",
                 f"--agent=127.0.0.1:{server.server_port}")
    server.shutdown()
    agent = checks_of(run)["agent"]
    assert agent["outcome"] == outcome and word in agent["detail"], agent


@pytest.mark.parametrize("answer", [b"", b"\0" * 10000, b"HTTP/1.1", b"HTTP/1.1 9999999 x\r\n\r\n",
                                    b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 200"])
def test_an_agent_that_answers_nonsense(coffer, tmp_path, answer):
    machine = Machine(tmp_path, "dc8_v2")
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()

    def serve():
        peer, _ = listener.accept()
        with peer:
            peer.recv(1024)
            try:
                peer.sendall(answer)
            except ConnectionError:
                pass

    thread = threading.Thread(target=serve)
    thread.start()
    run = coffer("doctor", "--json", *machine.options, f"--aesm={tmp_path}/none",
                 f"--agent=127.0.0.1:{listener.getsockname()[1]}")
    thread.join()
    agent = checks_of(run)["agent"]
    assert agent["outcome"] == "warning" and run.returncode == 0, agent


def test_a_silent_agent_does_not_hold_doctor_up(coffer, tmp_path):
    machine = Machine(tmp_path, "dc8_v2")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        run = coffer("doctor", "--json", *machine.options, f"--aesm={tmp_path}/none",
                     f"--agent=127.0.0.1:{listener.getsockname()[1]}")
    assert "timed out" in checks_of(run)["agent"]["detail"]


def test_quote_service(coffer, tmp_path, quiet):
    machine = Machine(tmp_path, "dc8_v2")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "aesm"))
        options = [*machine.options, quiet[0], f"--aesm={tmp_path}/aesm"]
        assert checks_of(coffer("doctor", "--json", *options))["aesm"]["outcome"] == "warning"
        listener.listen()
        assert checks_of(coffer("doctor", "--json", *options))["aesm"]["outcome"] == "ok"


def test_software_platform_looks_only(coffer, tmp_path, quiet):
    run = coffer("doctor", "--json", "--platform=software", "--epc=256Gi", *quiet,
                 f"--run-dir={tmp_path}/run")
    report = json.loads(run.stdout)
    assert run.returncode in (0, 1) and report["platform"] == "software"
    assert report["epc_bytes"] == 256 << 30
    assert checks_of(run)["epc-list"]["outcome"] == "note"
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("options, word", [
    (["--platform=sgx"], "none of auto"),
    (["--epc=lots", "--platform=software"], "lots"),
    (["--cpuid=/nowhere"], "/nowhere"),
    (["extra"], 'unexpected argument "extra"'),
])
def test_misuse(coffer, options, word):
    run = coffer("doctor", *options)
    assert run.returncode == 2 and run.stdout == "" and word in run.stderr


def test_a_bad_cpuid_file_is_refused_with_its_line(coffer, tmp_path):
    (tmp_path / "cpuid").write_text("# good\n7 0 0 4 0 0\n7 0 0 4 0\n")
    run = coffer("doctor", f"--cpuid={tmp_path}/cpuid")
    assert run.returncode == 2 and "line 3" in run.stderr
