"""tests/lab/lab itself, from inside: its anchor is process 1 here."""
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

import lab

LAB = Path(lab.__file__).resolve().parents[1] / "lab"
SLEEP = ("sleep", "61.803")  # no other is so long


def command_of(process):
    try:
        return (process / "cmdline").read_text()
    except OSError:  # it has ended meanwhile
        return ""


def is_running(command):
    words = "\0".join(command) + "\0"
    return any(command_of(entry) == words for entry in Path("/proc").iterdir() if entry.name.isdigit())


class Exec(unittest.TestCase):
    def test_what_runs_on_a_host_ends_with_the_command_that_started_it(self):
        mark = Path("/run/cairn-lab/1")
        mark.touch()
        self.addCleanup(mark.unlink)
        directory = tempfile.TemporaryDirectory(dir=os.environ["LAB_DIR"])
        self.addCleanup(directory.cleanup)
        Path(directory.name, "anchor").write_text("1")
        process = subprocess.Popen((LAB, "exec", "lan") + SLEEP, env={**os.environ, "CAIRN_LAB_DIR": directory.name})
        lab.until(lambda: is_running(SLEEP), "the command runs")
        process.terminate()
        process.wait()
        lab.until(lambda: not is_running(SLEEP), "it has ended")
