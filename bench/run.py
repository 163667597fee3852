#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Run the benchmarks and write build/bench.json.

Each row of PROGRAMS is a name prefix and a command, relative to the build directory ("{build}")
or the source tree ("{source}"). A command prints one JSON object a line:
{"name", "value", "unit", "bar", "better": "lower"|"higher"}; "bar" is null for a figure without
one.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parent.parent
PROGRAMS = [
    ("verify.", ["{build}/bench/bench_verify"]),
    ("verify.", ["/usr/bin/python3", "{source}/bench/dcap_qvl.py", "--build", "{build}"]),
    ("quote.", ["{build}/bench/bench_quote"]),
    ("sgx.", ["/usr/bin/python3", "{source}/bench/sgx.py", "--build", "{build}"]),
    ("http.", ["/usr/bin/python3", "{source}/bench/http_cost.py", "--build", "{build}"]),
    ("node.", ["/usr/bin/python3", "{source}/bench/node.py", "--build", "{build}"]),
]


def is_ok(figure):
    if figure["bar"] is None:
        return True
    if figure["better"] == "lower":
        return figure["value"] <= figure["bar"]
    return figure["value"] >= figure["bar"]


def figures_of(command, build):
    words = [word.format(build=build, source=SOURCE) for word in command]
    run = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=False,
                         env={**os.environ, "COFFER_BUILD_ROOT": str(build),
                              "COFFER_SOURCE_ROOT": str(SOURCE)})
    for line in run.stdout.splitlines():
        figure = json.loads(line)
        yield {**figure, "ok": is_ok(figure)}
    if run.returncode != 0:
        raise SystemExit(f"bench: {' '.join(words)} ended with status {run.returncode}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=SOURCE / "build", type=pathlib.Path)
    parser.add_argument("--only", default="", help="a prefix of figure names")
    options = parser.parse_args()
    build = options.build.resolve()
    figures = []
    for prefix, command in PROGRAMS:
        if not (prefix.startswith(options.only) or options.only.startswith(prefix)):
            continue
        for figure in figures_of(command, build):
            if not figure["name"].startswith(options.only):
                continue
            figures.append(figure)
            bar = "no bar" if figure["bar"] is None else f"bar {figure['bar']:g}"
            print(f"{'ok  ' if figure['ok'] else 'MISS'} {figure['name']:34} "
                  f"{figure['value']:>12.4g} {figure['unit']:10} {bar}", flush=True)
    (build / "bench.json").write_text(json.dumps(figures, indent=1) + "\n")
    return 0 if all(figure["ok"] for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
