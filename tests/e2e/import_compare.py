#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Imports configuration files, renders them again, and compares two real servers.

import_compare.py VKCFG WORK FILE...: one line of TAP for each file (without the plan).

A copy of each file has its paths pointed at things that exist. For what valkey-server refuses, the
import must name the same line and cause; such lines are dropped, and with the rest the original and
the imported configuration must give the same CONFIG GET * and ACL LIST. Named exceptions: paths, the
user of the agent.
"""
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time

PATHS = {"dir", "logfile", "pidfile", "unixsocket", "aclfile", "tls-cert-file", "tls-key-file",
         "tls-ca-cert-file", "tls-ca-cert-dir", "tls-client-cert-file", "tls-client-key-file",
         "tls-dh-params-file", "cluster-config-file"}
NEVER = {"enable-module-command", "enable-protected-configs"}  # a tree has them at "no"
PROBE = "probe on nopass ~* &* +@all"
KEEP = {"config", "acl", "info", "ping", "auth"}
STARTS = ["--port", "0", "--tls-port", "0", "--unixsocketperm", "700", "--daemonize", "no",
          "--supervised", "no", "--logfile", "", "--pidfile", "", "--bind", "127.0.0.1"]


class Reply:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(10)
        self.socket.connect(path)
        self.file = self.socket.makefile("rb")

    def read(self):
        line = self.file.readline().rstrip(b"\r\n")
        kind, rest = line[:1], line[1:]
        if kind == b"$":
            data = self.file.read(int(rest) + 2)[:-2]
            return data.decode("utf-8", "backslashreplace")
        if kind == b"*":
            return [self.read() for _ in range(int(rest))]
        if kind == b"-":
            raise RuntimeError(rest.decode())
        return rest.decode()

    def ask(self, *words):
        out = b"*%d\r\n" % len(words)
        for word in words:
            out += b"$%d\r\n%s\r\n" % (len(word), word.encode())
        self.socket.sendall(out)
        return self.read()


def observe(conf, work):
    """(values, users, ""), or (None, None, what the server said)."""
    path = os.path.join(work, "s")
    log = open(os.path.join(work, "log"), "wb+")
    argv = ["valkey-server", conf, "--unixsocket", path] + STARTS
    server = subprocess.Popen(argv, stdout=log,
                              stderr=log, stdin=subprocess.DEVNULL, cwd=work)
    try:
        reply = None
        for _ in range(1000):
            if server.poll() is not None:
                break
            try:
                reply = Reply(path)
                break
            except OSError:
                time.sleep(0.005)  # until the socket is there
        if reply is None:
            log.seek(0)
            return None, None, log.read().decode("utf-8", "replace")
        reply.ask("AUTH", "probe", "x")
        flat = reply.ask("CONFIG", "GET", "*")
        return dict(zip(flat[::2], flat[1::2])), reply.ask("ACL", "LIST"), ""
    finally:
        if server.poll() is None:
            server.kill()
        server.wait()
        log.close()
        if os.path.exists(path):
            os.unlink(path)


def name_of(line):
    words = line.split(None, 1)
    return words[0].strip('"').lower() if words and not line.lstrip().startswith("#") else ""


def stub(text, work, acl):
    """The same lines with paths that exist, and without what cannot be compared."""
    out = []
    for line in text.split("\n"):
        name = name_of(line)
        second = line.split()[1].strip('"').lower() if len(line.split()) > 1 else ""
        if name == "dir":
            line = "dir " + work
        elif name in ("logfile", "pidfile", "unixsocket", "loadmodule", "replicaof", "slaveof"):
            line = "#" if len(line.split()) <= 3 and "$" not in line else line
            line = "#" if name == "loadmodule" and second else line
        elif name == "include" or (name == "rename-command" and second in KEEP):
            line = "#"
        elif name == "cluster-config-file" and "/" in line:
            line = "cluster-config-file %s/nodes.conf" % work
        elif name == "aclfile":
            line = "aclfile " + acl
        elif name.startswith("tls-") and name in PATHS and len(line.split()) == 2:
            kind = "key" if "key" in name else "dir" if "dir" in name else "crt"
            kind = "dh" if "-dh-" in name else kind
            line = "%s %s/tls/%s" % (name, os.path.dirname(work), kind)
        out.append(line)
    return out


def run_import(vkcfg, conf, acl, tree, secrets, *more):
    argv = [vkcfg, "import", "--json", "--tree", tree, "--as", "db1/main", "--secrets", secrets]
    done = subprocess.run(argv + list(acl) + list(more) + [conf], capture_output=True, text=True)
    if not done.stdout:
        raise RuntimeError("import: status %d: %s" % (done.returncode, done.stderr[:500]))
    return json.loads(done.stdout)


def lines_of(lines, *names):
    return [n for n, line in enumerate(lines, 1) if name_of(line) in names]


def find_cause(log, lines):
    """(numbers of the lines that are to blame, the server's words), or None."""
    found = re.search(r"at line (\d+)\n>>> '.*'\n(.*)", log)
    if found:
        return [int(found.group(1))], found.group(2).strip()
    found = re.search(r"(Error loading ACL rule) '.*?'( for the user named '(.*?)': .*)", log)
    if found:
        users = [n for n in lines_of(lines, "user") if lines[n - 1].split()[1] == found.group(3)]
        return users, found.group(1) + found.group(2)
    for cause, names in {"Failed opening Unix socket: getgrnam": ["unixsocketgroup"],
                         "Failed to configure LOCALE": ["locale-collate"],
                         "Spaces not allowed in ACL usernames": ["user"],
                         "Configuring Valkey with users defined": ["aclfile"]}.items():
        if cause in log:
            found = lines_of(lines, *names)
            if names == ["user"]:
                found = [n for n in found if re.match(r'\s*user\s+".*?\s.*?"', lines[n - 1], re.I)]
            return found, cause
    cause = "Module Configuration detected without loadmodule"
    if cause in log:
        return [n for n in range(1, len(lines) + 1) if "." in name_of(lines[n - 1])], cause
    return None


def check_refusals(conf, lines, report, work, probe):
    """Drops, one after the other, what the server refuses; the import must have said so."""
    said = {n["line"]: n["message"] for n in report["notes"] if n["kind"] == "refused"}
    needs = {n["line"]: n["message"] for n in report["notes"] if n["kind"] == "needs"}
    # The test's own --bind and --tls-port hide what the server says about the file's.
    for number in [n for n in said if n > 0 and name_of(lines[n - 1]) in ("bind", "tls-port")]:
        if name_of(lines[number - 1]) == "bind" or said[number].startswith("No tls-"):
            lines[number - 1] = "#"
            del said[number]
    wrong = []
    for _ in range(200):
        with open(conf, "w", encoding="utf-8", errors="surrogateescape") as f:
            f.write("\n".join(lines + probe) + "\n")
        values, users, log = observe(conf, work)
        if values is not None:
            rest = sorted(n for n in said if n > 0)
            wrong += ["line %d is refused only by the import: %s: %r" % (n, said[n], lines[n - 1])
                      for n in rest]
            if wrong:
                raise RuntimeError("\n".join(wrong))
            return values, users
        found = find_cause(log, lines)
        if not found or not found[0]:
            raise RuntimeError("the server does not start: " + log[-800:])
        (number, *others), cause = found
        if cause.startswith("Configuring Valkey with users") and said.get(number, "").startswith(cause):
            return None, None  # which of the two counts is for people to say
        message = said.pop(number, None) or needs.pop(number, None)
        text, lines[number - 1] = lines[number - 1], "#"
        for other in others:
            lines[other - 1] = "#"
        if message is None:
            wrong.append("line %d is refused only by the server: %s: %r" % (number, cause, text))
            continue
        # Where a rule of a user is wrong, the server quotes a password or the rule.
        cause = re.sub("^(Error in user declaration) '.*?':", r"\1:", cause)
        message = re.sub("^(Error in user declaration) '.*?':", r"\1:", message)
        if not cause.startswith(message[:40]) and cause[:40] not in message:
            wrong.append("line %d: %r, but the server says %r: %r" % (number, message, cause, text))
    raise RuntimeError("too many refused lines")


def compare(values, users, got, got_users):
    wrong = ["%s: %r became %r" % (k, v, got.get(k)) for k, v in values.items()
             if k not in PATHS and got.get(k) != v
             and not (k in NEVER and v != "no" and got.get(k) == "no")]
    ours = {u.split()[1]: u for u in got_users}
    for user in users:
        name = user.split()[1]
        if name in ("probe", "vkcfg-agent"):
            continue
        if ours.get(name) != user:
            wrong.append("%s became %s" % (user, ours.get(name)))
    more = set(ours) - {u.split()[1] for u in users} - {"vkcfg-agent", "default"}
    return wrong + ["user %s is new" % name for name in more]


def check(vkcfg, work, path):
    tree, secrets, out = (os.path.join(work, n) for n in ("tree", "secrets", "out"))
    conf, acl = os.path.join(work, "x.conf"), os.path.join(work, "x.acl")
    with open(path, encoding="utf-8", errors="surrogateescape", newline="") as f:
        text = f.read()
    is_acl = path.endswith(".acl")
    users = text if is_acl else ""
    lines = ["aclfile " + acl] if is_acl else stub(text, work, acl)
    has_acl = is_acl or any(name_of(x) == "aclfile" for x in lines)
    with open(acl, "w", encoding="utf-8", errors="surrogateescape", newline="") as f:
        f.write(users)
    with open(conf, "w", encoding="utf-8", errors="surrogateescape", newline="") as f:
        f.write("\n".join(lines))
    report = run_import(vkcfg, conf, [], tree, secrets, "--skip-refused")
    if not report["written"]:
        raise RuntimeError("not written: %s" % json.dumps(report["validation"])[:800])
    with open(acl, "a", encoding="utf-8") as f:
        f.write("\nuser %s\n" % PROBE if has_acl else "")
    if is_acl and report["refused"]:
        log = observe(conf, work)[2]
        # The server cuts what it says off: each line that it names must have been named.
        said = {n["line"]: n["message"] for n in report["notes"] if n["kind"] == "refused"}
        log = re.sub("Error in applying operation '[^']*': ", "", log)
        named = re.findall(r"x\.acl:(\d+):? (.{10})", log)
        named += [(b, a[:10]) for a, b in re.findall(r"(Duplicate .{9}).* on line (\d+)", log)]
        for number, cause in named:
            if not said.get(int(number), "").startswith(cause):
                raise RuntimeError("line %s is refused only by the server: %s" % (number, log))
        if not named:
            raise RuntimeError("refused only by the import: %s" % said)
        return "names the cause of each bad line, as the server does"
    values, listed = check_refusals(conf, lines, report, work,
                                    [] if has_acl else ["user " + PROBE])
    if values is None:
        return "names the cause, as the server does"
    only_elsewhere = [n for n in ("activedefrag", "unixsocketgroup", "locale-collate")
                      if not lines_of(lines, n)]
    argv = [vkcfg, "render", "--tree", tree, "db1/main", "--out", out, "--secrets", secrets]
    if not os.path.exists(secrets):
        os.close(os.open(secrets, os.O_CREAT | os.O_WRONLY, 0o600))
    done = subprocess.run(argv, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError("render: " + done.stderr)
    rendered = os.path.join(out, "valkey.conf")
    with open(rendered, encoding="utf-8") as f:
        kept = [x for x in f if name_of(x) not in only_elsewhere]
    os.unlink(rendered)
    with open(rendered, "w", encoding="utf-8") as f:
        f.writelines(kept)
    shutil.copytree(os.path.join(os.path.dirname(work), "tls"), os.path.join(out, "tls"))
    with open(os.path.join(out, "users.acl"), "a", encoding="utf-8") as f:
        f.write("user %s\n" % PROBE)
    got, got_users, log = observe(os.path.join(out, "valkey.conf"), work)
    if got is None:
        raise RuntimeError("the rendered configuration does not start: " + log[-600:])
    left_out = {n["subject"].replace("_", "-") for n in report["notes"] if n["kind"] == "left out"}
    values = {k: v for k, v in values.items() if k.replace("_", "-") not in left_out}
    if "requirepass" in left_out:
        listed = [u for u in listed if u.split()[1] != "default"]
    if int(values.get("repl-backlog-size", "16384")) < 16384:
        del values["repl-backlog-size"]  # CONFIG SET, and so a tree, raises it
    wrong = compare(values, listed, got, got_users)
    if wrong:
        raise RuntimeError("; ".join(wrong)[:1500])
    return "behaves the same (%d values, %d users, %d lines refused)" % (
        len(values), len(listed) - 1, report["refused"])


def main():
    vkcfg, base = sys.argv[1], sys.argv[2]
    failed = 0
    for number, path in enumerate(sys.argv[3:], 1):
        work = os.path.join(base, "file%d" % number)
        os.makedirs(work)
        try:
            print("ok - %s: %s" % (os.path.basename(path), check(vkcfg, work, path)), flush=True)
            shutil.rmtree(work)
        except (RuntimeError, OSError, ValueError) as error:
            failed += 1
            print("not ok - %s" % os.path.basename(path))
            print("# " + str(error).replace("\n", "\n# "), flush=True)
    sys.exit(failed != 0)


main()
