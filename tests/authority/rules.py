# SPDX-License-Identifier: Apache-2.0
"""Intel's convergence of TCB levels, written from its description (QVL 1.27, EvaluateTcb) a second
time, apart from the verifier: what the status of a platform becomes with its QE and TDX module."""

STATUSES = ("UpToDate", "SWHardeningNeeded", "ConfigurationNeeded",
            "ConfigurationAndSWHardeningNeeded",
            "OutOfDate", "OutOfDateConfigurationNeeded", "Revoked")
QE_STATUSES = ("UpToDate", "ConfigurationNeeded", "OutOfDate", "OutOfDateConfigurationNeeded",
               "Revoked")
MODULE_STATUSES = ("UpToDate", "OutOfDate", "Revoked")
UNKNOWN = "TCB_NOT_SUPPORTED"  # what any other status of a QE or module comes to


def _with_component(status, component):
    if component == "OutOfDate":
        if status in ("UpToDate", "SWHardeningNeeded"):
            return "OutOfDate"
        if status in ("ConfigurationNeeded", "ConfigurationAndSWHardeningNeeded"):
            return "OutOfDateConfigurationNeeded"
    return status


def converge(platform, *components):
    """one status of a platform's level and its components' (QE, and module if there is one)"""
    if "Revoked" in (platform, *components):
        return "Revoked"
    for component in components:
        platform = _with_component(platform, component)
    return platform


def relaunch(launch, current):
    """the status of a TD that was launched at one level and runs at another"""
    if launch in ("OutOfDate", "OutOfDateConfigurationNeeded") and current in (
            "UpToDate", "SWHardeningNeeded", "ConfigurationNeeded",
            "ConfigurationAndSWHardeningNeeded"):
        needs = "Configuration" in launch or "Configuration" in current
        return "TDRelaunchAdvised" + ("ConfigurationNeeded" if needs else "")
    return launch


def lacks(level, svns, pcesvn, tdx=None, module_decides=False):
    """{component: (have, need)} of what keeps a platform from a level of TCB info version 3"""
    tcb = level["tcb"]
    short = {f"sgxtcbcomp{i + 1:02}": (have, need["svn"])
             for i, (have, need) in enumerate(zip(svns, tcb["sgxtcbcomponents"]))
             if have < need["svn"]}
    if pcesvn < tcb["pcesvn"]:
        short["pcesvn"] = (pcesvn, tcb["pcesvn"])
    for i, need in enumerate(tcb.get("tdxtcbcomponents", []) if tdx else []):
        if tdx[i] < need["svn"] and not (module_decides and i < 2):
            short[f"tdxtcbcomp{i + 1:02}"] = (tdx[i], need["svn"])
    return short
