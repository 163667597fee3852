# SPDX-License-Identifier: Apache-2.0
"""Container images made here: docker-archive tars from local files, since nothing can be pulled."""

import hashlib
import io
import json
import os
import pathlib
import subprocess
import tarfile

REPOSITORY = "coffer.test"


def libraries_of(binary):
    """Absolute paths of the shared libraries (and the loader) that a dynamic program needs."""
    done = subprocess.run(["ldd", str(binary)], capture_output=True, text=True)
    paths = []
    for line in done.stdout.splitlines():
        words = line.split()
        found = words[2] if "=>" in words and len(words) > 2 else words[0] if words else ""
        if found.startswith("/"):
            paths.append(pathlib.Path(found))
    return paths


def with_libraries(files):
    """`files` (path in the image -> local path) and the libraries that its programs need."""
    complete = dict(files)
    for local in files.values():
        for library in libraries_of(local):
            complete.setdefault(str(library), library)
    return complete


def _directories(paths):
    found = set()
    for path in paths:
        found.update(str(p) for p in pathlib.PurePosixPath(path.lstrip("/")).parents)
    return sorted(found - {"."})


def _add(archive, name, data=b"", mode=0o644, kind=tarfile.REGTYPE, target=""):
    entry = tarfile.TarInfo(name)
    entry.type, entry.size, entry.mode, entry.linkname = kind, len(data), mode, target
    archive.addfile(entry, io.BytesIO(data))


def _layer(files, links):
    """An uncompressed tar: the same files give the same bytes."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for directory in _directories([*files, *links, "/tmp/x"]):
            _add(archive, directory, mode=0o1777 if directory == "tmp" else 0o755,
                 kind=tarfile.DIRTYPE)
        for inside in sorted(files):
            local = pathlib.Path(files[inside])
            mode = 0o755 if os.access(local, os.X_OK) else 0o644
            _add(archive, inside.lstrip("/"), local.read_bytes(), mode)
        for inside in sorted(links):
            _add(archive, inside.lstrip("/"), kind=tarfile.SYMTYPE, target=links[inside])
    return out.getvalue()


def build(directory, name, files, command, links=None, user=None):
    """Writes DIRECTORY/NAME.tar and returns its path; the image is called coffer.test/NAME:1.

    `files` maps paths in the image to local paths, `links` maps symbolic links to their targets.
    """
    layer = _layer(files, links or {})
    config = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin"}
    image = json.dumps({
        "architecture": "amd64", "os": "linux",
        "config": {"Env": [f"{k}={v}" for k, v in config.items()], "Cmd": command,
                   "User": user or ""},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]},
    }, sort_keys=True).encode()
    digest = hashlib.sha256(image).hexdigest()
    manifest = json.dumps([{"Config": f"{digest}.json", "RepoTags": [f"{REPOSITORY}/{name}:1"],
                            "Layers": ["layer.tar"]}]).encode()
    path = pathlib.Path(directory) / f"{name}.tar"
    with tarfile.open(path, "w") as archive:
        _add(archive, "layer.tar", layer)
        _add(archive, f"{digest}.json", image)
        _add(archive, "manifest.json", manifest)
    return path


def pause(directory, init):
    return build(directory, "pause", {"/pause": init}, ["/pause"])


def shell(directory):
    """A static busybox with its usual names: the pods of most tests."""
    busybox = "/bin/busybox"
    names = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True)
    links = {f"/bin/{n}": "busybox" for n in names.stdout.split() if n != "busybox"}
    return build(directory, "shell", {busybox: busybox}, ["/bin/sh"], links)


def coffer(directory, built):
    """Coffer itself from a build directory, with the libraries that it links."""
    services = ("coffer-node", "coffer-node-status", "coffer-quote-helper", "libcoffer-sgx.so")
    files = {"/usr/bin/coffer": built / "coffer"}
    files.update({f"/usr/libexec/coffer/{name}": built / name
                  for name in services if (built / name).exists()})
    return build(directory, "coffer", with_libraries(files), ["/usr/bin/coffer", "--help"])
