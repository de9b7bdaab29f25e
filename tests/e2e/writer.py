#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes keys w:0, w:1, ... until SIGTERM, and notes the number of each write that was acknowledged.

    writer.py FILE USER PASSWORD servers PORT...            whoever of them takes writes
    writer.py FILE USER PASSWORD sentinels GROUP PORT...    the primary that the Sentinels name
    writer.py FILE USER PASSWORD cluster PORT...            the node that serves the slot of the key

Prints how many writes failed, and the longest time in which none succeeded, in ms.
"""
import signal
import socket
import sys
import time

running = True


def stop(*_):
    global running
    running = False


def words(*args):
    return b"*%d\r\n" % len(args) + b"".join(b"$%d\r\n%s\r\n" % (len(a), a) for a in args)


class Link:
    def __init__(self, port, user, password):
        self.socket = socket.create_connection(("127.0.0.1", port), 2)
        self.socket.settimeout(20)
        self.file = self.socket.makefile("rb")
        if self.ask(b"AUTH", user, password) != b"OK":
            raise OSError("AUTH")

    def ask(self, *args):
        self.socket.sendall(words(*args))
        return self.answer()

    def answer(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise OSError("closed")
        if line[:1] == b"*":
            return [self.answer() for _ in range(int(line[1:]))]
        if line[:1] == b"$":
            return self.file.read(int(line[1:]) + 2)[:-2]
        if line[:1] == b"-" and not line.startswith(b"-MOVED "):
            raise OSError(line.decode())
        return line.strip() if line[:1] == b"-" else line[1:].strip()

    def close(self):
        self.socket.close()


def slot(key):
    crc = 0
    for byte in key:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc % 16384


class Writer:
    def __init__(self, user, password, kind, rest):
        self.login, self.kind, self.links, self.slots, self.turn = (user, password), kind, {}, {}, 0
        self.group = rest.pop(0).encode() if kind == "sentinels" else None
        self.ports = [int(port) for port in rest]
        self.primary = None

    def find(self, key):
        if self.kind == "cluster" and slot(key) in self.slots:
            return self.slots[slot(key)]
        port = self.ports[self.turn % len(self.ports)]
        if self.kind != "sentinels":
            return port
        if self.primary is None:
            sentinel = Link(port, *self.login)
            self.primary = int(sentinel.ask(b"SENTINEL", b"GET-MASTER-ADDR-BY-NAME", self.group)[1])
            sentinel.close()
        return self.primary

    def write(self, key, value):
        for _ in range(5):
            port = self.find(key)
            if port not in self.links:
                self.links[port] = Link(port, *self.login)
            answer = self.links[port].ask(b"SET", key, value)
            if answer == b"OK":
                return
            if not answer.startswith(b"-MOVED "):
                raise OSError(answer)
            self.slots[slot(key)] = int(answer.split(b":")[-1])
        raise OSError("sent round")

    def forget(self):
        for link in self.links.values():
            link.close()
        self.links, self.slots, self.primary, self.turn = {}, {}, None, self.turn + 1


def main():
    signal.signal(signal.SIGTERM, stop)
    done = open(sys.argv[1], "w")
    writer = Writer(sys.argv[2].encode(), sys.argv[3].encode(), sys.argv[4], sys.argv[5:])
    number, failed, longest, last = 0, 0, 0, time.monotonic()
    while running:
        try:
            writer.write(b"w:%d" % number, b"%d" % number)
            done.write("%d\n" % number)
            done.flush()
            longest, last = max(longest, time.monotonic() - last), time.monotonic()
            time.sleep(0.0005)
        except OSError:
            failed += 1
            writer.forget()
            time.sleep(0.005)
        number += 1
    print("failed %d, longest pause %d ms" % (failed, longest * 1000))


main()
