"""The questions that leave a network, as tcpdump on the home router sees them."""
import re
import subprocess
import tempfile
import time
from dataclasses import dataclass

import lab

QUESTION = re.compile(r"IP6? (\S+)\.(\d+) > (\S+)\.53: (\d+)\S* (?:\[[^]]*\] )*(\S+)\? (\S+) \(\d+\)")


@dataclass(frozen=True)
class Question:
    source: str
    port: int
    server: str
    id: int
    type: str
    name: str  # in the letter case it was sent with

    @property
    def labels(self):
        return [label for label in self.name.lower().split(".") if label]


class Capture:
    """`with Capture() as seen: ...`, then seen.questions."""

    def __enter__(self):
        self.output = tempfile.TemporaryFile("w+")
        self.words = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            lab.at("home", "tcpdump", "--immediate-mode", "-l", "-n", "-Z", "root", "-i", "eth0", "udp", "dst", "port", "53"),
            stdout=self.output, stderr=self.words)
        lab.until(lambda: "listening on" in text_of(self.words), "tcpdump listens")
        return self

    def __exit__(self, *_):
        lab.quiet_count()
        time.sleep(0.1)
        self.process.terminate()
        self.process.wait(lab.PATIENCE_S)
        self.questions = [Question(source, int(port), server, int(number), kind, name)
                          for source, port, server, number, kind, name in QUESTION.findall(text_of(self.output))]
        self.output.close()
        self.words.close()


def text_of(file):
    file.seek(0)
    return file.read()
