#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Figures of the HTTP server: its processor time an answer over keep-alive connections, plain and
over TLS 1.3, and with a new TLS connection an answer; and beside it nginx with the same bytes in
memory, in turn in the same run. nginx is found in PATH or is $COFFER_NGINX; without it the ratios
are left out."""
import argparse
import json
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import tempfile
import time

BODY_SIZE = 6000    # bytes: a TCB info with its signature
ROUNDS = 7

# what is measured: the client, connections (0: a new one an answer), answers in one round, and the
# bar of nginx's time divided by ours
KINDS = {
    "keepalive": ("bench_http_load", 16, 40000, 1.0),
    "tls_keepalive": ("bench_https_load", 16, 10000, 1.0),
    "tls_new": ("bench_https_load", 0, 1000, 0.95),
}

NGINX_CONF = """
daemon off; master_process off; error_log {dir}/error.log; pid {dir}/pid;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 100000000; default_type application/json;
  client_body_temp_path {dir}/b; proxy_temp_path {dir}/p; fastcgi_temp_path {dir}/f;
  uwsgi_temp_path {dir}/u; scgi_temp_path {dir}/s;
  server {{
    listen 127.0.0.1:{port};
    listen 127.0.0.1:{tls_port} ssl;
    ssl_certificate {dir}/tls.crt; ssl_certificate_key {dir}/tls.key; ssl_protocols TLSv1.3;
    location = /tcb {{ set $a "{half}"; return 200 "$a$a"; }}
  }}
}}
"""


def figure(name, value, unit, bar, better):
    print(json.dumps({"name": name, "value": round(value, 3), "unit": unit, "bar": bar,
                      "better": better}), flush=True)


def cpu_s(process):
    """Processor time of all threads; the unit of schedstat is a nanosecond."""
    tasks = pathlib.Path(f"/proc/{process.pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def identity(directory):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost", "-days", "2",
                    "-keyout", f"{directory}/tls.key", "-out", f"{directory}/tls.crt"],
                   check=True, stderr=subprocess.DEVNULL)


def ours(build, *files):
    process = subprocess.Popen([build / "bench" / "bench_http_server", str(BODY_SIZE), *files],
                               stdout=subprocess.PIPE, text=True)
    return process, int(process.stdout.readline())


def nginx(path, directory):
    """The process, and its ports without and with TLS."""
    ports = free_port(), free_port()
    conf = pathlib.Path(directory) / "nginx.conf"
    conf.write_text(NGINX_CONF.format(dir=directory, port=ports[0], tls_port=ports[1],
                                      half="x" * (BODY_SIZE // 2)))
    process = subprocess.Popen([path, "-c", conf, "-p", directory, "-e", f"{directory}/error.log"],
                               stderr=subprocess.DEVNULL)
    return process, *ports


def round_us(build, kind, process, port, answers=None, stderr=None):
    """Microseconds of the server's processor time for an answer."""
    client, connections, usual, _ = KINDS[kind]
    before = cpu_s(process)
    subprocess.run([build / "bench" / client, str(port), "/tcb", str(connections),
                    str(answers or usual)], check=True, stderr=stderr)
    return (cpu_s(process) - before) / (answers or usual) * 1e6


def settle(build, kind, process, port):
    for _ in range(100):
        try:
            return round_us(build, kind, process, port, 160, subprocess.DEVNULL)
        except subprocess.CalledProcessError:
            time.sleep(0.05)
    raise SystemExit("bench/http_cost.py: the server does not answer")


def servers_start(build, other, directory):
    """{name: {kind: (process, port)}}"""
    identity(directory)
    plain = ours(build)
    secured = ours(build, f"{directory}/tls.crt", f"{directory}/tls.key")
    servers = {"ours": {"keepalive": plain, "tls_keepalive": secured, "tls_new": secured}}
    if other:
        process, port, tls_port = nginx(other, directory)
        servers["nginx"] = {"keepalive": (process, port), "tls_keepalive": (process, tls_port),
                            "tls_new": (process, tls_port)}
    return servers


def measure(build, servers, kind):
    times = {name: [] for name in servers}
    for name in servers:
        settle(build, kind, *servers[name][kind])
    for _ in range(ROUNDS):
        for name in servers:
            times[name].append(round_us(build, kind, *servers[name][kind]))
    medians = {name: statistics.median(values) for name, values in times.items()}
    figure(f"http.{kind}_us", medians["ours"], "us", None, "lower")
    if "nginx" in medians:
        figure(f"http.{kind}_nginx_us", medians["nginx"], "us", None, "lower")
        figure(f"http.{kind}_vs_nginx", medians["nginx"] / medians["ours"], "ratio",
               KINDS[kind][3], "higher")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    build = parser.parse_args().build
    other = os.environ.get("COFFER_NGINX") or shutil.which("nginx") or shutil.which(
        "nginx", path="/usr/sbin")
    with tempfile.TemporaryDirectory(prefix="coffer-") as directory:
        servers = servers_start(build, other, directory)
        try:
            for kind in KINDS:
                measure(build, servers, kind)
        finally:
            for process in {place[0] for places in servers.values() for place in places.values()}:
                process.terminate()
                process.wait()


if __name__ == "__main__":
    main()
