# SPDX-License-Identifier: Apache-2.0
"""The node agent against a stand-in kubelet that shares no code with it."""
import json
import os
import pathlib
import signal
import socket
import stat
import struct
import subprocess
import tempfile
import time
import types

import pytest

from agent import EPC, PROVISION, Agent, Kubelet, free_port
from machine import Machine
from standin_kubelet import Insufficient
from wire import Refused, dial, field

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="device nodes are made by root only")


@pytest.fixture
def root():
    """A directory with a short name: socket paths hold 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="coffer-") as name:
        yield pathlib.Path(name)


@pytest.fixture
def start(build, root):
    """Start agents that end with the test."""
    agents = []

    def run(*options, **settings):
        agents.append(Agent(build, root, *options, **settings))
        return agents[-1].start()
    yield run
    for agent in agents:
        if agent.process.poll() is None:
            agent.kill()


@pytest.fixture
def kubelet(root):
    k = Kubelet(root / "kubelet")
    k.start()
    yield k
    k.stop()


def test_pods_are_placed_by_their_epc(start, kubelet):
    start()
    kubelet.wait(lambda: kubelet.allocatable(EPC) == 168)
    assert kubelet.list_pods(b"") == b""
    grant = kubelet.admit("first", EPC, 100)
    assert grant["envs"]["COFFER_EPC_LIMIT"] == str(100 << 20)
    (container, host, permissions), = [d for d in grant["devices"] if "provision" not in d[0]]
    assert container == "/dev/sgx_enclave" and permissions == "rw"
    assert stat.S_ISCHR(os.stat(host).st_mode)
    with pytest.raises(Insufficient):
        kubelet.admit("second", EPC, 100)
    kubelet.release("first")
    kubelet.admit("second", EPC, 100)


def test_provision_has_its_own_resource(start, kubelet):
    start()
    kubelet.wait(lambda: kubelet.allocatable(EPC) and kubelet.allocatable(PROVISION))
    enclave = kubelet.admit("enclave", EPC, 1)
    assert [d[0] for d in enclave["devices"]] == ["/dev/sgx_enclave"]
    provision = kubelet.admit("provision", PROVISION, 1)
    assert [d[0] for d in provision["devices"]] == ["/dev/sgx_provision"]
    assert "COFFER_EPC_LIMIT" not in provision["envs"]


def test_aliases_are_given_when_asked(start, kubelet):
    start("--device-aliases")
    kubelet.wait(lambda: kubelet.allocatable(EPC))
    paths = [d[0] for d in kubelet.admit("old", EPC, 1)["devices"]]
    assert sorted(paths) == ["/dev/sgx/enclave", "/dev/sgx_enclave"]


def mounted(grant, inside):
    """The host's directory that a container gets at @inside"""
    return next(pathlib.Path(mount[1]) for mount in grant["mounts"] if mount[0] == inside)


def test_aks_conventions_by_one_option(start, kubelet):
    agent = start("--aks", epc="4Gi")
    kubelet.wait(lambda: kubelet.allocatable(EPC) == 4096)
    assert agent.status()["profile"] == "aks"
    paths = [d[0] for d in kubelet.admit("old", EPC, 1)["devices"]]
    assert sorted(paths) == ["/dev/sgx/enclave", "/dev/sgx_enclave"]


def test_quote_helper_comes_with_its_socket(start, kubelet, root, build):
    if not (build / "coffer-quote-helper").exists():
        pytest.skip("no quote helper in this build")
    agent = start("--quote-helper", f"--aesm-dir={root}/aesm")
    kubelet.wait(lambda: kubelet.allocatable(EPC) and kubelet.allocatable(PROVISION))
    grant = kubelet.admit("quoting", EPC, 1)
    assert grant["envs"]["SGX_AESM_ADDR"] == "1"
    own = mounted(grant, "/var/run/aesmd")
    assert own.parent == root / "aesm" / "containers" and own.name.endswith(".1048576")
    assert mounted(kubelet.admit("other", EPC, 2), "/var/run/aesmd") != own
    agent.wait(lambda: (own / "aesm.socket").is_socket())
    assert "SGX_AESM_ADDR" not in kubelet.admit("provision", PROVISION, 1)["envs"]
    agent.wait(lambda: (root / "aesm" / "aesm.socket").is_socket())
    assert agent.stop() == 0
    agent_gone = dial_refused(root / "aesm" / "aesm.socket")
    assert agent_gone, "the service ends with the agent"


def dial_refused(path, patience=10):
    """Whether nobody serves the socket any more, within the patience."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(path))
            except OSError:
                return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("profile, resource", [
    ("aks", EPC), ("aliyun", "alibabacloud.com/sgx_epc_MiB"), ("intel", "sgx.intel.com/enclave")])
def test_profiles(start, kubelet, profile, resource):
    start(f"--profile={profile}", "--node-name=n")
    kubelet.wait(lambda: kubelet.allocatable(resource))
    epc_names = {EPC, "alibabacloud.com/sgx_epc_MiB"} & set(kubelet.plugins)
    assert len(epc_names) == (profile != "intel")
    assert kubelet.admit("p", resource, 1)["devices"][0][0] == "/dev/sgx_enclave"


def test_the_default_profile_is_safe_at_any_size(start, kubelet):
    """Without the right to write the Node's status a large node offers a part of its EPC."""
    agent = start("--numa-nodes=2", epc="1Ti")
    kubelet.wait(lambda: kubelet.allocatable(EPC) == 2048)
    status = agent.status()
    assert status["profile"] == "aks" and "only 2 GiB" in status["warning"]
    assert "nodes/status" in status["remedy"] and "only 2 GiB" in agent.log_text()
    (epc,) = [r for r in status["resources"] if r["epc"]]
    assert (epc["devices"], epc["left_out"]) == (2048, 1024 * 1024 - 2048)


def test_a_profile_that_does_not_fit_is_told(start, kubelet):
    agent = start("--profile=aks", epc="4Gi")
    kubelet.wait(lambda: kubelet.allocatable(EPC) == 4096)
    assert "--profile=auto" in agent.status()["remedy"]
    assert "--profile=auto" in agent.log_text()


def test_256_gib_are_listed_in_one_message(start, kubelet):
    agent = start("--profile=aks", epc="256Gi")
    kubelet.wait(lambda: kubelet.allocatable(EPC) == 262144, timeout=60)
    assert kubelet.plugins[EPC].list_sizes == [4194304]
    grant = kubelet.admit("large", EPC, 32768)
    assert grant["envs"]["COFFER_EPC_LIMIT"] == str(32768 << 20)
    assert agent.memory_kib() < 10 * 1024


def test_what_does_not_fit_is_told(start, kubelet):
    agent = start("--numa-nodes=2", "--profile=aks", epc="1Ti")
    kubelet.wait(lambda: kubelet.capacity(EPC) == 262144, timeout=60)
    assert "left_out_mib=786432" in agent.log_text()
    left_out = [v for k, v in agent.metrics().items() if k.startswith("coffer_epc_left_out_bytes")]
    assert left_out == [786432 << 20]


def test_preferred_allocation_stays_on_one_numa_node(start, kubelet):
    start("--numa-nodes=2", epc="256Mi")
    kubelet.wait(lambda: kubelet.allocatable(EPC) == 256)
    nodes = {i: node for i, (_, node) in kubelet.devices(EPC).items()}
    assert sorted(set(nodes.values())) == [0, 1]
    for pod in ("a", "b"):
        kubelet.admit(pod, EPC, 100)
        assert len({nodes[i] for i in kubelet.held[-1].ids}) == 1


def test_kubelet_restart(start, kubelet):
    agent = start()
    kubelet.wait(lambda: kubelet.allocatable(EPC) == 168)
    ids = sorted(kubelet.devices(EPC))
    kubelet.stop()
    agent.wait(lambda: agent.get("/readyz")[0] == 503)
    kubelet.start()
    kubelet.wait(lambda: kubelet.allocatable(EPC) == 168)
    assert sorted(kubelet.devices(EPC)) == ids
    agent.wait(lambda: agent.get("/readyz")[0] == 200)


def test_agent_killed_and_back_with_the_same_devices(start, kubelet):
    agent = start()
    kubelet.wait(lambda: kubelet.allocatable(EPC) == 168)
    kubelet.admit("pod", EPC, 100)
    ids = sorted(kubelet.devices(EPC))
    agent.kill()
    kubelet.wait(lambda: kubelet.allocatable(EPC) == 0)
    start()
    kubelet.wait(lambda: kubelet.allocatable(EPC) == 168)
    assert sorted(kubelet.devices(EPC)) == ids
    assert len(list(kubelet.plugin_dir.glob("coffer-sgx_epc*"))) == 1, "stale sockets are removed"


def test_upgrade_with_two_instances_has_no_gap(start, kubelet):
    old = start()
    kubelet.wait(lambda: kubelet.allocatable(EPC) == 168)
    new = start()
    kubelet.wait(lambda: kubelet.registrations >= 4)
    first = kubelet.plugins[EPC]
    kubelet.wait(lambda: kubelet.allocatable(EPC) == 168)
    assert old.stop() == 0
    kubelet.wait(lambda: len(first.list_sizes) > 1)
    assert kubelet.allocatable(EPC) == 168 and kubelet.plugins[EPC] is first
    assert "broke the protocol" not in old.log_text(), "siblings look at each other without noise"
    assert new.process.poll() is None


@pytest.mark.parametrize("left_behind", [
    {}, {"foreign-0": ("Healthy", None)}, {"000": ("Healthy", None)}],
    ids=["nothing", "foreign devices", "too few"])
def test_a_kubelet_that_follows_somebody_else_is_won_back(start, kubelet, left_behind):
    """The stream stays, but the kubelet has the devices of a plugin that took the name and left."""
    agent = start()
    kubelet.wait(lambda: kubelet.allocatable(EPC) == 168)
    agent.wait(lambda: agent.get("/readyz")[0] == 200)
    ours = kubelet.plugins[EPC]
    with kubelet.changed:
        ours.devices = dict(left_behind)
    (ours.path.parent / "foreign.sock").touch()  # what the agent can see of it
    agent.wait(lambda: agent.get("/readyz")[0] == 503 or kubelet.plugins[EPC] is not ours)
    kubelet.wait(lambda: kubelet.plugins[EPC] is not ours and kubelet.allocatable(EPC) == 168)
    assert "the kubelet has other devices for this resource" in agent.log_text()
    agent.wait(lambda: agent.get("/readyz")[0] == 200)
    kubelet.admit("pod", EPC, 100)
    assert not ours.path.exists(), "the old socket is gone"


def test_a_foreign_plugin_that_stays_is_told(start, kubelet):
    """Another plugin keeps our name: the agent says so, and does not fight all the time."""
    agent = start()
    kubelet.wait(lambda: kubelet.allocatable(EPC) == 168)

    foreign = types.SimpleNamespace(devices={"foreign-0": ("Healthy", None)},
                                    connection=types.SimpleNamespace(close=lambda: None))
    with kubelet.changed:
        first = kubelet.registrations
        kubelet.plugins[EPC] = foreign
    (kubelet.plugin_dir / "foreign.sock").touch()
    kubelet.wait(lambda: kubelet.registrations > first)
    with kubelet.changed:
        kubelet.plugins[EPC] = foreign
    (kubelet.plugin_dir / "foreign.sock").unlink()
    reason = "it would give out 1 devices, 1 of them not ours; we registered 168"
    agent.wait(lambda: reason in agent.get("/readyz")[1])
    assert kubelet.registrations <= first + 2


@pytest.mark.parametrize("limit", ["instances", "watches"])
def test_without_inotify_the_agent_polls(start, kubelet, build, root, limit):
    """The agent says which sysctl is exhausted, and still sees a new kubelet."""
    file = pathlib.Path(f"/proc/sys/user/max_inotify_{limit}")
    if not file.exists():
        pytest.skip("this kernel has no limits of inotify for a user namespace")
    agent = Agent(build, root, "--profile=aks", machine=Machine(root, "dc8_v2"))
    root.chmod(0o755)
    agent.command[:0] = ["unshare", "--user", "--map-root-user", "sh", "-ec",
                         f'echo 0 > {file}; exec "$@"', "sh"]
    agent.start()
    try:
        kubelet.wait(lambda: kubelet.allocatable(EPC) == 168)
        assert f"fs.inotify.max_user_{limit}" in agent.log_text()
        kubelet.stop()
        kubelet.start()
        kubelet.wait(lambda: kubelet.allocatable(EPC) == 168)
    finally:
        agent.kill()


def test_a_kubelet_with_another_root(start, root):
    """--root-dir moves everything but the directory of device plugins."""
    kubelet = Kubelet(root / "data")
    kubelet.plugin_dir = root / "plugins"
    kubelet.start()
    try:
        agent = start(f"--kubelet-dir={root}/data", f"--device-plugins-dir={root}/plugins")
        kubelet.wait(lambda: kubelet.allocatable(EPC) == 168)
        kubelet.admit("pod", EPC, 7)
        agent.wait(lambda: [c["devices"] for c in agent.status()["ledger"]["containers"]] == [7])
    finally:
        kubelet.stop()


def test_metrics_on_every_address(start, root):
    """IPv6 and IPv4 at once, as in the DaemonSet."""
    agent = start(f"--metrics=[::]:{(port := free_port())}")
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        if family == socket.AF_INET6 and not pathlib.Path("/proc/net/if_inet6").exists():
            continue
        with socket.socket(family) as client:
            client.connect((address, port))
            client.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
            assert b" 200 " in client.recv(100)
    assert agent.process.poll() is None


def test_removal_leaves_nothing_but_the_secret(start, kubelet, root, build):
    agent = start()
    kubelet.wait(lambda: kubelet.allocatable(EPC) == 168)
    remove = [build / "coffer-node", "--remove", f"--kubelet-dir={root}/kubelet",
              f"--run-dir={root}/run", f"--aesm-dir={root}/aesm"]
    refused = subprocess.run(remove, capture_output=True, text=True, check=False)
    assert refused.returncode == 1 and "an agent serves" in refused.stderr
    agent.kill()  # leaves its sockets behind
    assert list((root / "kubelet" / "device-plugins").glob("coffer-*"))
    (root / "run" / "share" / "somebody's").touch()
    done = subprocess.run(remove, capture_output=True, text=True, check=True)
    assert not list((root / "kubelet" / "device-plugins").glob("coffer-*"))
    assert [p.name for p in (root / "run").rglob("*")] == ["share", "somebody's"]
    assert f"kept {root}/run/share: it is a mount point or holds files of others" in done.stdout
    assert (root / "state" / "platform" / "secret").exists()
    (root / "run" / "share" / "somebody's").unlink()
    subprocess.run(remove, check=True)
    assert not (root / "run").exists()


def test_doctor_asks_the_running_agent(start, kubelet, root, coffer):
    """Doctor in the agent's container sees neither the host's /dev nor the agent's options."""
    agent = start("--profile=aks", machine=Machine(root, "dc48s_v3"))
    kubelet.wait(lambda: kubelet.allocatable(EPC) == 262144)
    agent.wait(lambda: agent.get("/readyz")[0] == 200)
    ask = ["doctor", "--json", f"--agent=127.0.0.1:{agent.port}", f"--kubelet-dir={root}/kubelet"]
    run = coffer(*ask)
    report = json.loads(run.stdout)
    checks = {c["name"]: c for c in report["checks"]}
    assert run.returncode == 0 and report["ready"] and report["seen_by"] == "agent"
    assert report["epc_bytes"] == 256 << 30 and report["platform"] == "hardware"
    assert checks["agent"]["outcome"] == "ok"
    assert checks["profile"]["outcome"] == "warning"
    assert "--profile=auto" in checks["profile"]["remedy"]
    (root / "other").mkdir()
    other = Machine(root / "other", "no_sgx")
    own = json.loads(coffer("doctor", *other.options, *ask[1:]).stdout)
    assert own["seen_by"] == "doctor" and not own["ready"]
    kubelet.stop()
    agent.wait(lambda: agent.get("/readyz")[0] == 503)
    assert coffer(*ask).returncode == 1


def test_late_kubelet(start, kubelet):
    kubelet.stop()
    agent = start()
    code, text = agent.get("/readyz")
    assert code == 503 and "no kubelet" in text
    kubelet.start()
    kubelet.wait(lambda: kubelet.allocatable(EPC) == 168)


def test_register_refused_is_tried_again(start, root):
    class Moody(Kubelet):
        refusals = 2

        def register(self, request):
            if self.refusals > 0:
                self.refusals -= 1
                raise Refused(14, "not today")
            return super().register(request)
    k = Moody(root / "kubelet")
    k.start()
    agent = start()
    k.wait(lambda: k.allocatable(EPC) == 168)
    assert "not today" in agent.log_text()
    k.stop()


def test_device_loss_and_return(start, kubelet):
    agent = start()
    kubelet.wait(lambda: kubelet.allocatable(EPC) == 168)
    host = kubelet.admit("pod", EPC, 10)["devices"][0][1]
    device = os.stat(host).st_rdev
    os.unlink(host)
    kubelet.wait(lambda: kubelet.allocatable(EPC) == 0)
    assert kubelet.capacity(EPC) == 168
    assert agent.get("/readyz")[0] == 503
    with pytest.raises(Refused) as refused:
        kubelet.plugins[EPC].connection.call(
            "/v1beta1.DevicePlugin/Allocate", field(1, field(1, sorted(kubelet.devices(EPC))[:1])))
    assert refused.value.code == 9
    os.mknod(host, stat.S_IFCHR | 0o666, device)
    kubelet.wait(lambda: kubelet.allocatable(EPC) == 168)


@pytest.mark.parametrize("name, count, nodes", [
    ("dc8_v2", 168, {None, 0}), ("dc48s_v3", 262144, {None}), ("dcap_1_33", 56, {None, 0})])
def test_recorded_machines(start, kubelet, root, name, count, nodes):
    start("--profile=aks", machine=Machine(root, name))
    kubelet.wait(lambda: kubelet.allocatable(EPC) == count, timeout=60)
    assert {node for _, node in kubelet.devices(EPC).values()} <= nodes
    assert kubelet.admit("pod", EPC, 1)["devices"][0][1].startswith(str(root / "dev"))


def test_driver_that_arrives_late(start, kubelet, root):
    machine = Machine(root, "driver_missing")
    agent = start(machine=machine)
    code, text = agent.get("/readyz")
    assert code == 503 and "platform" in text and EPC not in kubelet.plugins
    machine.apply("char dev/sgx_enclave 0666")
    kubelet.wait(lambda: kubelet.allocatable(EPC) > 0)


def test_committed_enclaves_are_those_of_the_mappings(start, kubelet, root):
    machine = Machine(root, "dc8_v2")
    container = "c0ffee" * 10 + "c0ff"
    machine.apply("file proc/77/maps 7f0000000000-7f0002000000 rw-s 00000000 00:05 5 "
                  "/dev/sgx_enclave\\n7f0002000000-7f0002001000 rw-p 00000000 00:00 0")
    machine.apply(f"file proc/77/cgroup 0::/kubepods.slice/cri-containerd-{container}.scope")
    machine.apply(f"file log/web_shop_front-{container}.log")
    agent = start(f"--container-logs={root}/log", machine=machine)
    name = f'coffer_epc_committed_bytes{{container_id="{container}",namespace="shop",pod="web"'
    agent.wait(lambda: [v for k, v in agent.metrics().items()
                        if k.startswith(name) and v == 32 << 20])


def test_committed_enclaves_of_the_software_platform(start, kubelet, root):
    """Each process is a connection to the ledger; its cgroup names the container."""
    agent = start()
    path = root / "run" / "share" / "ledger.sock"
    magic, hello, charge = 0x43504543, 1, 2
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as process:
        process.connect(str(path))
        for operation, pages in ((hello, 0), (charge, 4096)):
            process.send(struct.pack("<IIQQ40s", magic, operation, pages, 0, b""))
            assert struct.unpack("<IIQ", process.recv(64))[:2] == (magic, 0)
        rows = [v for k, v in agent.metrics().items() if k.startswith("coffer_epc_committed_bytes")]
        assert rows == [16 << 20]
        assert agent.status()["ledger"]["committed"][0]["processes"] == 1
    agent.wait(lambda: not agent.status()["ledger"]["committed"])


def ledger_ask(directory, *requests):
    """The pages granted for each (operation, pages, limit) of one process"""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as process:
        process.connect(str(directory / "ledger.sock"))
        granted = []
        for operation, pages, limit in requests:
            process.send(struct.pack("<IIQQ40s", 0x43504543, operation, pages, limit, b"mine"))
            magic, code, pages = struct.unpack("<IIQ", process.recv(64))
            assert (magic, code) == (0x43504543, 0)
            granted.append(pages)
        return granted


def test_the_ledger_believes_the_allocation_and_not_the_container(start, kubelet, root):
    agent = start()
    kubelet.wait(lambda: kubelet.allocatable(EPC) == 168)
    one = mounted(kubelet.admit("one", EPC, 2), "/run/coffer")
    two = mounted(kubelet.admit("two", EPC, 4), "/run/coffer")
    assert one != two and one.parent == root / "run" / "share" / "containers"
    agent.wait(lambda: (one / "ledger.sock").is_socket() and (two / "ledger.sock").is_socket())
    hello, charge = 1, 2
    assert ledger_ask(one, (hello, 1 << 40, 1 << 40), (charge, 1, 0)) == [512, 0]
    assert ledger_ask(two, (hello, 0, 0), (charge, 1 << 40, 0)) == [0, 1024]
    assert agent.stop() == 0
    start()  # an agent that starts again serves the directories that there are
    agent.wait(lambda: ledger_ask(two, (hello, 7, 0)) == [7])


def test_ledger(start, kubelet, coffer):
    agent = start()
    kubelet.wait(lambda: kubelet.allocatable(EPC) == 168)
    kubelet.admit("web", EPC, 40, container="front")
    kubelet.admit("web", EPC, 20, container="back")
    kubelet.admit("job", EPC, 30, namespace="batch")

    def table():
        run = coffer("node", "--status", f"--metrics=127.0.0.1:{agent.port}")
        return run.stdout if all(word in run.stdout for word in ("front", "back", "job")) else None
    text = agent.wait(table)
    assert max(map(len, text.splitlines())) <= 80, text
    assert "40" in text and "batch" in text
    name = 'coffer_epc_allocated_bytes{namespace="batch",pod="job",container="main"'
    rows = {k: v for k, v in agent.metrics().items() if k.startswith(name)}
    assert list(rows.values()) == [30 << 20], agent.get("/metrics")[1]
    kubelet.release("web")
    agent.wait(lambda: not any("web" in k for k in agent.metrics()), timeout=60)


def test_status_is_json_and_tells_whether_ready(start, kubelet, coffer):
    agent = start()
    kubelet.wait(lambda: kubelet.allocatable(EPC) == 168)
    agent.wait(lambda: agent.get("/readyz")[0] == 200)
    run = coffer("node", "--status", "--json", f"--metrics=127.0.0.1:{agent.port}")
    assert run.returncode == 0 and json.loads(run.stdout)
    kubelet.stop()
    agent.wait(lambda: agent.get("/readyz")[0] == 503)
    assert coffer("node", "--status", f"--metrics=127.0.0.1:{agent.port}").returncode == 1
    assert coffer("node", "--status", f"--metrics=127.0.0.1:{free_port()}").returncode == 2


def test_metrics_address_that_is_taken_comes_later(start, kubelet, root):
    """Two instances meet on one address in a rolling update on the host's network."""
    old = start()
    new = Agent(old.build, root)
    new.port = old.port
    new.command = [f"--metrics=127.0.0.1:{old.port}" if str(word).startswith("--metrics") else word
                   for word in new.command]
    new.log = root / "new.log"
    new.start()
    kubelet.wait(lambda: kubelet.registrations >= 4)
    assert old.stop() == 0
    new.wait(lambda: new.get("/readyz")[0] == 200)
    assert "in use" in new.log_text()
    assert new.stop() == 0


def test_ends_on_sigterm_and_leaves_nothing(start, kubelet):
    agent = start()
    kubelet.wait(lambda: kubelet.allocatable(EPC) == 168)
    agent.process.send_signal(signal.SIGTERM)
    assert agent.process.wait(60) == 0
    assert not list(kubelet.plugin_dir.glob("coffer-*"))


def test_old_kubelets_authority_with_slashes(start):
    agent = start()
    path = agent.socket()
    connection = dial(path)
    answer = connection.call("/v1beta1.DevicePlugin/GetDevicePluginOptions", authority=str(path))
    assert answer == b"\x10\x01"


@pytest.mark.parametrize("arguments", [
    ["--epc=lots"], ["--profile=none"], ["--platform=quantum"], ["--metrics=here"],
    ["--numa-nodes=0"],
    ["argument"], ["--json"]])
def test_misuse(build, tmp_path, arguments):
    run = subprocess.run([build / "coffer-node", f"--run-dir={tmp_path}", f"--state-dir={tmp_path}",
                          "--platform=software", *arguments],
                         capture_output=True, text=True, timeout=20, check=False)
    assert run.returncode == 2 and run.stderr.count("\n") <= 2 and run.stderr, run
