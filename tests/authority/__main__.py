# SPDX-License-Identifier: Apache-2.0
"""Write the generated vectors: /usr/bin/python3 -m authority DIRECTORY (in tests/).

The same input gives the same bytes: keys come from names and signatures are deterministic.
"""
import json
import pathlib
import sys

from .cases import CASES
from .world import AT


BASES = ("good-v3-sgx", "good-v4-td10")  # whose files the other cases share


def rendered(case):
    """file name -> bytes of one case's directory: what its base does not have alike"""
    files = case.world().files()
    base = BASES[case.world().quote.is_td()]
    shared = CASES[base].world().files() if case.name != base else {}
    kept = {name: content for name, content in files.items() if shared.get(name) != content}
    expectation = case.expectation() | {"at": AT, "base": base,
                                        "absent": sorted(set(shared) - set(files))}
    kept["expect.json"] = (json.dumps(expectation, indent=1) + "\n").encode()
    return kept


def main():
    top = pathlib.Path(sys.argv[1])
    for case in CASES.values():
        directory = top / case.name
        directory.mkdir(parents=True, exist_ok=True)
        for name, content in rendered(case).items():
            (directory / name).write_bytes(content)
    print(f"{len(CASES)} cases in {top}")


if __name__ == "__main__":
    main()
