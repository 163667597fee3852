#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Figures of the HTTP server: processor time an answer over keep-alive connections, and beside it
nginx with the same bytes in memory, in turn in the same run. nginx is found in PATH or is
$COFFER_NGINX; without it the ratio is left out."""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time

BODY_SIZE = 6000    # bytes: a TCB info with its signature
CONNECTIONS = 16
ANSWERS = 40000     # in one round
ROUNDS = 7

NGINX_CONF = """
daemon off; master_process off; error_log {dir}/error.log; pid {dir}/pid;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 100000000; default_type application/json;
  client_body_temp_path {dir}/b; proxy_temp_path {dir}/p; fastcgi_temp_path {dir}/f;
  uwsgi_temp_path {dir}/u; scgi_temp_path {dir}/s;
  server {{
    listen 127.0.0.1:{port};
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
    import socket
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ours(build):
    process = subprocess.Popen([build / "bench" / "bench_http_server", str(BODY_SIZE)],
                               stdout=subprocess.PIPE, text=True)
    return process, int(process.stdout.readline())


def nginx(path, directory):
    port = free_port()
    conf = pathlib.Path(directory) / "nginx.conf"
    conf.write_text(NGINX_CONF.format(dir=directory, port=port, half="x" * (BODY_SIZE // 2)))
    process = subprocess.Popen([path, "-c", conf, "-p", directory, "-e", f"{directory}/error.log"],
                               stderr=subprocess.DEVNULL)
    return process, port


def round_us(build, process, port, answers=ANSWERS):
    """Microseconds of the server's processor time for an answer."""
    before = cpu_s(process)
    subprocess.run([build / "bench" / "bench_http_load", str(port), "/tcb", str(CONNECTIONS),
                    str(answers)], check=True)
    return (cpu_s(process) - before) / answers * 1e6


def settle(build, process, port):
    for _ in range(100):
        try:
            return round_us(build, process, port, 1000)
        except subprocess.CalledProcessError:
            time.sleep(0.05)
    raise SystemExit("bench/http_cost.py: the server does not answer")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    build = parser.parse_args().build
    other = os.environ.get("COFFER_NGINX") or shutil.which("nginx") or shutil.which(
        "nginx", path="/usr/sbin")
    servers = {"ours": ours(build)}
    with tempfile.TemporaryDirectory(prefix="coffer-") as directory:
        try:
            if other:
                servers["nginx"] = nginx(other, directory)
            times = {name: [] for name in servers}
            for process, port in servers.values():
                settle(build, process, port)
            for _ in range(ROUNDS):
                for name, (process, port) in servers.items():
                    times[name].append(round_us(build, process, port))
        finally:
            for process, _ in servers.values():
                process.terminate()
                process.wait()
    medians = {name: statistics.median(values) for name, values in times.items()}
    figure("http.keepalive_us", medians["ours"], "us", None, "lower")
    if "nginx" in medians:
        figure("http.keepalive_nginx_us", medians["nginx"], "us", None, "lower")
        figure("http.keepalive_vs_nginx", medians["nginx"] / medians["ours"], "ratio", 1.0,
               "higher")


if __name__ == "__main__":
    main()
