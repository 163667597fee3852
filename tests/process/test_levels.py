# SPDX-License-Identifier: Apache-2.0
"""Random platforms before random TCB info: the level that matches and what the best one lacks.

The levels of one TCB info form a chain, each below the one before in every component, so that the
first that matches does not hang on how levels are sorted; in the file they are shuffled.
"""
import pathlib
import random
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from authority.collateral import isv_level, level, module  # noqa: E402
from authority.rules import STATUSES, UNKNOWN, lacks, relaunch  # noqa: E402
from authority.world import World  # noqa: E402

from library import judge  # noqa: E402,F401


def chain(dice, tdx):
    """some levels, the best first"""
    svns, pcesvn = [dice.randint(3, 12) for _ in range(16)], dice.randint(5, 20)
    td = [dice.randint(3, 9) for _ in range(16)] if tdx else None
    levels = []
    for number in range(dice.randint(1, 6)):
        levels.append(level(dice.choice(STATUSES), list(svns), pcesvn, f"2026-01-{20 - number:02}",
                            [f"INTEL-SA-{number:05}"], list(td) if tdx else None))
        for values in filter(None, (svns, td)):
            for i in dice.sample(range(16), 3):
                values[i] = max(0, values[i] - dice.randint(0, 2))
        svns[0] -= 1 if svns[0] else 0
        pcesvn = max(0, pcesvn - dice.randint(1, 2))
    return levels


def near(dice, level_, key):
    """SVNs of a platform at a level, or a little off it"""
    values = [c["svn"] for c in level_["tcb"][key]]
    for i in range(16):
        if dice.random() < 0.06:
            values[i] = max(0, min(255, values[i] + dice.randint(-1, 1)))
    return values


def expected(levels, *platform):
    """(status, level) of the first level that lacks nothing"""
    for candidate in levels:
        if not lacks(candidate, *platform):
            return candidate["tcbStatus"], candidate
    return UNKNOWN, None


def short_of(report, current=False):
    return {s["component"].removeprefix("current_"): (s["have"], s["need"])
            for s in report["short_svns"]
            if s["component"].startswith("current_") is current}


@pytest.mark.parametrize("seed", range(150))
def test_sgx(judge, seed):
    dice = random.Random(seed)
    levels, world = chain(dice, False), World(dice.choice((3, 4, 5)))
    at = dice.choice(levels)
    world.pck.sgx.components = near(dice, at, "sgxtcbcomponents")
    world.pck.sgx.pcesvn = max(0, at["tcb"]["pcesvn"] + dice.choice((0, 0, 0, -1, 1)))
    world.set_levels(*dice.sample(levels, len(levels)))
    report = judge.report(world.files())
    platform = (world.pck.sgx.components, world.pck.sgx.pcesvn)
    status, matched = expected(levels, *platform)
    assert report["tcb_status"] == status
    if matched:  # else it is the date of what did match, the quoting enclave's level
        assert report["tcb_date"] == matched["tcbDate"]
    assert report["advisory_ids"] == (matched["advisoryIDs"] if matched else [])
    assert short_of(report) == lacks(levels[0], *platform)


@pytest.mark.parametrize("seed", range(150))
def test_td(judge, seed):
    """with a module version the first two TDX components are the module's"""
    dice = random.Random(1000 + seed)
    body, with_module = dice.choice(("TD10", "TD15", "TD15EX")), dice.random() < 0.5
    levels, world = chain(dice, True), World(5, body, dice.choice(("Processor", "Platform")))
    at = dice.choice(levels)
    world.pck.sgx.components = near(dice, at, "sgxtcbcomponents")
    world.pck.sgx.pcesvn = at["tcb"]["pcesvn"]
    launch, current = near(dice, at, "tdxtcbcomponents"), near(dice, dice.choice(levels),
                                                               "tdxtcbcomponents")
    launch[1] = current[1] = 1 if with_module else 0
    if not with_module:
        for one in levels:
            one["tcb"]["tdxtcbcomponents"][1]["svn"] = 0
    world.quote.body |= {"tee_tcb_svn": bytes(launch), "tee_tcb_svn2": bytes(current)}
    world.body["tdxModuleIdentities"] = [module(1, [isv_level(0, "UpToDate")])]
    world.set_levels(*dice.sample(levels, len(levels)))
    report = judge.report(world.files())
    sgx = (world.pck.sgx.components, world.pck.sgx.pcesvn)
    then, matched = expected(levels, *sgx, launch, with_module)
    assert report["launch_tcb_status"] == then
    assert short_of(report) == lacks(levels[0], *sgx, launch, with_module)
    if body == "TD10":
        assert report["tcb_status"] == then
        return
    now, _ = expected(levels, *sgx, current, with_module)
    assert report["current_tcb_status"] == now
    assert report["tcb_status"] == (UNKNOWN if UNKNOWN in (then, now) else relaunch(then, now))
