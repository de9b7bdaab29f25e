#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""An independent reader of the audit log, written from the specifications alone (RFC 6962, RFC 8032,
C2SP signed-note, tlog-checkpoint, tlog-cosignature, tlog-tiles); it shares no code with vkcfg.

verify_log.py PORT HOME: reads the log as the person whose home this is, from its tiles, and checks all
of it: the checkpoint's signature, every tile, the root, consistency proofs, the hosts' cosignatures.
Prints what it has checked; ends with 1 at the first thing that is wrong.
"""
import base64
import hashlib
import http.client
import json
import ssl
import struct
import sys

# Ed25519 as in RFC 8032, section 6: slow, but not ours.
P = 2**255 - 19
D = -121665 * pow(121666, P - 2, P) % P
Q = 2**252 + 27742317777372353535851937790883648493


def add(a, b):
    x = (a[1] - a[0]) * (b[1] - b[0]) % P
    y = (a[1] + a[0]) * (b[1] + b[0]) % P
    z = 2 * a[3] * b[3] * D % P
    t = 2 * a[2] * b[2] % P
    e, f, g, h = y - x, t - z, t + z, y + x
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def multiply(scalar, point):
    result = (0, 1, 1, 0)
    while scalar > 0:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


def recover_x(y, sign):
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P)
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P != 0:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (x * x - square) % P != 0 or (x == 0 and sign):
        fail("a point is not on the curve")
    return P - x if x & 1 != sign else x


def decompress(data):
    y = int.from_bytes(data, "little")
    sign = y >> 255
    y &= (1 << 255) - 1
    x = recover_x(y, sign)
    return (x, y, 1, x * y % P)


BASE_Y = 4 * pow(5, P - 2, P) % P


def base_point():
    x = recover_x(BASE_Y, 0)
    return (x, BASE_Y, 1, x * BASE_Y % P)


def is_signed(public, message, signature):
    s = int.from_bytes(signature[32:], "little")
    if s >= Q:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % Q
    left = multiply(s, base_point())
    right = add(decompress(signature[:32]), multiply(h, decompress(public)))
    return ((left[0] * right[2] - right[0] * left[2]) % P == 0
            and (left[1] * right[2] - right[1] * left[2]) % P == 0)


def fail(text):
    print("wrong: " + text)
    sys.exit(1)


def demand(condition, text):
    if not condition:
        fail(text)


# RFC 6962, section 2.1
def leaf_hash(data):
    return hashlib.sha256(b"\0" + data).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def split(n):
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def root(leaves):
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return node_hash(root(leaves[:k]), root(leaves[k:]))


def consistency(m, leaves, is_whole=True):
    """SUBPROOF(m, D[n], b)"""
    n = len(leaves)
    if m == n:
        return [] if is_whole else [root(leaves)]
    k = split(n)
    if m <= k:
        return consistency(m, leaves[:k], is_whole) + [root(leaves[k:])]
    return consistency(m - k, leaves[k:], False) + [root(leaves[:k])]


class Server:
    def __init__(self, port, home):
        context = ssl.create_default_context(cafile=home + "/ca.crt")
        context.load_cert_chain(home + "/tls.crt", home + "/tls.key")
        self.connection = http.client.HTTPSConnection("localhost", port, context=context, timeout=60)

    def get(self, path, status=200):
        self.connection.request("GET", path)
        reply = self.connection.getresponse()
        body = reply.read()
        demand(reply.status == status, "%s answers %d: %r" % (path, reply.status, body[:200]))
        self.headers = reply.headers
        return body


def parse_note(note):
    text, signatures = note.rsplit(b"\n\n", 1)
    lines = []
    for line in signatures.splitlines():
        dash, name, value = line.decode().split(" ")
        demand(dash == "\u2014", "a signature line without its dash")
        lines.append((name, base64.b64decode(value, validate=True)))
    return text + b"\n", lines


def key_id(name, algorithm, public):
    return hashlib.sha256(name.encode() + b"\n" + bytes([algorithm]) + public).digest()[:4]


def check_cosignature(body, name, value, public):
    demand(value[:4] == key_id(name, 4, public), "the key id of " + name)
    (time,) = struct.unpack(">Q", value[4:12])
    message = b"cosignature/v1\ntime %d\n" % time + body
    demand(len(value) == 76 and is_signed(public, message, value[12:]), "the cosignature of " + name)


def tile_path(level, index, width):
    text = "%03d" % (index % 1000)
    while index >= 1000:
        index //= 1000
        text = "x%03d/%s" % (index % 1000, text)
    return "/log/tile/%s/%s%s" % (level, text, "" if width == 256 else ".p/%d" % width)


def tiles(server, level, count):
    for index in range((count + 255) // 256):
        body = server.get(tile_path(level, index, min(256, count - index * 256)))
        demand("immutable" in server.headers["Cache-Control"], "a tile that may not be cached")
        yield body


def read_entries(server, size):
    entries = []
    for bundle in tiles(server, "entries", size):
        while bundle:
            (length,) = struct.unpack(">H", bundle[:2])
            demand(len(bundle) >= 2 + length, "a truncated bundle of entries")
            entries.append(bundle[2:2 + length])
            bundle = bundle[2 + length:]
    demand(len(entries) == size, "%d entries instead of %d" % (len(entries), size))
    return entries


def check_tiles(server, leaves):
    count, below, level = 0, leaves, 0
    while below:
        hashes = b"".join(tiles(server, level, len(below)))
        demand(hashes == b"".join(below), "the tiles of level %d" % level)
        count += (len(below) + 255) // 256
        below = [root(below[i:i + 256]) for i in range(0, len(below) - 255, 256)]
        level += 1
    server.get(tile_path(level, 0, 1), 404)
    return count


def main():
    server = Server(int(sys.argv[1]), sys.argv[2])
    with open(sys.argv[2] + "/tuf/root.json", encoding="utf-8") as file:
        log = json.load(file)["signed"]["x-vkcfg"]["log"]
    public = bytes.fromhex(log["public"])
    body, lines = parse_note(server.get("/log/checkpoint"))
    origin, size, head = body.decode().splitlines()
    demand(origin == log["name"], "the origin")
    own = [value for name, value in lines if name == origin]
    demand(len(own) == 1 and own[0][:4] == key_id(origin, 1, public), "the key id of the log")
    demand(is_signed(public, body, own[0][4:]), "the signature of the log")

    size = int(size)
    leaves = [leaf_hash(entry) for entry in read_entries(server, size)]
    demand(root(leaves) == base64.b64decode(head), "the root of the entries")
    count = check_tiles(server, leaves)

    sizes = sorted({1, 2, 3, size // 2, 255, 256, 257, size - 1, size} & set(range(1, size + 1)))
    for m in sizes:
        for n in [n for n in sizes if n >= m]:
            reply = json.loads(server.get("/v1/log/consistency?from=%d&to=%d" % (m, n)))
            demand([bytes.fromhex(h) for h in reply["proof"]] == consistency(m, leaves[:n]),
                   "the consistency proof %d to %d" % (m, n))

    hosts = {h["name"]: h["public_key"] for h in json.loads(server.get("/v1/hosts"))["items"]}
    fleet = origin.split("/")[0]
    witnesses = json.loads(server.get("/v1/log/witnesses"))["items"]
    for item in witnesses:
        dash, name, value = item["cosignature"].split(" ")
        demand(name == "%s/host/%s" % (fleet, item["host"]), "the name of a witness")
        cosigned = "%s\n%d\n%s\n" % (origin, item["size"],
                                     base64.b64encode(root(leaves[:item["size"]])).decode())
        check_cosignature(cosigned.encode(), name, base64.b64decode(value),
                          bytes.fromhex(hosts[item["host"]].split(":")[1]))
    for name, value in lines:
        if name != origin:
            check_cosignature(body, name, value, bytes.fromhex(hosts[name.split("/")[2]].split(":")[1]))
    print("verified: %d entries, %d tiles, %d witnesses, %d on the checkpoint"
          % (size, count, len(witnesses), len(lines) - 1))


if __name__ == "__main__":
    main()
