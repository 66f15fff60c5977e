"""ftp_server.py DIRECTORY PORT [no-epsv] [ADDRESS]: serves it to anybody on ::1 and 127.0.0.1, or there, and to joe with the
password s:e@t.

With no-epsv it knows PASV only, and names an address in it that leads nowhere. Prints a line when it serves.
"""
import logging
import sys

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.ioloop import IOLoop
from pyftpdlib.servers import FTPServer

NOWHERE = "192.0.2.1"


class Handler(FTPHandler):
    pass


class WithoutEpsv(FTPHandler):
    masquerade_address = NOWHERE

    def ftp_EPSV(self, line):
        self.respond("502 Not here.")


def main():
    directory, port, *words = sys.argv[1:]
    addresses = [word for word in words if word != "no-epsv"] or ["::1", "127.0.0.1"]
    logging.basicConfig(level=logging.ERROR)
    handler = WithoutEpsv if "no-epsv" in words else Handler
    handler.authorizer = DummyAuthorizer()
    handler.authorizer.add_anonymous(directory)
    handler.authorizer.add_user("joe", "s:e@t", directory)
    loop = IOLoop()
    servers = [FTPServer((address, int(port)), handler, ioloop=loop) for address in addresses]
    print(f"{directory} is served at {len(servers)} addresses", flush=True)
    loop.loop()


if __name__ == "__main__":
    main()
