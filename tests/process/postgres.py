# SPDX-License-Identifier: Apache-2.0
"""A real PostgreSQL server in a directory, on a unix socket, as an ordinary user."""
import glob
import os
import pathlib
import signal
import subprocess
import time

NOBODY = 65534


def program(name):
    found = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"))
    return found[-1] if found else None


class Postgres:
    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.process = None
        self.user = {"user": NOBODY, "group": NOBODY} if os.geteuid() == 0 else {}
        self.directory.mkdir()
        if self.user:
            os.chown(self.directory, NOBODY, NOBODY)
        subprocess.run([program("initdb"), "-D", self.directory / "data", "-U", "coffer", "-A",
                        "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
                       check=True, capture_output=True, cwd="/", **self.user)
        self.up()

    @property
    def target(self):
        return f"host={self.directory} user=coffer dbname=postgres"

    def up(self):
        self.process = subprocess.Popen(
            [program("postgres"), "-D", self.directory / "data", "-k", self.directory, "-c",
             "listen_addresses=", "-c", "fsync=off"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **self.user)
        status = self.directory / "data" / "postmaster.pid"
        for _ in range(1000):
            if status.exists() and status.read_text().splitlines()[-1].startswith("ready"):
                return
            time.sleep(0.02)
        raise AssertionError("PostgreSQL did not start")

    def down(self, how=signal.SIGINT):
        if self.process:
            self.process.send_signal(how)
            self.process.wait(timeout=30)
            self.process = None
