# SPDX-License-Identifier: GPL-2.0
"""What the tests of metrics have in common: a host that has it all, a client
that can be slow, and reading what is served."""
import http.client
import os
import re
import socket
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(TOP, "tests/daemon"))

from world import (KSMFSD, PATIENCE, equal, ksmfsd,  # noqa: E402,F401
                   run_tests, wait)

BUILD = os.path.dirname(KSMFSD)
PROMETHEUS = os.path.join(BUILD, "prometheus/usr/bin")
SHARE = os.path.join(TOP, "userspace-tools/metrics")
OPEN_METRICS = "application/openmetrics-text; version=1.0.0"


def text_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def statistics():
    """(name, kind) of each, as the ABI header lists them."""
    header = text_of(os.path.join(TOP, "include/uapi/ksmfs.h"))
    listed = header.split("#define KSMFS_STATS(X)")[1].split("\n\n")[0]
    return re.findall(r"X\((\w+), (GAUGE|COUNTER|BYTES),", listed)


def module(world):
    """The module's statistics: the first is 1000, the next 1001 and so on."""
    for number, (name, kind) in enumerate(statistics(), 1000):
        if name != "stalls":
            value = -number if name == "general_profit" else number
            world.write(f"sys/kernel/mm/ksmfs/{name}", f"{value}\n")


def regions(world, count, domain="tenant", tail=""):
    """Files of a domain, with inode numbers from 1000 on."""
    world.more += ["inode /dev/ksmfs 1", f"inode /dev/ksmfs/{domain} 2"]
    os.makedirs(world.path("dev/ksmfs/" + domain), exist_ok=True)
    for ino in range(1000, 1000 + count):
        name = f"dev/ksmfs/{domain}/ram{ino}{tail}"
        world.write(name, "")
        world.more += [
            f"inode /{name} {ino}",
            f"region /dev/ksmfs {ino} 2 100 40 30 20 10 50 1 2 3 1 packed=4 "
            "swapped=5 vain=6 fetched=7 stalls=8 limit=9 periods=1 active=11"]
    world.answers()


def serve(world, address="127.0.0.1:0", daemon=None, **options):
    """The daemon runs; returns the port it serves at."""
    world.config({"metrics": address, **(daemon or {})})
    world.start(**options)
    world.logged("metrics are at")
    return int(re.search(r"metrics are at http://\S+:(\d+)/metrics$",
                         world.read("log"), re.M)[1])


def ask(port, path="/metrics", method="GET", host="127.0.0.1", **headers):
    """Status, headers and text of an answer."""
    client = http.client.HTTPConnection(host, port, timeout=PATIENCE)
    try:
        client.request(method, path, headers=headers)
        answer = client.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        client.close()


def page(port, **headers):
    status, _, text = ask(port, **headers)
    assert status == 200, (status, text)
    return text


def families(text):
    """{family: kind} of a page."""
    return dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))


def samples(text):
    """{name and labels: value} of a page; none may come twice."""
    found = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            series, value = line.rsplit(" ", 1)
            assert series not in found, f"twice: {series}"
            found[series] = float(value)
    return found


def value(port, series):
    return samples(page(port)).get(series)


def raw(port, request=b""):
    """A client that says what it likes."""
    sock = socket.create_connection(("127.0.0.1", port), PATIENCE)
    sock.sendall(request)
    return sock


def rest(sock):
    """All that comes back, until the other end hangs up."""
    got = b""
    try:
        while more := sock.recv(1 << 16):
            got += more
    except ConnectionResetError:
        pass
    return got


def promtool(*args, **options):
    return subprocess.run([os.path.join(PROMETHEUS, "promtool"), *args],
                          capture_output=True, text=True, check=False,
                          timeout=PATIENCE, **options)
