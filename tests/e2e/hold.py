#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Holds TLS connections open and asks on them when it is told to, line by line:

    open NAME DIRECTORY        a connection with DIRECTORY/{tls.crt,tls.key,ca.crt}
    resume NAME OLD            another one that resumes the TLS session of OLD
    get NAME PATH              prints "NAME STATUS"
    post NAME PATH JSON        the same
    begin NAME PATH LENGTH     announces a body of LENGTH bytes and sends the first
    finish NAME JSON           sends the rest of it, prints "NAME STATUS"
    park NAME PATH ETAG        a long-poll; prints "NAME parked", and "NAME STATUS" when it is answered

Each command prints one line ("NAME ok") when it is done. The port is the only argument.
"""
import socket
import ssl
import sys
import threading

connections = {}
lock = threading.Lock()


def say(text):
    with lock:
        print(text, flush=True)


class Connection:
    def __init__(self, directory, session=None):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.load_verify_locations(directory + "/ca.crt")
        self.context.load_cert_chain(directory + "/tls.crt", directory + "/tls.key")
        self.directory = directory
        self.connect(session)

    def connect(self, session):
        raw = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
        self.tls = self.context.wrap_socket(raw, server_hostname="localhost", session=session)
        self.rest = b""

    def send(self, method, path, headers, body=b""):
        lines = ["%s %s HTTP/1.1" % (method, path), "Host: localhost"] + headers
        self.tls.sendall("\r\n".join(lines + ["", ""]).encode() + body)

    def status(self):
        """Reads one whole answer."""
        try:
            while b"\r\n\r\n" not in self.rest:
                data = self.tls.recv(65536)
                if not data:
                    return "closed"
                self.rest += data
            head, self.rest = self.rest.split(b"\r\n\r\n", 1)
            length = 0
            for line in head.split(b"\r\n")[1:]:
                name, value = line.split(b":", 1)
                if name.lower() == b"content-length":
                    length = int(value)
            while len(self.rest) < length:
                self.rest += self.tls.recv(65536)
            self.rest = self.rest[length:]
            return head.split(b" ")[1].decode()
        except OSError:
            return "closed"


def park(name, connection, path, etag):
    connection.send("GET", path, ["If-None-Match: " + etag, "Prefer: wait=50"])
    say(name + " parked")
    say(name + " " + connection.status())


def obey(words):
    command, name = words[0], words[1]
    if command == "open":
        connections[name] = Connection(words[2])
    elif command == "resume":
        old = connections[words[2]]
        connections[name] = new = Connection.__new__(Connection)
        new.context, new.directory = old.context, old.directory
        new.connect(old.tls.session)
        say(name + (" resumed" if new.tls.session_reused else " fresh"))
    elif command == "get":
        connections[name].send("GET", words[2], [])
        say(name + " " + connections[name].status())
    elif command == "post":
        body = words[3].encode()
        connections[name].send("POST", words[2], ["Content-Type: application/json", "Content-Length: %d" % len(body)], body)
        say(name + " " + connections[name].status())
    elif command == "begin":
        connections[name].send("POST", words[2], ["Content-Type: application/json", "Content-Length: " + words[3]], b"{")
    elif command == "finish":
        connections[name].tls.sendall(words[2].encode())
        say(name + " " + connections[name].status())
    elif command == "park":
        threading.Thread(target=park, args=(name, connections[name], words[2], words[3]), daemon=True).start()
    say(name + " ok")


for line in sys.stdin:
    try:
        obey(line.rstrip("\n").split(" ", 3))
    except (OSError, KeyError, IndexError) as error:
        say("failed: %s: %r" % (line.strip(), error))
