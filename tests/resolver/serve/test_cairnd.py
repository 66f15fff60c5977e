#!/usr/bin/env python3
"""cairnd serves clients: datagrams and streams of the kernel's sockets, from outside.

usage: test_cairnd.py CAIRND [unittest's arguments]
"""
import contextlib
import socket
import struct
import sys
import time
import unittest

sys.dont_write_bytecode = True  # the source tree stays as it is

from cairnd_process import ask, framed, header, main, PATIENCE_S, query, Root, Server, Stream


class Datagrams(unittest.TestCase):
    def test_a_wildcard_socket_answers_from_the_address_that_was_asked(self):
        with Server(interface='["0.0.0.0@5300", "::@5300"]\n  access-control: ["::/0 allow"]'):
            for address in ("127.0.0.1", "127.0.0.5", "127.200.3.4", "::1", "2001:db8::5"):
                with self.subTest(address):
                    self.assertEqual(header(ask(address))[2], 1)

    def test_late_answers_leave_from_there_too(self):
        with Root() as root, Server(interface="0.0.0.0@5300"):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.settimeout(PATIENCE_S)
                client.connect(("127.0.0.77", 5300))
                client.send(query("nowhere.", ident=9))
                root.release()
                self.assertEqual(header(client.recv(4096))[:2], (9, 3))

    def test_hundreds_may_wait_for_one_name_and_are_answered_at_once(self):
        with Root() as root, Server() as server:
            sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(400)]
            for number, s in enumerate(sockets):
                s.settimeout(PATIENCE_S)
                s.connect(("127.0.0.1", 5300))
                s.send(query("popular.", ident=number))
            while server.statistic("pending") < len(sockets):
                time.sleep(0.05)
            root.release()
            for number, s in enumerate(sockets):
                self.assertEqual(header(s.recv(4096))[:2], (number, 3))
                s.close()
            self.assertLess(server.statistic("engine.sent.udp4"), 20)

    def test_one_address_may_not_wait_for_everything(self):
        with Root() as root, Server() as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.connect(("127.0.0.1", 5300))
            for number in range(1100):
                s.send(query(f"n{number % 10}.", ident=number))
                if number % 100 == 99:
                    server.statistic("pending")  # the socket's buffer is not what is tried here
            self.assertEqual(server.statistic("pending"), 1000)
            self.assertEqual(server.statistic("dropped.quota"), 100)
            root.release()

    def test_an_answer_that_is_too_late_is_not_sent(self):
        with Root() as root, Server("  discard-timeout: 100") as server:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.connect(("127.0.0.1", 5300))
                client.settimeout(0.5)
                client.send(query("nowhere."))
                time.sleep(0.3)
                root.release()
                with self.assertRaises(socket.timeout):
                    client.recv(4096)
            self.assertEqual(server.statistic("dropped.late"), 1)
            self.assertEqual(header(ask("127.0.0.1", "nowhere."))[1], 3)

    def test_two_threads_answer_everybody(self):
        with Server("  num-threads: 2") as server:
            for _ in range(100):
                self.assertEqual(header(ask("127.0.0.1"))[1:], (0, 1))
            self.assertEqual(server.statistic("answers.local"), 100)

    def test_without_reuseport_threads_share_a_socket(self):
        with Server("  num-threads: 2\n  so-reuseport: no"):
            for _ in range(20):
                self.assertEqual(header(ask("127.0.0.1"))[1:], (0, 1))
            with Stream("127.0.0.1") as stream:
                stream.send(framed(query("a.test.")))
                self.assertEqual(header(stream.message())[2], 1)

    def test_access_is_by_address(self):
        with Server('  access-control: ["127.0.0.8/32 deny", "127.0.0.9/32 refuse"]'):
            self.assertIsNone(ask("127.0.0.1", source="127.0.0.8", timeout=0.3))
            self.assertEqual(header(ask("127.0.0.1", source="127.0.0.9"))[1], 5)
            with Stream("127.0.0.1", source="127.0.0.8") as stream:
                self.assertIsNone(stream.message())

    def test_an_oversized_query_is_dropped_and_counted(self):
        with Server() as server:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.sendto(query("a.test.") + bytes(5000), ("127.0.0.1", 5300))
            self.assertEqual(header(ask("127.0.0.1"))[2], 1)
            self.assertEqual(server.statistic("udp.cut"), 1)

    def test_what_came_together_goes_together_and_many_let_more_gather(self):
        for count, messages, rests in (1, 1, 0), (20, 1, 0), (100, 2, 1), (200, 4, 0):
            with self.subTest(count=count), Server() as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.connect(("127.0.0.1", 5300))
                s.settimeout(PATIENCE_S)
                with server.stopped():
                    for ident in range(count):
                        s.send(query("a.test.", ident=ident))
                self.assertEqual(sorted(header(s.recv(512))[0] for _ in range(count)), list(range(count)))
                self.assertEqual(server.statistic("udp.messages"), messages)
                self.assertEqual(server.statistic(" rests"), rests)


class Streams(unittest.TestCase):
    def test_queries_are_pipelined_and_may_come_in_pieces(self):
        with Server(), Stream("127.0.0.1") as stream:
            data = b"".join(framed(query("a.test.", ident=i)) for i in range(1, 50))
            for at in range(0, len(data), 7):
                stream.send(data[at:at + 7])
            self.assertEqual(sorted(header(stream.message())[0] for _ in range(1, 50)), list(range(1, 50)))

    def test_answers_come_in_the_order_in_which_they_are_ready(self):
        with Root() as root, Server(), Stream("127.0.0.1") as stream:
            stream.send(framed(query("pends.", ident=1)) + framed(query("a.test.", ident=2)))
            self.assertEqual(header(stream.message())[0], 2)
            root.release()
            self.assertEqual(header(stream.message())[:2], (1, 3))

    def test_who_has_a_hundred_unanswered_is_not_read(self):
        with Root() as root, Server(), Stream("127.0.0.1") as stream:
            for i in range(100):
                stream.send(framed(query("pends.", ident=i)))
            stream.send(framed(query("a.test.", ident=1000)))
            self.assertTrue(stream.is_silent(0.5))
            root.release()
            self.assertEqual(sorted(header(stream.message())[0] for _ in range(101)), [*range(100), 1000])

    def test_a_half_closed_connection_gets_its_answers(self):
        with Root() as root, Server(), Stream("127.0.0.1") as stream:
            stream.send(framed(query("pends.", ident=1)) + framed(query("a.test.", ident=2)))
            stream.socket.shutdown(socket.SHUT_WR)
            self.assertEqual(header(stream.message())[0], 2)
            self.assertTrue(stream.is_silent(0.2))
            root.release()
            self.assertEqual(header(stream.message())[0], 1)
            self.assertIsNone(stream.message())

    def test_who_hangs_up_leaves_nothing_behind(self):
        with Root() as root, Server() as server:
            for linger in ((0, 0), (1, 0)):
                with Stream("127.0.0.1") as stream:
                    stream.send(framed(query(f"pends{linger[0]}.")) * 20)
                    self.assertTrue(stream.is_silent(0.2))
                    stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", *linger))
            self.assertEqual(server.statistic("pending"), 40)
            root.release()
            end = time.monotonic() + PATIENCE_S
            while server.statistic("pending") > 0 and time.monotonic() < end:
                time.sleep(0.05)
            self.assertEqual(server.statistic("pending"), 0)
            self.assertEqual(server.statistic("dropped.gone"), 20)  # whoever has reset the connection
            self.assertEqual(server.statistic("tcp.open"), 0)

    def test_a_length_that_no_query_has_closes(self):
        with Server() as server:
            for length in (0, 11, 4097, 65535):
                with self.subTest(length), Stream("127.0.0.1") as stream:
                    stream.send(struct.pack(">H", length) + bytes(64))
                    self.assertIsNone(stream.message())
            self.assertEqual(server.statistic("tcp.closed-malformed"), 4)

    def test_an_idle_connection_is_closed_and_a_waiting_one_is_not(self):
        with Root() as root, Server("  tcp-idle-timeout: 400") as server:
            began = time.monotonic()
            with Stream("127.0.0.1") as idle, Stream("127.0.0.1") as waits, Stream("127.0.0.1") as dribbles:
                waits.send(framed(query("pends.", ident=7)))
                dribbles.send(b"\0")
                time.sleep(0.3)
                with contextlib.suppress(ConnectionError):  # on a busy machine it may be closed by now
                    dribbles.send(b"\x19")
                self.assertIsNone(idle.message())
                self.assertGreater(time.monotonic() - began, 0.35)  # the loop's clock is coarse
                self.assertIsNone(dribbles.message())
                root.release()
                self.assertEqual(header(waits.message())[0], 7)
            self.assertGreaterEqual(server.statistic("tcp.closed-idle"), 2)

    def test_the_longest_idle_makes_room_for_a_newcomer(self):
        with Server("  incoming-num-tcp: 3") as server:
            streams = [Stream("127.0.0.1") for _ in range(3)]
            for stream in streams:
                stream.send(framed(query("a.test.")))
                self.assertEqual(header(stream.message())[2], 1)
            with Stream("127.0.0.1") as newcomer:
                newcomer.send(framed(query("a.test.", ident=77)))
                self.assertEqual(header(newcomer.message())[0], 77)
            self.assertIsNone(streams[0].message())
            for stream in streams:
                stream.socket.close()
            self.assertGreaterEqual(server.statistic("tcp.closed-idle"), 1)

    def test_who_does_not_read_is_held_back_then_closed(self):
        text = "x" * 250
        data = "".join(f'    - "big.test. TXT \\"{i:03} {text}\\""\n' for i in range(100))
        options = "  tcp-idle-timeout: 1000\n  local-data:\n" + data
        with Server(options) as server, Stream("127.0.0.1") as stream:
            stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            stream.socket.settimeout(0.5)
            sent = 0
            try:
                while sent < 20000000:
                    sent += stream.socket.send(framed(query("big.test.", 16)) * 1000)
            except (socket.timeout, ConnectionError):
                pass
            self.assertLess(sent, 20000000)
            self.assertEqual(header(ask("127.0.0.1"))[2], 1)
            end = time.monotonic() + PATIENCE_S
            while server.statistic("tcp.closed-slow") == 0 and time.monotonic() < end:
                time.sleep(0.1)
            self.assertEqual(server.statistic("tcp.closed-slow"), 1)

    def test_a_large_answer_comes_whole(self):
        text = "x" * 250
        data = "".join(f'    - "big.test. TXT \\"{i:03} {text}\\""\n' for i in range(200))
        with Server("  local-data:\n" + data), Stream("127.0.0.1") as stream:
            stream.send(framed(query("big.test.", 16, ident=3)) * 3)
            for _ in range(3):
                message = stream.message()
                self.assertEqual(header(message), (3, 0, 200))
                self.assertGreater(len(message), 50000)


if __name__ == "__main__":
    main(__doc__)
