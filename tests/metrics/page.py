# SPDX-License-Identifier: GPL-2.0
"""What is on the page."""
import os
import re
import time

from lib import (HERE, OPEN_METRICS, PATIENCE, TOP, equal, families, module,
                 page, promtool, regions, samples, serve, statistics, text_of,
                 value, wait)

UPDATE = False  # write golden pages anew


def a_host(world):
    """A VM with a name, a file without a VM, and all statistics."""
    module(world)
    world.more = [
        "inode /dev/ksmfs 1", "inode /dev/ksmfs/tenant 2",
        "inode /dev/ksmfs/tenant/ram 300",
        "region /dev/ksmfs 300 2 100 40 30 20 10 50 1 2 3 1 packed=4 "
        "swapped=5 vain=6 fetched=7 stalls=8 limit=9 periods=1 active=11"]
    os.makedirs(world.path("dev/ksmfs/tenant"))
    world.write("dev/ksmfs/tenant/ram", "")
    world.qemu("one", "bare", says="web")


def fixed(text, world):
    """A page without what differs from run to run."""
    text = text.replace(world.root, "ROOT")
    return re.sub(r"^(ksmfsd_(?:rounds|samples|last_round)\S*) [0-9.]+$",
                  r"\1 N", text, flags=re.M)


def test_golden_pages(world):
    a_host(world)
    port = serve(world)
    wait(lambda: (value(port, 'ksmfsd_vm_connected{vm="web",id="' +
                        world.path("run/ksmfs/qmp/one.sock") + '"}') == 1),
         "the VM is known")
    wait(lambda: "ksmfsd_vm_active_bytes{" in page(port), "and all of it")
    for name, accept in (("plain", ""), ("open", OPEN_METRICS)):
        got = fixed(page(port, Accept=accept), world)
        golden = os.path.join(HERE, "golden", name + ".txt")
        if UPDATE:
            with open(golden, "w", encoding="utf-8") as file:
                file.write(got)
        equal(got.splitlines(), text_of(golden).splitlines())
    equal(world.stop(), 0)


def test_every_statistic_is_told(world):
    module(world)
    port = serve(world)
    text = page(port)
    told = samples(text)
    equal(told["ksmfs_up"], 1)
    for number, (name, kind) in enumerate(statistics(), 1000):
        if kind == "BYTES" and not name.endswith("_bytes"):
            name, number = name + "_bytes", -number
        if kind == "COUNTER":
            name += "_total"
        if name != "stalls_total":
            equal((name, told["ksmfs_" + name]), (name, number))
        equal(families(text)["ksmfs_" + name],
              "counter" if kind == "COUNTER" else "gauge")
    equal(world.stop(), 0)


def test_both_formats_tell_the_same(world):
    a_host(world)
    port = serve(world, daemon={"interval": "3600s"})
    plain, opened = page(port), page(port, Accept=OPEN_METRICS)
    assert opened.endswith("\n# EOF\n") and "# EOF" not in plain
    equal(samples(fixed(plain, world).replace(" N", " 0")),
          samples(fixed(opened, world).replace(" N", " 0")))
    equal({re.sub("_(total|info)$", "", name) for name in families(plain)},
          set(families(opened)))
    for family, unit in re.findall("^# UNIT (.*) (.*)$", opened, re.M):
        assert family.endswith("_" + unit), family
    equal(world.stop(), 0)


def test_names_are_escaped(world):
    module(world)
    odd = 'a"b\\c\nd\xe9\x1b'
    world.more = ["inode /dev/ksmfs 1", "inode /dev/ksmfs/t\\\"\\012 2",
                  "inode /dev/ksmfs/t\\\"\\012/r\\377 300",
                  "region /dev/ksmfs 300 2 1 1 0 0 0 1 0 0 0 1"]
    os.makedirs(world.path('dev/ksmfs/t\\"\n'))
    with open(os.path.join(os.fsencode(world.root),
                           b'dev/ksmfs/t\\"\n/r\xff'), "wb"):
        pass
    world.qemu("one", "bare", says=odd)
    world.qemu("two", "bare", says=odd)
    port = serve(world)
    name = r'vm="a\"b\\134c\\012dé\\033"'
    wait(lambda: page(port).count("ksmfsd_vm_connected{" + name) == 2,
         "two VMs of one name")
    wait(lambda: all(found == 1 for series, found in
                     samples(page(port)).items()
                     if series.startswith("ksmfsd_vm_connected{")),
         "both answer")
    found = [series for series in samples(page(port))
             if series.startswith("ksmfs_region_size_bytes") and
             'ino="300"' in series]
    equal(found, [r'ksmfs_region_size_bytes{mount="/dev/ksmfs",'
                  r'domain="t\\134\"\\012",region="t\\134\"\\012/r\\377",'
                  r'ino="300",vm=""}'])
    equal(promtool("check", "metrics", input=page(port)).stderr, "")
    equal(world.stop(), 0)


METRICS_REGIONS_MAX = int(re.search(
    r"METRICS_REGIONS_MAX (\d+)",
    text_of(os.path.join(TOP, "userspace-tools/daemon/metrics.h")))[1])


def test_more_regions_than_are_told(world):
    module(world)
    regions(world, METRICS_REGIONS_MAX + 3)
    port = serve(world, daemon={"interval": "3600s"})
    told = samples(page(port))
    equal(told["ksmfs_regions_left_out"], 3)
    equal(sum(series.startswith("ksmfs_region_size_bytes{")
              for series in told), METRICS_REGIONS_MAX)
    equal(world.stop(), 0)


def test_the_oldest_regions_are_told(world):
    """Whichever mount they are in."""
    module(world)
    world.write("proc/self/mountinfo",
                "40 22 0:42 / /dev/ksmfs rw - ksmfs none rw\n"
                "41 22 0:43 / /mnt/two rw - ksmfs none rw\n")
    os.makedirs(world.path("mnt/two"))
    world.more = [f"space /mnt/two {1 << 30} {1 << 30}",
                  "mount /mnt/two 100 0 0 0 0 0 0 0 0",
                  "region /mnt/two 900 1 100 40 30 20 10 50 1 2 3 1"]
    regions(world, METRICS_REGIONS_MAX + 3)
    port = serve(world, daemon={"interval": "3600s"})
    told = samples(page(port))
    equal(told["ksmfs_regions_left_out"], 4)
    assert [series for series in told if 'mount="/mnt/two"' in series and
            series.startswith("ksmfs_region_size_bytes{")]
    equal(world.stop(), 0)


def test_two_mounts_at_one_path(world):
    module(world)
    world.write("proc/self/mountinfo",
                "40 22 0:42 / /dev/ksmfs rw - ksmfs none rw\n"
                "41 40 0:43 / /dev/ksmfs rw - ksmfs none rw\n")
    port = serve(world)
    told = page(port)
    equal(told.count("ksmfs_mount_up{"), 1)
    samples(told)
    equal(promtool("check", "metrics", input=told).stderr, "")
    equal(world.stop(), 0)


def test_no_module(world):
    port = serve(world)
    world.write("proc/self/mountinfo", "")
    wait(lambda: value(port, "ksmfsd_stuck") == 1, "it says so")
    told = samples(page(port))
    equal(told["ksmfs_up"], 0)
    assert not [name for name in told if name.startswith(
        ("ksmfs_pages", "ksmfs_mount", "ksmfs_region_"))]
    module(world)
    equal(value(port, "ksmfs_up"), 1)
    equal(world.stop(), 0)


def test_a_mount_that_cannot_be_read(world):
    module(world)
    world.write("proc/self/mountinfo",
                "40 22 0:42 / /dev/ksmfs rw - ksmfs none rw\n"
                "41 22 0:43 / /mnt/two rw - ksmfs none rw\n")
    os.makedirs(world.path("mnt/two"))
    world.more = ["denied /mnt/two"]
    world.answers()
    port = serve(world)
    told = samples(page(port))
    equal((told['ksmfs_mount_up{mount="/dev/ksmfs"}'],
           told['ksmfs_mount_up{mount="/mnt/two"}']), (1, 0))
    assert 'ksmfs_mount_size_bytes{mount="/dev/ksmfs"}' in told
    assert 'ksmfs_mount_size_bytes{mount="/mnt/two"}' not in told
    equal(world.stop(), 0)


def test_what_the_daemon_did(world):
    world.private = 5
    module(world)
    world.qemu("one", says="web")
    port = serve(world)
    labels = f'{{vm="web",id="{world.path("run/ksmfs/qmp/one.sock")}"}}'
    wait(lambda: value(port, "ksmfsd_vm_inflations_total" + labels),
         "its balloon is told to take memory")
    equal(value(port, 'ksmfsd_state{state="high"}'), 1)
    world.memory(1)
    wait(lambda: value(port, 'ksmfsd_state{state="low"}') == 1, "want")
    wait(lambda: value(port, "ksmfsd_vm_reclaimed_bytes_total" + labels),
         "memory is taken")
    told = samples(page(port))
    equal(sum(found for series, found in told.items()
              if series.startswith("ksmfsd_state{")), 1)
    equal((told["ksmfsd_free_bytes"], told["ksmfsd_min_free_bytes"],
           told["ksmfsd_scan_fast"]), (1 << 20, 512 << 20, 1))
    assert told["ksmfsd_vm_limit_bytes" + labels] > 0
    assert told["ksmfsd_state_changes_total"] > 0
    assert abs(told["ksmfsd_last_round_timestamp_seconds"] -
               time.time()) < PATIENCE
    rounds = told["ksmfsd_rounds_total"]
    wait(lambda: value(port, "ksmfsd_rounds_total") > rounds, "rounds go on")
    equal(world.stop(), 0)
