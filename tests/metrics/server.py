# SPDX-License-Identifier: GPL-2.0
"""How the page is served, and to whom it is not."""
import concurrent.futures
import os
import re
import socket
import subprocess
import threading
import time

from lib import (BUILD, OPEN_METRICS, PATIENCE, ask, equal, ksmfsd, module,
                 page, raw, regions, rest, samples, serve, value, wait)

GET = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
CLIENTS_MAX = 32  # as http.c has it

# What a client accepts, and whether it gets OpenMetrics.
ACCEPT = (
    ("", False),
    ("*/*", False),
    ("text/html,application/xhtml+xml,*/*;q=0.8", False),
    ("application/openmetrics-text", True),
    ("application/openmetrics-text;version=1.0.0", True),
    ("APPLICATION/OpenMetrics-Text ; Version=1.0.0 ; charset=utf-8", True),
    ("application/openmetrics-text;version=0.0.1", False),
    ("application/openmetrics-text;version=9.0.0,text/plain", False),
    ("application/openmetrics-text;version=1.0.0,"
     "application/openmetrics-text;version=0.0.1;q=0.75,"
     "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", True),
    ("text/plain;q=0.5,application/openmetrics-text;q=0.4", False),
    ("text/*;q=0.05,application/openmetrics-text;q=0.050", True),
    ("application/openmetrics-text;q=0", False),
    ("application/openmetrics-text;q=0.0,*/*", False),
    ("application/openmetrics-text;q=nonsense", False),
    (";,;;q=,,", False),
)


def test_accept(world):
    port = serve(world)
    for accept, wanted in ACCEPT:
        status, headers, text = ask(port, Accept=accept)
        equal((accept, status, text.endswith("# EOF\n")),
              (accept, 200, wanted))
        equal(headers["Content-Type"],
              "application/openmetrics-text; version=1.0.0; charset=utf-8"
              if wanted else "text/plain; version=0.0.4; charset=utf-8")
    equal(world.stop(), 0)


def test_errors(world):
    port = serve(world)
    for path in ("/", "/metric", "/metrics/", "/metrics/../etc/passwd",
                 "/%00", "//metrics"):
        status, _, text = ask(port, path)
        equal((path, status, text),
              (path, 404, "There is nothing here but /metrics.\n"))
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "get", "TRACE"):
        status, headers, _ = ask(port, method=method)
        equal((method, status, headers["Allow"]), (method, 405, "GET, HEAD"))
    equal(ask(port, "/metrics?x=y")[0], 200)
    status, headers, text = ask(port, method="HEAD")
    equal((status, text), (200, ""))
    assert int(headers["Content-Length"]) > 1000
    for request in (b"\r\n\r\n\r\n", b"nonsense\r\n\r\n", b"\0" * 100,
                    b"GET /metrics HTTP/1.1\r\n" + b"x: y\r\n" * 9999 + b"\r\n",
                    b"GET /" + b"x" * 99999 + b" HTTP/1.1\r\n\r\n",
                    b"POST /metrics HTTP/1.1\r\nHost: x\r\n"
                    b"Content-Length: 99999999999999999999\r\n\r\n"):
        with raw(port) as sock:
            try:
                sock.sendall(request)
                sock.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # it hung up before all was said
            assert b" 200 " not in rest(sock), request[:40]
    equal(ask(port)[0], 200)
    equal(world.stop(), 0)


def test_one_answer_and_it_hangs_up(world):
    port = serve(world)
    for request in (GET, b"GET /metrics HTTP/1.0\r\n\r\n", GET + GET):
        with raw(port, request) as sock:
            answer = rest(sock)
            equal(answer.count(b"HTTP/1.1 200 OK"), 1)
            assert answer.endswith(b"\n")
    with raw(port, GET[:9]) as sock:  # in pieces
        time.sleep(0.1)
        sock.sendall(GET[9:])
        assert b"200 OK" in rest(sock)
    with raw(port, GET):
        pass  # gone before the answer
    equal(ask(port)[0], 200)
    equal(world.stop(), 0)


def drip(sock, stop):
    """Says a little every now and then, without an end."""
    try:
        sock.sendall(b"GET /metrics HTTP/1.1\r\n")
        while not stop.wait(0.5):
            sock.sendall(b"x: y\r\n")
    except OSError:
        pass


def test_slow_clients_hold_up_nobody(world):
    module(world)
    regions(world, 2000, tail="x" * 200)  # more than sockets take at once
    port = serve(world)
    begun, stop = time.monotonic(), threading.Event()
    rounds = value(port, "ksmfsd_rounds_total")
    silent, dripping = raw(port), raw(port)
    reader = socket.socket()  # asks for much and takes nothing
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    reader.connect(("127.0.0.1", port))
    reader.sendall(GET)
    thread = threading.Thread(target=drip, args=(dripping, stop))
    thread.start()
    equal(ask(port)[0], 200)
    wait(lambda: value(port, "ksmfsd_rounds_total") > rounds + 5,
         "rounds go on")
    for sock in (silent, dripping):
        equal(rest(sock), b"")
    age = time.monotonic() - begun
    assert 9 < age < PATIENCE, age
    stop.set()
    thread.join()
    whole = len(page(port))
    wait(lambda: not connections(world, port), "nobody is connected")
    assert len(rest(reader)) < whole
    for sock in (silent, dripping, reader):
        sock.close()
    equal(world.stop(), 0)


def connections(world, port):
    """Descriptors of the daemon that are connected at the port."""
    found = sockets(world.daemon.pid)
    with open("/proc/net/tcp", encoding="utf-8") as file:
        return [line for line in file
                if line.split()[1].endswith(f":{port:04X}") and
                line.split()[3] != "0A" and line.split()[9] in found]


def sockets(pid):
    """Inode numbers of a process' sockets."""
    found = set()
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            link = os.readlink(f"/proc/{pid}/fd/{fd}")
        except FileNotFoundError:
            continue  # closed meanwhile
        found.update(re.findall(r"^socket:\[(\d+)\]$", link))
    return found


def test_many_clients(world):
    module(world)
    regions(world, 200)
    port = serve(world)
    idle = [raw(port) for _ in range(CLIENTS_MAX + 10)]
    wait(lambda: len(connections(world, port)) == CLIENTS_MAX, "it is full")
    equal(world.ask()["daemon"], True)
    for sock in idle:
        sock.close()
    with concurrent.futures.ThreadPoolExecutor(CLIENTS_MAX) as pool:
        answers = list(pool.map(lambda _: ask(port), range(200)))
    equal({status for status, _, _ in answers}, {200})
    read = value(port, "ksmfsd_samples_total")
    assert read < 200, f"{read} samples for 200 clients"
    wait(lambda: not connections(world, port), "nobody is connected")
    equal(world.stop(), 0)


STATISTIC = "sys/kernel/mm/ksmfs/pages_shared"


def hold_up(world):
    """A file of the module's whose readers wait for somebody to write it."""
    os.unlink(world.path(STATISTIC))
    os.mkfifo(world.path(STATISTIC))


def let_go(world):
    """Who waits finds it empty; who comes later finds a number."""
    os.rename(world.path(STATISTIC), world.path("fifo"))
    world.write(STATISTIC, "1\n")
    os.close(os.open(world.path("fifo"), os.O_RDWR))


def test_a_worker_that_hangs(world):
    module(world)
    port = serve(world)
    rounds = value(port, "ksmfsd_rounds_total")
    hold_up(world)
    status, _, text = ask(port)
    equal((status, text), (503, "The numbers could not be read in time.\n"))
    wait(lambda: world.ask()["daemon"], "it goes on")
    with raw(port, GET) as sock:
        let_go(world)
        assert b"HTTP/1.1 200 OK" in rest(sock)
    told = samples(page(port))
    equal((told["ksmfs_up"], told["ksmfs_pages_shared"]), (1, 1))
    assert told["ksmfsd_rounds_total"] > rounds + 5
    equal(world.stop(), 0)


def test_the_end_while_clients_wait(world):
    module(world)
    port = serve(world)
    hold_up(world)
    with raw(port, GET) as waiting, raw(port) as silent:
        wait(lambda: len(connections(world, port)) == 2, "both are connected")
        world.daemon.terminate()
        assert b"200 OK" not in rest(waiting)
        equal(rest(silent), b"")
        let_go(world)
        equal(world.daemon.wait(PATIENCE), 0)
    world.logged("told to end")


def test_the_end_while_clients_come(world):
    module(world)
    knob = world.path("sys/kernel/mm/ksmfs/sleep_millisecs")
    world.memory(100)
    port = serve(world)
    wait(lambda: world.pace() == ("0", "none"), "the scanner is fast")
    os.unlink(knob)
    os.mkfifo(knob)
    with raw(port) as early:
        wait(lambda: len(connections(world, port)) == 1, "it is connected")
        world.daemon.terminate()
        world.logged("told to end")
        early.sendall(GET)
        with open(knob, encoding="utf-8"):  # the daemon waits for a reader
            assert b"200 OK" not in rest(early)
        equal(world.daemon.wait(PATIENCE), 0)


WRONG = ("9799", "localhost:9799", "127.0.0.1", "127.0.0.1:", ":9799",
         "127.0.0.1:65536", "127.0.0.1:-1", "::1:9799", "[::1]", "[::1]9799",
         "[127.0.0.1]:9799", "127.1:9799", "[::1", "[", "127.0.0.1:9799x")


def test_wrong_addresses(world):
    for address in WRONG:
        world.write("wrong", f"[daemon]\nmetrics = {address}\n")
        done = ksmfsd("-c", world.path("wrong"), "--check")
        equal((done.returncode, done.stderr.split(": ", 2)[2]),
              (1, f"metrics = {address}: it takes an address and a port in "
               "numbers, such as 127.0.0.1:9799 or [::1]:9799\n"))


def has_ipv6():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


def test_addresses(world):
    for address in ("127.0.0.1:9799", "[::1]:9799", "0.0.0.0:0"):
        world.write("right", f"[daemon]\nmetrics = {address}\n")
        done = ksmfsd("-c", world.path("right"), "--check")
        assert f"\nmetrics = {address}\n" in done.stdout
    loopback = "::1" if has_ipv6() else "127.0.0.1"
    port = serve(world, f"[{loopback}]:0" if ":" in loopback else
                 f"{loopback}:0")
    equal(ask(port, host=loopback)[0], 200)
    assert "from other hosts" not in world.read("log")
    equal(world.stop(), 0)
    world.write("log", "")
    serve(world, "0.0.0.0:0")
    world.logged(r"who can reach 0\.0\.0\.0:\d+ from other hosts can read")
    equal(world.stop(), 0)


def test_an_address_that_is_taken(world):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        world.config({"metrics": address})
        world.start()
        equal(world.daemon.wait(PATIENCE), 1)
        world.logged(f"cannot serve metrics at {address}: "
                     "Address already in use$")
    equal(os.listdir(world.path("run/ksmfs")), ["qmp"])


def listening(pid):
    with open("/proc/net/tcp", encoding="utf-8") as file:
        return {line.split()[9] for line in file} & sockets(pid)


def test_it_is_off_unless_asked_for(world):
    world.start()
    wait(lambda: os.path.exists(world.path("run/ksmfs/ksmfsd.sock")), "it runs")
    equal(listening(world.daemon.pid), set())
    equal(world.stop(), 0)
    serve(world)
    equal(len(listening(world.daemon.pid)), 1)
    world.config()
    world.daemon.send_signal(1)
    world.logged("metrics stay as they were until a restart")
    equal(world.stop(), 0)


def cpu_times(world):
    """Milliseconds that the daemon has had of CPUs: all of it, and its loop."""
    tasks = f"/proc/{world.daemon.pid}/task"
    times = {}
    for task in os.listdir(tasks):
        with open(f"{tasks}/{task}/schedstat", encoding="utf-8") as file:
            times[int(task)] = int(file.read().split()[0]) / 1e6
    return sum(times.values()), times[world.daemon.pid]


def cost(world, count):
    """System calls and seconds of one page, of a daemon as it is installed."""
    port = serve(world, daemon={"interval": "3600s"},
                 binary=os.path.join(BUILD, "ksmfsd"))
    page(port)
    took = []
    for _ in range(5):
        begun, before = time.monotonic(), cpu_times(world)
        size = len(page(port))
        passed, after = time.monotonic() - begun, cpu_times(world)
        took.append((after[0] - before[0], after[1] - before[1], passed))
    counted = world.path("strace")
    tracer = subprocess.Popen(["strace", "-f", "-c", "-U", "calls,name", "-o",
                               counted, "-p", str(world.daemon.pid)],
                              stderr=subprocess.PIPE, text=True)
    for line in tracer.stderr:
        if "attached" in line:
            break
    page(port)
    tracer.terminate()
    tracer.wait()
    equal(world.stop(), 0)
    os.unlink(world.path("log"))
    calls = int(re.search(r"^\s*(\d+) total", world.read("strace"), re.M)[1])
    busy, loop, passed = min(took)
    print(f"# cost: {count} regions: {size >> 10} KiB, {calls} system calls, "
          f"{busy:.1f} ms of CPU, {loop:.1f} ms of that in the loop; it took "
          f"{passed * 1000:.1f} ms")
    return calls


def test_cost_of_a_thousand_regions(world):
    module(world)
    regions(world, 100)
    few = cost(world, 100)
    world.more = []
    regions(world, 1000)
    many = cost(world, 1000)
    # For each its name is looked up; the rest of the answers is fake.
    each = (many - few) / 900
    assert each < 4, f"{each} system calls for each region"


def test_a_thousand_regions_and_rounds(world):
    module(world)
    regions(world, 1000)
    port = serve(world)
    text = page(port)
    equal(text.count("\nksmfs_region_size_bytes{"), 1000)
    opened = page(port, Accept=OPEN_METRICS)
    equal(opened.count("\nksmfs_region_breaks_total{"), 1000)
    equal(world.stop(), 0)
