#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Verification beside Phala's dcap-qvl 0.7.1 (Rust, ring): the same quote, the same collateral, one
thread. A figure is dcap-qvl's processor time over ours, so above 1 we are faster; each round
measures both, and the median of the rounds counts. Without cargo or its registry there are no
figures, and a line on standard error says why.
"""
import argparse
import json
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parent.parent
CRATE = SOURCE / "tests" / "interop" / "dcap-qvl"
sys.path.insert(0, str(SOURCE / "tests"))
from authority.world import World  # noqa: E402

AT = "1781524800"  # 2026-06-15T12:00:00Z, when the authority's worlds are in date
ROUNDS, CALLS, COMMANDS = 9, 200, 20
BARS = {"cold": 1.5, "parse": 2.5, "known": 22}


def rust_build():
    """the directory of the release programs, or None"""
    target = pathlib.Path(os.environ.get("COFFER_CACHE") or
                          pathlib.Path.home() / ".cache" / "coffer") / "dcap-qvl"
    if not shutil.which("cargo"):
        print("bench: no cargo here, dcap-qvl is not measured", file=sys.stderr)
        return None
    run = subprocess.run(["cargo", "build", "--release", "--locked", "--quiet", "--manifest-path",
                          CRATE / "Cargo.toml"], check=False,
                         env={**os.environ, "CARGO_TARGET_DIR": str(target)})
    if run.returncode != 0:
        print("bench: dcap-qvl cannot be built, it is not measured", file=sys.stderr)
        return None
    return target / "release"


def numbers_of(*command):
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return [float(word) for word in run.stdout.split()]


def command_s(*command):
    """user and system time of one run, of COMMANDS"""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for _ in range(COMMANDS):
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / COMMANDS


def figure(name, values, bar, better):
    print(json.dumps({"name": f"verify.{name}", "value": round(statistics.median(values), 4),
                      "unit": "ratio", "bar": bar, "better": better}), flush=True)


def measure(build, rust, directory):
    ratios = {name: [] for name in (*BARS, "command")}
    for _ in range(ROUNDS):
        theirs, = numbers_of(rust / "dcap-qvl-bench", AT, directory, str(CALLS))
        ours = numbers_of(build / "bench" / "bench_verify_calls", AT, directory, str(CALLS))
        for name, value in zip(BARS, ours):
            ratios[name].append(theirs / value)
        ratios["command"].append(
            command_s(build / "coffer", "verify", "--json", "--at", AT, "--collateral", directory,
                      "--trust-root", directory / "root.pem", directory / "quote")
            / command_s(rust / "dcap-qvl-check", AT, directory))
    for name, bar in BARS.items():
        figure(f"vs_dcap_qvl_{name}", ratios[name], bar, "higher")
    figure("command_ms_ratio", ratios["command"], 1, "lower")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True, type=pathlib.Path)
    build = parser.parse_args().build
    rust = rust_build()
    if not rust:
        return
    with tempfile.TemporaryDirectory(prefix="coffer-bench-") as name:
        for file, content in World().files().items():
            (pathlib.Path(name) / file).write_bytes(content)
        measure(build, rust, pathlib.Path(name))


if __name__ == "__main__":
    main()
