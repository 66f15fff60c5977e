"""The questions that leave a network, as tcpdump on the home router sees them."""
import os
import re
import socket
import subprocess
import tempfile
from dataclasses import dataclass

import lab

# A question for `end.`, sent to the router itself: when tcpdump has told of it, it has told of all before.
END = bytes.fromhex("0000 0100 0001 0000 0000 0000 03 656e64 00 0001 0001")
ROUTER = ("192.168.1.1", 53)
BUFFER_KIB = "16384"  # in small slots (-s), else tcpdump misses some of what comes in a burst
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
        lab.root_alone("run tcpdump, which changes its user")
        self.output = tempfile.TemporaryFile("w+")
        self.words = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            lab.at("home", "tcpdump", "--immediate-mode", "-l", "-n", "-s", "512", "-B", BUFFER_KIB, "-Z", "root",
                   "-i", "eth0", "udp", "dst", "port", "53"),
            stdout=self.output, stderr=self.words)
        lab.until(lambda: "listening on" in text_of(self.words), "tcpdump listens")
        return self

    def __exit__(self, *_):
        lab.quiet_count()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as marker:
            marker.sendto(END, ROUTER)
        lab.until(lambda: " A? end. " in text_of(self.output), "tcpdump has told of all")
        self.process.terminate()
        self.process.wait(lab.PATIENCE_S)
        self.questions = [Question(source, int(port), server, int(number), kind, name)
                          for source, port, server, number, kind, name in QUESTION.findall(text_of(self.output))
                          if server != ROUTER[0]]
        self.output.close()
        self.words.close()


def text_of(file):
    # Without seek(): tcpdump writes at the same offset, and would write over its first lines.
    return os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0).decode()
