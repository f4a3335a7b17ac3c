#!/usr/bin/env python3
"""From the last released version to this one and back, one instance after the other, while a day is played; then the
format is raised, and the old version keeps away.

Usage: upgrade_test.py BINARIES OLD_FOLDER"""

import json
import os
import subprocess
import sys
import unittest

OLD = sys.argv.pop(2)
from instances_test import BINARIES, InstancesTest, wait_until  # pylint: disable=wrong-import-position
from server import Server, redis_flags  # pylint: disable=wrong-import-position

SKIPPED = 77
NEWEST_FORMAT = 2


class UpgradeTest(InstancesTest):
    """The day is played through the first instance; a change of it is one that the client rides out."""

    def version(self, name):
        return {"old": os.path.join(OLD, "bin"), "new": BINARIES}[name]

    def begin(self, name, version, listen="127.0.0.1:0"):
        server = Server(self.version(version), self.data(name), *self.flags(), listen=listen)
        self.servers.append(server)
        return server

    def flags(self):
        return [*self.journals.serve, "--session-timeout", "1.5", *redis_flags(self.redis), "--master-key",
                self.master_key]

    def formats(self, server):
        return {partition["format"] for partition in server.ctl("status")["partitions"]}

    def test_rolling_upgrade_and_downgrade_under_load(self):
        running = {"a": self.begin("a", "old"), "b": self.begin("b", "old")}
        self.wait_for_share(running.values())
        listen = running["a"].grpc

        def roll(name, version):
            def change():
                self.assertEqual(running[name].stop(), 0)
                running[name] = self.begin(name, version, listen if name == "a" else "127.0.0.1:0")
                self.wait_for_share(running.values())
            return change

        # Heights are asked of whichever runs.
        day = self.day_with(type("Either", (), {"grpc": listen, "height": lambda _: running["b"].height()})(),
                            (300, roll("a", "new")), (500, roll("b", "new")), (700, roll("a", "old")),
                            (900, roll("a", "new")))
        for server in running.values():
            self.assertEqual(self.formats(server), {1})
        self.assertTrue(running["a"].ctl("journal", "verify", *self.journals.place)["sound"])
        self.assert_same_as_embedded(day)

    def test_format_is_raised_when_no_old_one_is_left_and_an_old_one_keeps_away_then(self):
        old, new = self.begin("a", "old"), self.begin("b", "new")
        self.wait_for_share([old, new])
        new.ctl("clock", "--set", "2019-07-20T12:00:00+08:00")
        raise_format = ["format", "raise", "--to", str(NEWEST_FORMAT), "--why", "all read it"]
        refused = new.ctl(*raise_format, code=3)["error"]["message"]
        self.assertIn(f"{old.grpc} reads up to format 1", refused)
        self.assertEqual(old.stop(), 0)
        wait_until("the new one leads all", lambda: len(self.led(new)) == 41)
        wait_until("nobody has heard of the old one for a while", lambda: self.raised(new, raise_format))
        self.assertEqual(self.formats(new), {NEWEST_FORMAT})
        digest = new.ctl("digest")
        # It halts where the format was raised, and so leads nothing.
        again = Server(self.version("old"), self.data("a"), *self.flags(), wait=False)
        self.servers.append(again)
        again.wait_ready(60)
        wait_until("the old one is halted everywhere", lambda: self.halted(again) == 41)
        self.assertEqual(len(self.led(new)), 41)
        new.ctl("clock", "--set", "2019-07-20T13:00:00+08:00")
        self.assertEqual(new.ctl("digest"), digest)

    def raised(self, server, command):
        done = subprocess.run([os.path.join(BINARIES, "sanyuanctl"), "--server", server.grpc, "--json", *command],
                              capture_output=True, check=False)
        return done.returncode == 0

    @staticmethod
    def halted(server):
        return len(json.loads(server.get("/readyz")[1]).get("halted", []))


# Those of the base are its own suite's.
for inherited in [name for name in dir(InstancesTest) if name.startswith("test_")]:
    setattr(UpgradeTest, inherited, None)
del InstancesTest

if __name__ == "__main__":
    built = subprocess.run([os.path.join(os.path.dirname(os.path.realpath(__file__)), "last_release.sh"), OLD], check=False)
    if built.returncode == SKIPPED:
        sys.exit(SKIPPED)
    if built.returncode != 0:
        raise SystemExit("the last release can't be built")
    unittest.main()
