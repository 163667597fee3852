# SPDX-License-Identifier: Apache-2.0
"""Builds a real Kubernetes from public Go modules, once, into a cache outside the tree.

Each group of commands is one small Go module: a `go.mod` that pins the version and a `tools.go`
that imports the commands. `k8s.io/kubernetes` names its staging modules by local replacements, so
the pins for those are derived from its own `go.mod`. A group is complete when its `bin` directory
exists: it is filled elsewhere and renamed, so an interrupted build leaves nothing half done.
"""

import dataclasses
import fcntl
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

NEWEST = "1.37.2"
GO_MINIMUM = (1, 26)
CANNOT = 3  # exit status: this machine lacks something; a failed build is 1


class Missing(Exception):
    """Something that this machine lacks; the text says what, and what to do."""


class BuildFailed(Exception):
    """A build or download that should have worked."""


@dataclasses.dataclass(frozen=True)
class Group:
    """Commands of one Go module. `commands` maps the binary's name to its package."""

    name: str
    module: str
    version: str
    commands: dict
    tags: str = ""
    cgo: bool = False
    ldflags: str = ""


def kubernetes(version):
    parts = ("kubelet", "kube-apiserver", "kube-scheduler", "kube-controller-manager", "kubectl")
    major, minor, _ = version.split(".")
    stamp = "k8s.io/component-base/version"
    return Group(
        "kubernetes", "k8s.io/kubernetes", f"v{version}",
        {part: f"k8s.io/kubernetes/cmd/{part}" for part in parts},
        ldflags=f"-X {stamp}.gitVersion=v{version} -X {stamp}.gitMajor={major}"
                f" -X {stamp}.gitMinor={minor}")


def groups(version):
    """Everything that a cluster of Kubernetes `version` is made of."""
    containerd = "github.com/containerd/containerd/v2"
    cni = "github.com/containernetworking/plugins"
    return [
        Group("etcd", "go.etcd.io/etcd/server/v3", "v3.7.3", {"etcd": "go.etcd.io/etcd/server/v3"}),
        Group("cni", cni, "v1.9.1", {
            "bridge": f"{cni}/plugins/main/bridge", "loopback": f"{cni}/plugins/main/loopback",
            "host-local": f"{cni}/plugins/ipam/host-local"}),
        Group("runc", "github.com/opencontainers/runc", "v1.5.2",
              {"runc": "github.com/opencontainers/runc"}, tags="seccomp", cgo=True),
        Group("containerd", containerd, "v2.4.2", {
            name: f"{containerd}/cmd/{name}"
            for name in ("containerd", "ctr", "containerd-shim-runc-v2")},
            tags="no_btrfs no_devmapper no_zfs"),
        kubernetes(version),
    ]


def cache_root():
    if os.environ.get("COFFER_CACHE"):
        return pathlib.Path(os.environ["COFFER_CACHE"])
    return pathlib.Path(os.environ.get("XDG_CACHE_HOME")
                        or pathlib.Path.home() / ".cache") / "coffer"


def go_command():
    """The `go` on PATH (or in its usual place), refused when it is too old."""
    go = shutil.which("go") or shutil.which("/usr/local/go/bin/go")
    wanted = ".".join(map(str, GO_MINIMUM))
    if not go:
        raise Missing(f"Go {wanted} or newer is not on PATH (Debian's is older): https://go.dev/dl")
    env = {**os.environ, "GOTOOLCHAIN": "local"}
    text = subprocess.run([go, "env", "GOVERSION"], env=env, capture_output=True, text=True).stdout
    found = re.match(r"go(\d+)\.(\d+)", text)
    if not found or tuple(map(int, found.groups())) < GO_MINIMUM:
        raise Missing(f"{go} is {text.strip() or 'broken'}; Go {wanted} or newer is needed")
    return go


class Builder:
    """Builds groups below `root`; says what it does on standard error."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.root.mkdir(parents=True, exist_ok=True)
        self.env = {**os.environ, "GOFLAGS": "-mod=mod -buildvcs=false"}
        self.go = None

    def bin_directory(self, group):
        return self.root / f"{group.name}-{group.version.lstrip('v')}" / "bin"

    def missing(self, version):
        return [g for g in groups(version) if not self.bin_directory(g).is_dir()]

    def ensure(self, version):
        """Builds what the cache lacks; returns the `bin` directories."""
        if self.missing(version):
            self.go = go_command()
            with open(self.root / "build.lock", "w", encoding="ascii") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                self.build_all(self.missing(version))
        return [self.bin_directory(g) for g in groups(version)]

    def build_all(self, lacking):
        names = ", ".join(f"{g.name} {g.version}" for g in lacking)
        print(f"e2e: building {names} in {self.root} (about ten minutes, once)",
              file=sys.stderr, flush=True)
        for group in lacking:
            self.build(group)

    def build(self, group):
        final = self.bin_directory(group).parent
        shutil.rmtree(final, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=self.root, prefix=f".{group.name}-") as scratch:
            work = pathlib.Path(scratch)
            (work / "bin").mkdir()
            self.write_module(group, work)
            self.run(work, "mod", "tidy")
            for binary, package in group.commands.items():
                print(f"e2e: go build {package}", file=sys.stderr, flush=True)
                self.compile(group, work, binary, package)
            final.mkdir()
            shutil.copy(work / "go.mod", final)
            shutil.copy(work / "go.sum", final)
            (work / "bin").rename(final / "bin")

    def compile(self, group, work, binary, package):
        command = ["build", "-trimpath", f"-ldflags=-s -w {group.ldflags}", "-tags", group.tags]
        self.run(work, *command, "-o", f"bin/{binary}", package, cgo=group.cgo)

    def run(self, work, *arguments, cgo=False):
        env = {**self.env, "CGO_ENABLED": "1" if cgo else "0"}
        done = subprocess.run(["nice", self.go, *arguments], cwd=work, env=env,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            raise BuildFailed(f"go {' '.join(arguments[:2])} failed:\n{done.stdout[-3000:]}")
        return done.stdout

    def write_module(self, group, work):
        pins = self.pins(group, work)
        (work / "go.mod").write_text("\n".join(["module coffer.test/e2e", *pins, ""]))
        imports = "".join(f'\t_ "{package}"\n' for package in group.commands.values())
        (work / "tools.go").write_text(
            f"//go:build tools\n\npackage tools\n\nimport (\n{imports})\n")

    def pins(self, group, work):
        """The module's own Go version, `godebug` lines and replacements, with versions for
        paths."""
        at = f"{group.module}@{group.version}"
        own = json.loads(self.run(work, "mod", "download", "-json", at))["GoMod"]
        parsed = json.loads(self.run(work, "mod", "edit", "-json", own))
        lines = [f"go {parsed['Go']}", f"require {group.module} {group.version}"]
        lines += [f"godebug {g['Key']}={g['Value']}" for g in parsed.get("Godebug") or []]
        staging = re.sub(r"^v1\.", "v0.", group.version)
        for replace in parsed.get("Replace") or []:
            new = replace["New"]
            target = f"{new['Path']} {new['Version']}" if "Version" in new else None
            if target is None and group.module == "k8s.io/kubernetes":
                target = f"{replace['Old']['Path']} {staging}"
            if target:
                lines.append(f"replace {replace['Old']['Path']} => {target}")
        return lines


if __name__ == "__main__":
    try:
        Builder(cache_root()).ensure((sys.argv[1:] or [""])[0] or NEWEST)
    except Missing as why:
        print(f"e2e: {why}", file=sys.stderr)
        sys.exit(CANNOT)
    except BuildFailed as why:
        sys.exit(f"e2e: {why}")
