#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Makes configuration files with mistakes for import_compare.py, the same ones for the same seed.

import_mutate.py SEED COUNT DIRECTORY FILE...: some are FILEs with a few lines changed, some are
lines at random, of import_words.txt and of all directives with all kinds of values.
"""
import ast
import os
import random
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SCHEMA = os.path.join(HERE, "..", "..", "schema", "directives", "valkey.tsv")
COMMENTS = ["# a comment", "#nospace", "   # indented", "#", "", "\t", "# \u00e9 \u65e5", "\x0c",
            "# ${X}", "# requirepass hidden"]
TAILS = [" # x", "  #x", " x", ";", ' "', "\\", "'", " \\", " ${X}"]
SLOW = ("maxclients", "databases")  # a large number takes the server seconds


def read_words():
    parts = ([], [])
    with open(os.path.join(HERE, "import_words.txt"), encoding="ascii") as f:
        which = 0
        for line in f:
            if line == "===\n":
                which = 1
            elif not line.startswith("#"):
                parts[which].append(ast.literal_eval(line))
    return parts


def read_names():
    with open(SCHEMA, encoding="utf-8") as f:
        return [x.split("\t")[0] for x in f if x.strip() and not x.startswith("#")]


class Maker:
    def __init__(self, seed, bases):
        self.random = random.Random(seed)
        self.values, self.lines = read_words()
        self.names = read_names()
        self.bases = bases

    def line(self):
        kind = self.random.random()
        if kind < 0.5:
            return self.random.choice(self.names) + " " + self.random.choice(self.values)
        return self.random.choice(self.lines if kind < 0.85 else COMMENTS)

    def change(self, line):
        kind, pick = self.random.random(), self.random.choice
        words = line.split()
        if kind < 0.25 or not words:
            return line + pick(TAILS)
        at = self.random.randrange(len(line))
        if kind < 0.4:
            return line[:at] + pick(list("\"'#\\ \tX-0") + ["\xa0"]) + line[at:]
        if kind < 0.55:
            return line[:at] + line[at + 1:]
        if kind < 0.7:
            return " ".join([words[0].replace("-", "_")] + words[1:])
        if kind < 0.8:
            return " ".join([words[0].upper()] + words[1:])
        return words[0] + " " + pick(self.values)

    def changed_file(self):
        path = self.random.choice(self.bases)
        with open(path, encoding="utf-8", errors="surrogateescape") as f:
            lines = [x for x in f.read().split("\n") if x.strip() and not x.startswith("#")]
        for _ in range(self.random.randrange(1, 6)):
            at = self.random.randrange(len(lines))
            lines[at] = self.change(lines[at])
        for _ in range(self.random.randrange(4)):
            lines.insert(self.random.randrange(len(lines) + 1), self.line())
        return lines

    def new_file(self):
        lines = [self.line() for _ in range(self.random.randrange(3, 30))]
        return [self.change(x) if self.random.random() < 0.06 else x for x in lines]

    def text(self):
        lines = self.changed_file() if self.random.random() < 0.4 else self.new_file()
        lines = [x for x in lines if not any(s in x.lower() for s in SLOW)]
        end = "\r\n" if self.random.random() < 0.15 else "\n"
        return end.join(lines) + (end if self.random.random() < 0.7 else "")


def main():
    seed, count, out = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    maker = Maker(seed, sys.argv[4:])
    for number in range(count):
        path = os.path.join(out, "seed%d-%03d.conf" % (seed, number))
        with open(path, "w", encoding="utf-8", errors="surrogateescape", newline="") as f:
            f.write(maker.text())


main()
