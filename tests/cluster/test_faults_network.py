"""Clients that do not mean well, or not at all any more, and a rush of reviews without an index."""

import http.client
import json
import os
import ssl
import threading
import time

from hostile_connections import HostileConnections
from endurance_case import PATIENCE, EnduranceCase
from fault_table import fault
from guarded_case import pvc
from reviewer import read_review, review_of
from rig.processes import wait_until
from vital_signs import peak_mb

AREA = "Network"
MANY = 200         # fewer than the connections that are served
SERVED = 1_024     # as many are
TOO_MANY = 10_000  # many more
ELSEWHERE = "127.0.0.2"  # another address than the API server's
BODY_LIMIT = 3 * 1024 * 1024

HALF_A_HEAD = b"POST /mutate/pvc HTTP/1.1\r\nHost: holdfast\r\nX-Slow: "
HEAD = b"POST /mutate/pvc HTTP/1.1\r\nHost: holdfast\r\nContent-Type: application/json\r\n"


class NetworkCase(EnduranceCase):
    def assert_nobody_noticed(self) -> None:
        self.assertGreater(self.answers.count(), 0)
        self.assertEqual(self.answers.count("Restore"), self.answers.count(), str(self.answers))


class SlowClients(NetworkCase):
    def outlast(self, crowd: HostileConnections, word: bytes) -> None:
        """Each says `word` twice a second until holdfast has ended all of them."""
        self.assertEqual(len(crowd), MANY)

        def all_ended():
            crowd.say(word)
            return len(crowd) == 0
        with self.asking():
            wait_until(all_ended, PATIENCE, "the slow connections are ended", every=0.5)
        self.assert_nobody_noticed()
        recovery = self.recover()
        self.report(f"ended after {min(crowd.ended_s):.0f} to {max(crowd.ended_s):.0f} s", recovery)

    @fault(AREA, "slow headers", sent="200 TLS connections, a byte of a request's header twice a second",
           expected="each ended after 10 s; others do not notice")
    def test_slow_headers_are_ended_and_nobody_notices(self):
        with HostileConnections(self.holdfast.webhook_port) as crowd:
            for _ in range(MANY):
                crowd.add(HALF_A_HEAD, tls=True)
            self.outlast(crowd, b"x")

    @fault(AREA, "slow bodies", sent="200 TLS connections, a byte of a request's body twice a second",
           expected="each ended after 20 s; others do not notice")
    def test_slow_bodies_are_ended_and_nobody_notices(self):
        with HostileConnections(self.holdfast.webhook_port) as crowd:
            for _ in range(MANY):
                crowd.add(HEAD + b"Content-Length: 2000\r\n\r\n{", tls=True)
            self.outlast(crowd, b" ")

    @fault(AREA, "half-open connections",
           sent="200 clients that vanish without a word to the server, half of them in the middle of a request",
           expected="their descriptors are free after 10 s; others do not notice")
    def test_clients_that_vanish_leave_nothing_behind(self):
        with HostileConnections(self.holdfast.webhook_port) as crowd:
            for number in range(MANY):
                crowd.add(HALF_A_HEAD if number % 2 else b"", tls=bool(number % 2))
            self.assertEqual(len(crowd), MANY)
            crowd.vanish()
        began = time.monotonic()
        with self.asking():
            self.assert_unharmed()
        self.assert_nobody_noticed()
        self.report(f"their descriptors were free after {time.monotonic() - began:.0f} s", self.recover())


class Crowds(NetworkCase):
    def open_many(self, crowd: HostileConnections, count: int, first_words: bytes = b"", tls: bool = False) -> None:
        for number in range(count):
            crowd.add(first_words, tls)
            if number % 100 == 0:
                crowd.look()

    @fault(AREA, "10,000 connections", sent="10,000 TCP connections as fast as one client can, which then say nothing",
           expected="at most 1,024 are kept: the oldest ends for the next; reviews are answered or denied; all are ended "
                    "after 10 s")
    def test_ten_thousand_connections_are_a_pause_at_most(self):
        began, most = time.monotonic(), 0
        with HostileConnections(self.holdfast.webhook_port) as crowd, self.asking():
            self.open_many(crowd, TOO_MANY)
            opened_s = time.monotonic() - began
            wait_until(lambda: crowd.look() <= SERVED, PATIENCE, "what is too much is closed")
            most = len(crowd)
            wait_until(lambda: crowd.look() == 0, PATIENCE, "those that say nothing are ended")
        self.assertGreater(self.answers.count("Restore"), 0)
        self.report(f"{crowd.sent} in {opened_s:.1f} s, {most} of them kept, none after "
                    f"{time.monotonic() - began:.0f} s", self.recover())

    @fault(AREA, "silent and slow connections from elsewhere",
           sent="from another address than the API server's 1,000 TLS connections with half a request, a byte twice a "
                "second, then 10,000 that say nothing",
           expected="every review is answered as ever")
    def test_the_api_server_gets_through_whatever_comes_from_elsewhere(self):
        with (HostileConnections(self.holdfast.webhook_port, ELSEWHERE) as slow,
              HostileConnections(self.holdfast.webhook_port, ELSEWHERE) as silent, self.asking()):
            self.open_many(slow, 1_000, HALF_A_HEAD, tls=True)
            for _ in range(20):
                slow.say(b"x")
                self.open_many(silent, TOO_MANY // 20)
            kept = slow.look() + silent.look()
            self.ask()
        self.assert_nobody_noticed()
        self.report(f"{kept} of {slow.sent + silent.sent} kept at the end", self.recover())

    @fault(AREA, "idle connections on the ops port", sent="1,000 TCP connections to port 8080 that say nothing",
           expected="every probe is answered")
    def test_probes_are_answered_whatever_the_load(self):
        longest = 0.0
        with HostileConnections(self.holdfast.ops_port) as crowd:
            for _ in range(10):
                self.open_many(crowd, 100)
                began = time.monotonic()
                for page in ("/livez", "/readyz"):
                    self.assertEqual(self.holdfast.get(page)[0], 200, page)
                longest = max(longest, time.monotonic() - began)
            kept = crowd.look()
        self.answers.add("Restore" if self.ask() == "Restore" else "WRONG")
        self.report(f"{kept} of {crowd.sent} kept; both probes within {longest * 1000:.0f} ms", self.recover())

    @fault(AREA, "no TLS at all", sent="50 connections each of plain HTTP, random bytes, a record without end and a "
                                       "hello of TLS 1.0",
           expected="each ended at once; others do not notice")
    def test_what_is_no_tls_is_ended_at_once(self):
        with HostileConnections(self.holdfast.webhook_port) as crowd, self.asking():
            for _ in range(50):
                for words in (HEAD + b"Content-Length: 0\r\n\r\n", b"\xff" + os.urandom(1000),
                              b"\x16\x03\x01\xff\xff" + bytes(2000), old_hello()):
                    crowd.add(words)
            wait_until(lambda: crowd.look() == 0, PATIENCE, "none is open any more")
            self.ask()
        self.assertEqual(self.answers.count("Restore"), self.answers.count(), str(self.answers))
        self.report(f"{crowd.sent} ended after {max(crowd.ended_s):.1f} s at most", self.recover())


def old_hello() -> bytes:
    """What a client says first that knows nothing newer than TLS 1.0."""
    session = bytes(32) + b"\x00" + b"\x00\x02\x00\x2f" + b"\x01\x00"
    hello = b"\x03\x01" + session
    return b"\x16\x03\x01" + (len(hello) + 4).to_bytes(2, "big") + b"\x01" + len(hello).to_bytes(3, "big") + hello


class UnfinishedBodies(NetworkCase):
    """What is held of bodies: 64 MiB of large ones, and what the buffers of many connections take."""

    allowance_mb = 190
    SIZE = 2_900_000

    @fault(AREA, "unfinished large bodies",
           sent="from another address than the API server's 300 TLS connections with a review of 2.9 MB each, all but its "
                "last byte",
           expected="64 MiB of them are held, the oldest end for the next; every review is answered as ever; at most "
                    "256 MB of memory")
    def test_unfinished_bodies_take_a_bounded_memory(self):
        review = b'{"kind":"AdmissionReview","request":{"uid":"' + b"u" * self.SIZE
        head = HEAD + f"Content-Length: {self.SIZE}\r\n\r\n".encode()
        with HostileConnections(self.holdfast.webhook_port, ELSEWHERE) as crowd, self.asking():
            for _ in range(300):
                crowd.add(head + review[:self.SIZE - 1], tls=True)
                crowd.look()
            kept = crowd.look()
        self.assert_nobody_noticed()
        self.assertLess(peak_mb(self.pid), 256)
        self.report(f"{kept} of {crowd.sent} kept at the end", self.recover())


class Bodies(EnduranceCase):
    """Every body is sent by several clients at once."""

    CLIENTS = 8

    def send(self, body: bytes, *, headers: dict | None = None) -> tuple[int, bytes]:
        context = ssl.create_default_context(cafile=str(self.guarded.certificates / "ca.crt"))
        connection = http.client.HTTPSConnection("127.0.0.1", self.holdfast.webhook_port, timeout=PATIENCE,
                                                 context=context)
        try:
            connection.request("POST", "/mutate/pvc", body, {"Content-Type": "application/json"} | (headers or {}))
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def send_often(self, body: bytes, **more) -> list[tuple[int, bytes]]:
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(self.send(body, **more)))
                   for _ in range(self.CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(answers), self.CLIENTS)
        return answers

    @fault(AREA, "oversized bodies and headers", sent="8 × a body of 3 MiB + 1 byte, 8 × a header of 20 KiB",
           expected="413 and 431; nothing is kept of them")
    def test_what_is_too_large_is_refused(self):
        bodies = {status for status, _ in self.send_often(b" " * (BODY_LIMIT + 1))}
        heads = {status for status, _ in self.send_often(b"{}", headers={"X-Long": "x" * 20 * 1024})}
        self.assertEqual((bodies, heads), ({413}, {431}))
        self.report("413 for each body, 431 for each header", self.recover())

    @fault(AREA, "deeply nested and wide bodies",
           sent="8 × each: 1.5 million nested arrays; 500,000 nested objects; a good review whose PVC has 100,000 "
                "nested objects; a good review of 3 MB with 150,000 annotations",
           expected="a well-formed denial or the right verdict, and bounded memory")
    def test_what_is_nested_too_deeply_is_denied(self):
        codes = set()
        for body in (b"[" * 1_500_000, b'{"a":' * 500_000, self.nested_review(), self.wide_review()):
            for status, text in self.send_often(body):
                self.assertEqual(status, 200)
                review = read_review(status, text)
                self.assertFalse(review.is_unchanged, text[:500])
                codes.add("Restore" if review.allowed else f"denial {review.code} {review.reason}")
        self.report(f"{', '.join(sorted(codes))}", self.recover())

    def nested_review(self) -> bytes:
        text = json.dumps(review_of(self.namespace, pvc(annotations={"here": "there"})))
        return text.replace('"there"', '{"a":' * 100_000 + "1" + "}" * 100_000).encode()

    def wide_review(self) -> bytes:
        document = pvc(annotations={f"k{number}": "v" for number in range(150_000)})
        return json.dumps(review_of(self.namespace, document)).encode()


class Rush(EnduranceCase):
    SECONDS = 5
    THREADS = 16
    WANTED_PER_SECOND = 1_000

    @fault(AREA, "a rush of reviews without an index",
           sent="the repository is moved away; for 5 s 16 clients ask, 1,000 times a second if they can",
           expected="a Wait for every one, bounded memory")
    def test_a_rush_while_the_index_is_down_is_answered_with_waits(self):
        self.repository.move_away()
        try:
            began = time.monotonic()
            self.rush()
            seconds = time.monotonic() - began
        finally:
            self.repository.move_back()
        waits = self.answers.count("Wait IndexUnavailable") + self.answers.count("Wait Overloaded")
        self.assertGreater(waits, 0)
        self.assertEqual(self.answers.count(), waits, str(self.answers))
        reached, answers = f"{self.answers.count() / seconds:.0f} a second", str(self.answers)
        recovery = self.recover()
        self.observed(f"{reached}, each on a connection of its own, beside everything else: {answers}; {self.signs()}", recovery)

    def rush(self) -> None:
        threads = [threading.Thread(target=self.ask_steadily) for _ in range(self.THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def ask_steadily(self) -> None:
        reviewer = self.reviewer()
        began = time.monotonic()
        for number in range(self.WANTED_PER_SECOND * self.SECONDS // self.THREADS):
            due = number * self.THREADS / self.WANTED_PER_SECOND
            if time.monotonic() - began > self.SECONDS:
                return
            time.sleep(max(0.0, began + due - time.monotonic()))
            self.answers.add(self.kind_of_review(reviewer.ask(self.namespace, pvc())))
