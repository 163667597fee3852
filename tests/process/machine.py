# SPDX-License-Identifier: Apache-2.0
"""Recorded machines for process tests; the format is described in tests/support/machine.h."""
import os
import pathlib
import stat

import pytest

MACHINES = pathlib.Path(__file__).resolve().parent.parent / "data" / "machines"


class Machine:
    """A directory that looks like the machine, and the options that make a command look there."""

    def __init__(self, root, name):
        self.root = root
        self.cpuid = root / "cpuid"
        self.cpuid.touch()
        for line in (MACHINES / f"{name}.machine").read_text().splitlines():
            self.apply(line)

    def apply(self, line):
        verb, _, rest = line.partition(" ")
        if verb in ("", "#"):
            return
        if verb in ("cpuid", "hwcap2"):
            with self.cpuid.open("a") as file:
                file.write(rest + "\n" if verb == "cpuid" else line + "\n")
            return
        name, _, text = rest.partition(" ")
        path = self.root / name
        if verb == "remove":
            path.unlink()
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        if verb == "file":
            path.write_text(text.replace("\\n", "\n") + "\n")
        elif verb == "link":
            path.symlink_to(text)
        elif verb == "dir":
            path.mkdir(exist_ok=True)
        elif verb == "char":
            try:
                os.mknod(path, stat.S_IFCHR | int(text, 8), os.makedev(1, 3))
            except PermissionError:
                pytest.skip("this process may not make device nodes (run as root)")
            path.chmod(int(text, 8))
        else:
            raise ValueError(line)

    @property
    def options(self):
        return [f"--sys={self.root}/sys", f"--dev={self.root}/dev", f"--proc={self.root}/proc",
                f"--cpuid={self.cpuid}"]
