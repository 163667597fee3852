# SPDX-License-Identifier: Apache-2.0
"""Process tests run the built programs; COFFER_BUILD_ROOT says where they are."""
import os
import pathlib
import subprocess

import pytest

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("COFFER_BUILD_ROOT", SOURCE / "build"))
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
