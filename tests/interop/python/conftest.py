import os
import pathlib

import pytest


@pytest.fixture(scope="session")
def build():
    return pathlib.Path(os.environ["COFFER_BUILD_ROOT"])
