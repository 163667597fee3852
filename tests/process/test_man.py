# SPDX-License-Identifier: Apache-2.0
"""Each command has a man page that is sound and names every option of its --help."""
import re
import shutil
import subprocess

import pytest

from conftest import SOURCE

PAGES = sorted((SOURCE / "docs" / "man").glob("*.1"))


def commands_of(coffer):
    listed = coffer("--help").stdout.split("Commands:\n")[1].split("\n\n")[0]
    return [line.split()[0] for line in listed.splitlines()]


def test_the_first_page_names_every_command(coffer):
    page = (SOURCE / "docs/man/coffer.1").read_text()
    missing = [name for name in commands_of(coffer) if f".Xr coffer-{name} 1" not in page]
    assert not missing


def test_every_command_has_a_page(coffer):
    missing = [name for name in commands_of(coffer)
               if not (SOURCE / f"docs/man/coffer-{name}.1").exists()]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_is_sound(page):
    if not shutil.which("mandoc"):
        pytest.skip("mandoc is not installed")
    run = subprocess.run(["mandoc", "-Tlint", "-Wwarning", page], capture_output=True, text=True,
                         check=False)
    assert run.stdout == ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_names_every_option(coffer, page):
    name = page.stem.partition("-")[2]
    if name not in commands_of(coffer):
        pytest.skip("not a command of this build")
    text = page.read_text()
    options = re.findall(r"^  --([a-z0-9-]+)", coffer(name, "--help").stdout, re.M)
    common = {"help", "log", "log-format"}
    assert [option for option in options
            if option not in common and f"Fl -{option}" not in text] == []
