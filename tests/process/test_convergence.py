# SPDX-License-Identifier: Apache-2.0
"""Every combination of levels against the rules written a second time
(tests/authority/rules.py)."""
import itertools
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from authority import collateral  # noqa: E402
from authority.collateral import isv_level, level, module  # noqa: E402
from authority.rules import (  # noqa: E402
    MODULE_STATUSES, QE_STATUSES, STATUSES, UNKNOWN, converge, relaunch)
from authority.world import World  # noqa: E402

from library import judge  # noqa: E402,F401

ACCEPTED = ("UpToDate", "SWHardeningNeeded")
TDX = collateral.TDX_COMPONENTS


def assert_report(report, status, dates, advisories, launch=None, current=None):
    assert report["tcb_status"] == status
    assert report["launch_tcb_status"] == (launch or status)
    assert report["current_tcb_status"] == (current or status)
    assert report["accepted"] is (status in ACCEPTED)
    assert [c["name"] for c in report["checks"] if not c["ok"]] == (
        [] if status in ACCEPTED else ["tcb.status"])
    assert report["advisory_ids"] == sorted(set(advisories))
    assert report["tcb_date"] == min(dates) + "T00:00:00Z"


@pytest.mark.parametrize("platform,qe", itertools.product(STATUSES, QE_STATUSES))
def test_sgx(judge, platform, qe):
    world = World()
    world.set_levels(level(platform, date="2025-05-05", advisories=["B", "A"]))
    world.set_qe_levels(isv_level(8, qe, "2024-04-04", ["C", "A"]))
    assert_report(judge.report(world.files()), converge(platform, qe), ["2025-05-05", "2024-04-04"],
                  "ABC")


@pytest.mark.parametrize("platform,qe,tdx",
                         itertools.product(STATUSES, QE_STATUSES, MODULE_STATUSES))
def test_tdx_with_module(judge, platform, qe, tdx):
    world = World(4, "TD10")
    world.set_levels(level(platform, tdx=[0, 0] + TDX[2:], date="2025-05-05", advisories=["P"]))
    world.set_qe_levels(isv_level(8, qe, "2026-01-01", ["Q"]))
    world.set_modules(module(1, [isv_level(5, tdx, "2023-03-03", ["M"])]))
    assert_report(judge.report(world.files()), converge(platform, qe, tdx),
                  ["2025-05-05", "2023-03-03"],
                  "PQM")


@pytest.mark.parametrize("platform", STATUSES)
@pytest.mark.parametrize("other", [s for s in STATUSES if s not in QE_STATUSES])
def test_no_status_of_a_quoting_enclave(judge, platform, other):
    world = World()
    world.set_levels(level(platform))
    world.set_qe_levels(isv_level(8, other))
    report = judge.report(world.files())
    assert report["tcb_status"] == UNKNOWN and report["accepted"] is False


@pytest.mark.parametrize("platform", STATUSES)
@pytest.mark.parametrize("other", [s for s in STATUSES if s not in MODULE_STATUSES])
def test_no_status_of_a_module(judge, platform, other):
    world = World(4, "TD10")
    world.set_levels(level(platform, tdx=[0, 0] + TDX[2:]))
    world.set_modules(module(1, [isv_level(5, other)]))
    report = judge.report(world.files())
    assert report["tcb_status"] == UNKNOWN and report["accepted"] is False


def assert_two_levels(report, launch, current):
    assert (report["launch_tcb_status"], report["current_tcb_status"]) == (launch, current)
    assert report["tcb_status"] == relaunch(launch, current)
    assert report["accepted"] is (report["tcb_status"] in ACCEPTED and current in ACCEPTED)


@pytest.mark.parametrize("launch,current,qe",
                         itertools.product(STATUSES, STATUSES, ("UpToDate", "OutOfDate")))
@pytest.mark.parametrize("body", ["TD15", "TD15EX"])
def test_td15(judge, launch, current, qe, body):
    """launched with component 3 at 6, running with it at 7; the QE counts for both"""
    world = World(5, body)
    world.quote.body["tee_tcb_svn2"] = bytes([5, 0, 7])
    world.set_levels(level(current, tdx=[5, 0, 7] + TDX[3:]), level(launch, tdx=TDX))
    world.set_qe_levels(isv_level(8, qe))
    report = judge.report(world.files())
    then, now = converge(launch, qe), converge(current, qe)
    assert_two_levels(report, then, now)


@pytest.mark.parametrize("platform,launch,current",
                         itertools.product(STATUSES, MODULE_STATUSES, MODULE_STATUSES))
def test_td15_modules(judge, platform, launch, current):
    """the platform is the same at launch and now, the TDX module another"""
    world = World(5, "TD15")
    world.set_levels(level(platform, tdx=[0, 0] + TDX[2:]))
    world.set_modules(module(1, [isv_level(6, current), isv_level(5, launch)]), svn=(5, 1, 6),
                      svn2=(6, 1, 6))
    report = judge.report(world.files())
    then, now = converge(platform, "UpToDate", launch), converge(platform, "UpToDate", current)
    assert_two_levels(report, then, now)
