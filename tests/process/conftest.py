# SPDX-License-Identifier: Apache-2.0
"""Process tests run the built programs; COFFER_BUILD_ROOT says where they are."""
import json
import os
import pathlib
import subprocess

import pytest

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("COFFER_BUILD_ROOT", SOURCE / "build"))
WORLD_AT = "2026-06-15T12:00:00Z"  # when the test authority's worlds are in date
VECTORS = pathlib.Path(os.environ.get("COFFER_VECTORS", SOURCE.parent / "shared" / "vectors"))


@pytest.fixture(scope="session")
def build():
    return BUILD


@pytest.fixture(scope="session")
def vectors():
    if not VECTORS.is_dir():
        pytest.skip(f"no real attestation data at {VECTORS} (set COFFER_VECTORS)")
    return VECTORS


@pytest.fixture(scope="session")
def coffer(build):
    """Run `coffer ARGS`; gives the completed process with text output."""
    def run(*args, timeout=60, **options):
        return subprocess.run([build / "coffer", *map(str, args)], capture_output=True, text=True,
                              timeout=timeout, check=False, **options)
    return run


@pytest.fixture
def judged(coffer, tmp_path):
    """a function: world and options -> exit status and report"""
    def judge(world, *options):
        for name, content in world.files().items():
            (tmp_path / name).write_bytes(content)
        run = coffer("verify", "--json", *options, "--at", WORLD_AT, "--collateral", tmp_path,
                     "--trust-root", tmp_path / "root.pem", tmp_path / "quote")
        assert run.returncode in (0, 1), run.stderr
        return run.returncode, json.loads(run.stdout)
    return judge
