# SPDX-License-Identifier: GPL-2.0
"""What tests of the daemon have in common: a host, and how they are run.

Each test has a fake /sys and /proc of its own (see tests/cli/README.md), false
QEMUs (see qemu), and a daemon that makes ten rounds a second.  Nothing sleeps
for a time: what is to happen is waited for, and has to happen before PATIENCE
seconds are over.

A script that imports this is run as SCRIPT KSMFSD KSMFS [TEST...].
"""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
PATIENCE = 60
PAGE = os.sysconf("SC_PAGESIZE")
MIB = 1 << 20
SIZE = 256 * MIB
NO_PID = 1 << 23  # more than any process has
KSMFSD, KSMFS = (os.path.abspath(path) for path in sys.argv[1:3])
FALSE_LIBVIRT = os.path.join(os.path.dirname(KSMFSD), "false-libvirt.so")

POLICY = {"min_free_base": "512M", "min_free_upto": "16G",
          "min_free_most": "100%", "grace": "0ms", "idle_rounds": "1",
          "trim_from": "high", "patience": "5", "step": "10%"}


class World:
    """A host with VMs and a daemon."""

    def __init__(self, root):
        self.root = root
        self.qemus = {}
        self.regions = {}
        self.private = 1  # eighths of a VM's memory; one is shared
        self.strict = False  # its domain
        self.more = []  # answers of the module
        self.daemon = None
        self.environment = {}
        for path in ("proc/self", "sys/kernel/mm/ksmfs", "run/ksmfs/qmp",
                     "run/libvirt/qemu", "dev/ksmfs"):
            os.makedirs(self.path(path))
        self.write("proc/self/mountinfo",
                   "40 22 0:42 / /dev/ksmfs rw - ksmfs none rw\n")
        for name, value in (("run", "1"), ("sleep_millisecs", "20"),
                            ("advisor_mode", "none [scan-time] pressure"),
                            ("stalls", "0")):
            self.write("sys/kernel/mm/ksmfs/" + name, value + "\n")
        self.memory(8192)
        self.config()

    def path(self, path):
        return os.path.join(self.root, path)

    def write(self, path, text):
        with open(self.path(path + ".new"), "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(self.path(path + ".new"), self.path(path))

    def read(self, path):
        try:
            with open(self.path(path), encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def knob(self, name):
        return self.read("sys/kernel/mm/ksmfs/" + name).strip()

    def pace(self):
        return self.knob("sleep_millisecs"), self.knob("advisor_mode")

    def memory(self, available):
        """How many MiB the host has to give."""
        self.write("proc/meminfo",
                   f"MemTotal: {16 << 20} kB\nMemFree: 1 kB\n"
                   f"MemAvailable: {available << 10} kB\n")
        self.answers()

    def answers(self):
        lines = [f"space /dev/ksmfs {16 << 30} {8 << 30}",
                 f"mount /dev/ksmfs {(16 << 30) // PAGE} 0 0 0 0 0 0 0 0"]
        pages = SIZE // PAGE
        for ino, limit in self.regions.items():
            private, shared = pages * self.private // 8, pages // 8
            frames = private + (shared if self.strict else 0)
            lines.append(f"region /dev/ksmfs {ino} 1 {pages} {private} "
                         f"{shared} 0 {pages - private - shared} {frames} "
                         "0 0 0 1 "
                         f"limit={limit} periods=9 active={pages // 16} "
                         f"active_slow={pages // 16} flags={self.strict:d}")
        self.write("ksmfs-answers", "\n".join(lines + self.more) + "\n")

    def config(self, daemon=None, policy=None, more=""):
        keys = {"qmp": self.path("run/ksmfs/qmp/*.sock"), "interval": "100ms",
                "socket": self.path("run/ksmfs/ksmfsd.sock"),
                "state": self.path("run/ksmfs/ksmfsd.state")}
        keys.update(daemon or {})
        rules = dict(POLICY, **(policy or {}))
        self.write("conf", "[daemon]\n" +
                   "".join(f"{k} = {v}\n" for k, v in keys.items()) +
                   "[policy]\n" +
                   "".join(f"{k} = {v}\n" for k, v in rules.items()) +
                   "[vm *]\nmin = 64M\n" + more)

    def qemu(self, name, mode="normal", says=None, on_ksmfs=True):
        """A VM comes."""
        sock = self.path(f"run/ksmfs/qmp/{name}.sock")
        qemu = subprocess.Popen(
            [sys.executable, os.path.join(HERE, "qemu"), sock,
             self.path(name + ".log"), str(SIZE), mode] +
            ([says] if says else []))
        self.process(qemu.pid, on_ksmfs)
        self.qemus[name] = qemu
        wait(lambda: os.path.exists(sock), "the false QEMU listens")
        return qemu

    def process(self, pid, on_ksmfs=True):
        """What there is to see of a VM's process."""
        ino = 100 + len(self.regions) if on_ksmfs else 7
        os.makedirs(self.path(f"proc/{pid}"))
        self.write(f"proc/{pid}/comm", "qemu-system-x86\n")
        self.write(f"proc/{pid}/maps",
                   f"7f0000000000-7f0010000000 rw-s 00000000 "
                   f"00:{0x2a if on_ksmfs else 0x15:02x} {ino} /ram\n")
        if on_ksmfs:
            self.regions[ino] = 0
            self.answers()

    def domain(self, name, pid=None):
        """What a libvirt that runs the VM leaves behind."""
        if not pid:
            pid = NO_PID + len(self.regions)
            self.process(pid)
        self.write(f"proc/{pid}/cmdline",
                   f"qemu\0-name\0guest={name}\0-uuid\0{uuid(name)}\0")
        self.write(f"run/libvirt/qemu/{name}.pid", f"{pid}\n")
        return pid

    def libvirt(self, *names, balloon="virtio"):
        """A false libvirt runs VMs."""
        self.write("node.xml", "<node>" + "".join(
            f"<domain type='test'><name>{name}</name><uuid>{uuid(name)}</uuid>"
            f"<memory unit='b'>{SIZE}</memory><os><type>hvm</type></os>"
            f"<devices><memballoon model='{balloon}'/></devices></domain>"
            for name in names) + "</node>")
        self.config({"libvirt": "test://" + self.path("node.xml")})
        os.mkdir(self.path("false"))
        self.environment = {"LD_PRELOAD": FALSE_LIBVIRT,
                            "FALSE_LIBVIRT": self.path("false")}

    def gone(self, name):
        """A VM goes."""
        qemu = self.qemus.pop(name)
        qemu.kill()
        qemu.wait()
        os.unlink(self.path(f"run/ksmfs/qmp/{name}.sock"))
        shutil.rmtree(self.path(f"proc/{qemu.pid}"))

    def start(self, *options, binary=KSMFSD):
        with open(self.path("log"), "ab") as log, \
             open(self.path("out"), "ab") as out:
            self.daemon = subprocess.Popen(
                [binary, "--root", self.root, "-c", self.path("conf"),
                 *options], stdout=out, stderr=log,
                env={"ASAN_OPTIONS": "exitcode=99:verify_asan_link_order=0",
                     "LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"],
                     **self.environment})

    def stop(self, number=signal.SIGTERM):
        daemon, self.daemon = self.daemon, None
        daemon.send_signal(number)
        return daemon.wait(PATIENCE)

    def logged(self, pattern, count=1):
        wait(lambda: len(re.findall(pattern, self.read("log"), re.M)) >= count,
             f"the log has {pattern!r} {count} times:\n{self.read('log')}")

    def commands(self, name, command):
        return [message for message in map(json.loads, self.read(
            name + ".log").splitlines()) if message["execute"] == command]

    def ask(self, request=b'{"get":"vms"}\n'):
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(PATIENCE)
            sock.connect(self.path("run/ksmfs/ksmfsd.sock"))
            sock.sendall(request)
            return json.loads(sock.makefile("rb").read() or "null")

    def vm(self, name):
        try:
            return {vm["name"]: vm for vm in self.ask()["vms"]}.get(name, {})
        except (ConnectionError, FileNotFoundError):
            return {}

    def ballooned(self, name):
        return (self.vm(name).get("ballooned") or 0) > 0

    def close(self):
        for qemu in self.qemus.values():
            qemu.kill()
            qemu.wait()
        if self.daemon:
            self.daemon.kill()
            self.daemon.wait()


def wait(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {PATIENCE} s: {what}")
        time.sleep(0.01)


def uuid(name):
    return f"00000000-0000-4000-8000-{name.encode().hex():>012.12}"


def ksmfsd(*options):
    return subprocess.run([KSMFSD, *options], capture_output=True, text=True,
                          timeout=PATIENCE, check=False)


WITH_LIBVIRT = "with libvirt" in ksmfsd("-V").stdout


def equal(got, wanted):
    assert got == wanted, f"got {got!r}, wanted {wanted!r}"


def run_tests(functions):
    tests = [(name[5:], test) for name, test in functions.items()
             if name.startswith("test_") and
             (not sys.argv[3:] or name[5:] in sys.argv[3:])]
    failed = 0
    print(f"1..{len(tests)}")
    for name, test in tests:
        if name.startswith("libvirt_") and not WITH_LIBVIRT:
            print("ok", name, "# SKIP built without libvirt")
            continue
        with tempfile.TemporaryDirectory() as root:
            world = World(root)
            try:
                test(world)
                assert "Sanitizer" not in world.read("log")
                print("ok", name)
            except Exception:
                failed += 1
                print("not ok", name)
                for line in traceback.format_exc().splitlines():
                    print("#", line)
                for line in world.read("log").splitlines()[-40:]:
                    print("# log:", line)
            finally:
                world.close()
        sys.stdout.flush()
    sys.exit(failed > 0)
