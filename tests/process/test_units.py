# SPDX-License-Identifier: Apache-2.0
"""The systemd units in deploy/systemd, as systemd itself reads them."""
import pathlib
import re
import shutil
import subprocess

import pytest

DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_finds_no_fault(unit, tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    text = re.sub(r"^(Documentation=).*$", "", unit.read_text(), flags=re.M)
    installed = tmp_path / unit.name
    installed.write_text(text.replace("/usr/bin/coffer", "/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(installed)],
                          capture_output=True, text=True, check=False)
    faults = [line for line in done.stderr.splitlines() if unit.name in line]
    assert not faults and done.returncode == 0, done.stderr


def test_the_agent_starts_before_the_kubelet():
    (text,) = [u.read_text() for u in UNITS if u.name == "coffer-node.service"]
    before = {name for line in re.findall(r"^Before=(.*)$", text, re.M) for name in line.split()}
    assert {"kubelet.service", "k3s.service", "rke2-agent.service"} <= before
    assert "kubelet.service" not in " ".join(re.findall(r"^(?:After|Requires)=(.*)$", text, re.M))
