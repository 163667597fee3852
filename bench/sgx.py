#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Figures of the software SGX platform: bench_sgx under each tier of `coffer run`."""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

# name, what bench_sgx measures, the enclave, the tier, unit, bar; more is better for those in RATES
FIGURES = [
    ("sgx.eenter_eexit_us", "transitions", "bench", "auto", "us", 0.4),
    ("sgx.eenter_eexit_signal_us", "signal", "bench", "auto", "us", 3),
    ("sgx.eenter_eexit_sigill_us", "transitions", "bench", "sigill", "us", None),
    ("sgx.eenter_eexit_call_us", "transitions", "bench", "call", "us", 0.2),
    ("sgx.load_64mib_ratio", "load", "bench-64mib", "auto", "ratio", 1.6),
    ("sgx.inside_ratio", "inside", "bench", "auto", "ratio", 1.01),
    ("sgx.map_60gib_ms", "map", "bench", "auto", "ms", 1),
    ("sgx.map_60gib_resident_mib", "resident", "bench", "auto", "MiB", 1),
    ("sgx.gcm_gib_s_ratio", "gcm", "bench", "auto", "ratio", 0.5),
]
RATES = ["sgx.gcm_gib_s_ratio"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    build = parser.parse_args().build.resolve()
    failed = False
    with tempfile.TemporaryDirectory() as state:
        for name, what, enclave, tier, unit, bar in FIGURES:
            run = subprocess.run(
                [build / "coffer", "run", "--epc=1Gi", f"--state={state}", f"--tier={tier}", "--",
                 build / "bench" / "bench_sgx", what, build / "bench" / f"{enclave}.signed"],
                capture_output=True, text=True, check=False)
            if run.returncode != 0:
                print(f"{name}: {run.stderr.strip()}", file=sys.stderr)
                failed = True
                continue
            print(json.dumps({"name": name, "value": float(run.stdout), "unit": unit, "bar": bar,
                              "better": "higher" if name in RATES else "lower"}), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
