# SPDX-License-Identifier: GPL-2.0
"""What Prometheus makes of the page, of the alerts and of the dashboard."""
import json
import os
import re
import socket
import subprocess
import urllib.parse
import urllib.request

from lib import (PATIENCE, PROMETHEUS, SHARE, TOP, equal,
                 families, module, page, promtool, regions, serve, text_of,
                 wait)

RULES = os.path.join(SHARE, "ksmfs-alerts.yml")
DASHBOARD = os.path.join(SHARE, "ksmfs-dashboard.json")

# Of each alert: series with which it fires and series with which it does not,
# each a sample a minute, after how many minutes, and labels of the alert.
ALERTS = {
    "KsmfsdDown": (
        {'up{job="ksmfs"}': "0x10"},
        {'up{job="ksmfs"}': "0 0 0 1 0 0 0", 'up{job="other"}': "0x10"},
        6, {"job": "ksmfs"}),
    "KsmfsUnreadable": (
        {"ksmfs_up": "1 0x10"}, {"ksmfs_up": "0 0 0 0 1 0x6"}, 9, {}),
    "KsmfsMountUnreadable": (
        {'ksmfs_mount_up{mount="/a"}': "0x10",
         'ksmfs_mount_up{mount="/b"}': "1x10"},
        {'ksmfs_mount_up{mount="/b"}': "1x10"}, 6, {"mount": "/a"}),
    "KsmfsdStuck": (
        {"ksmfsd_stuck": "1x10"}, {"ksmfsd_stuck": "1 1 1 1 0 1x5"}, 7, {}),
    "KsmfsdRoundsLate": (
        {"ksmfsd_last_round_timestamp_seconds": "60x10"},
        {"ksmfsd_last_round_timestamp_seconds": "0+60x10"}, 6, {}),
    "KsmfsdStateHard": (
        {'ksmfsd_state{state="hard"}': "1 1 0 0 1 1x9",
         'ksmfsd_state{state="low"}': "0 0 1 1 0 0x9"},
        {'ksmfsd_state{state="hard"}': "1 1 1 0 1 1 1 1",
         'ksmfsd_state{state="low"}': "0x10",
         'ksmfsd_state{state="soft"}': "1x10"}, 7, {}),
    "KsmfsReserveLow": (
        {'ksmfs_mount_size_bytes{mount="/a"}': "1000x10",
         'ksmfs_mount_used_bytes{mount="/a"}': "995x10",
         'ksmfs_mount_reserve_bytes{mount="/a"}': "10x10"},
        {'ksmfs_mount_size_bytes{mount="/a"}': "1000x10",
         'ksmfs_mount_used_bytes{mount="/a"}': "990x10",
         'ksmfs_mount_reserve_bytes{mount="/a"}': "10x10"},
        3, {"mount": "/a"}),
    "KsmfsBreakStorm": (
        {"ksmfs_breaks_total": "0+120000x20",
         "ksmfs_merges_total": "0+30000x20"},
        {"ksmfs_breaks_total": "0+120000x20",
         "ksmfs_merges_total": "0+90000x20"}, 15, {}),
    "KsmfsSwapErrors": (
        {"ksmfs_swap_errors_total": "3 3 4 4 4 4"},
        {"ksmfs_swap_errors_total": "3x20"}, 5, {}),
    "KsmfsStalls": (
        {"ksmfs_stalls_total": "3 3 4 4 4 4"},
        {"ksmfs_stalls_total": "3 3 4 4 4x20"}, 5, {}),
    "KsmfsStallTimeouts": (
        {"ksmfs_stall_timeouts_total": "0 0 1 1 1 1"},
        {"ksmfs_stall_timeouts_total": "0x20"}, 5, {}),
    "KsmfsdBalloonStuck": (
        {'ksmfsd_vm_balloon_stuck{vm="a",id="b"}': "1x40"},
        {'ksmfsd_vm_balloon_stuck{vm="a",id="b"}': "1x20 0 1x20"},
        32, {"vm": "a", "id": "b"}),
    "KsmfsRegionsLeftOut": (
        {"ksmfs_regions_left_out": "1x20"},
        {"ksmfs_regions_left_out": "0x20"}, 16, {}),
}
LATER = {"KsmfsStalls": 15}  # when it does not fire any more


def rules():
    """{alert: its expression}."""
    return dict(re.findall(r"^ +- alert: (\w+)\n +expr: (.*)$",
                           text_of(RULES), re.M))


def severity(alert):
    return re.search(rf"alert: {alert}\n.*?severity: (\w+)", text_of(RULES),
                     re.S)[1]


def case(alert, series, minutes, labels):
    """A test of promtool's: what is firing of the alert, if anything."""
    lines = ["  - interval: 1m", "    input_series:"]
    for name, values in series.items():
        lines += [f"      - series: '{name}'", f"        values: '{values}'"]
    lines += ["    promql_expr_test:",
              "      - expr: ALERTS{alertstate=\"firing\"}",
              f"        eval_time: {minutes}m", "        exp_samples:"]
    if labels is None:
        return lines[:-1]
    named = {"__name__": "ALERTS", "alertname": alert,
             "alertstate": "firing", "severity": severity(alert), **labels}
    shown = ", ".join(f'{k}="{v}"' for k, v in named.items()
                      if k != "__name__")
    return lines + [f"          - labels: 'ALERTS{{{shown}}}'",
                    "            value: 1"]


def test_rules(world):
    done = promtool("check", "rules", RULES)
    equal((done.returncode, done.stderr), (0, ""))
    equal(set(rules()), set(ALERTS))
    equal(len(re.findall(r"^ +runbook: \S.*\.$", text_of(RULES), re.M)),
          len(ALERTS))
    for alert, (fires, calm, minutes, labels) in ALERTS.items():
        lines = [f"rule_files: [{RULES}]", "evaluation_interval: 1m", "tests:"]
        lines += case(alert, fires, minutes, labels)
        lines += case(alert, calm, LATER.get(alert, minutes), None)
        world.write("test.yml", "\n".join(lines) + "\n")
        done = promtool("test", "rules", world.path("test.yml"))
        equal((alert, done.returncode, done.stdout + done.stderr),
              (alert, 0, f"Unit Testing:  {world.path('test.yml')}\n"
               "  SUCCESS\n\n"))
        # The test is one: what fires is not taken for what does not.
        lines = lines[:3] + case(alert, fires, minutes, None)
        world.write("test.yml", "\n".join(lines) + "\n")
        done = promtool("test", "rules", world.path("test.yml"))
        equal((alert, done.returncode), (alert, 1))


def test_check_metrics(world):
    module(world)
    regions(world, 3)
    world.qemu("one", says="web")
    port = serve(world)
    wait(lambda: "ksmfsd_vm_granted_bytes{" in page(port), "all is known")
    done = promtool("check", "metrics", input=page(port))
    equal((done.returncode, done.stdout, done.stderr), (0, "", ""))
    equal(world.stop(), 0)


def names_in(expression):
    """The metrics it names."""
    return set(re.findall(r"\b(?:ksmfsd?_\w+|up)\b(?!\s*=[^=])",
                          re.sub(r'"[^"]*"', "", expression)))


def dashboard_expressions():
    dashboard = json.loads(text_of(DASHBOARD))
    expressions = [target["expr"] for panel in dashboard["panels"]
                   for target in panel.get("targets", [])]
    queries = [variable["definition"]
               for variable in dashboard["templating"]["list"]
               if variable["type"] == "query"]
    identities = [panel["id"] for panel in dashboard["panels"]]
    equal(len(identities), len(set(identities)))
    return expressions, queries


def test_alerts_and_dashboard_name_what_there_is(world):
    module(world)
    port = serve(world)
    known = set(families(page(port))) | {"up"}
    expressions, queries = dashboard_expressions()
    assert len(expressions) > 40
    for expression in [*expressions, *queries, *rules().values()]:
        named = names_in(expression)
        assert named and named <= known, (expression, named - known)
    equal(world.stop(), 0)


def test_the_document_names_every_metric(world):
    module(world)
    port = serve(world)
    text = page(port)
    document = text_of(os.path.join(TOP, "docs/metrics.md"))
    told = set(re.findall(r"^\| `(ksmfs\w+)` \|", document, re.M))
    equal(told, set(families(text)))
    for alert in ALERTS:
        assert f"`{alert}`" in document, alert
    for name in re.findall(r"`(ksmfsd?_\w+)`", document):
        assert name in told, f"{name} is not told any more"
    equal(world.stop(), 0)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Prometheus:
    """A real one that scrapes a port, with our rules."""

    def __init__(self, world, port):
        world.write("prometheus.yml", f"""
global:
  scrape_interval: 1s
  evaluation_interval: 1s
rule_files: [{RULES}]
scrape_configs:
  - job_name: ksmfs
    static_configs:
      - targets: ['127.0.0.1:{port}']
""")
        done = promtool("check", "config", world.path("prometheus.yml"))
        equal((done.returncode, done.stderr), (0, ""))
        self.port = free_port()
        with open(world.path("prometheus.log"), "wb") as log:
            self.process = subprocess.Popen(
                [os.path.join(PROMETHEUS, "prometheus"),
                 "--config.file", world.path("prometheus.yml"),
                 "--storage.tsdb.path", world.path("tsdb"),
                 f"--web.listen-address=127.0.0.1:{self.port}"],
                stdout=log, stderr=log)

    def get(self, what, **query):
        url = (f"http://127.0.0.1:{self.port}/api/v1/{what}?"
               f"{urllib.parse.urlencode(query)}")
        try:
            with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            if error.code == 503:
                return None  # it is not ready yet
            raise AssertionError(f"{query}: {error.read()}") from error
        except (ConnectionError, urllib.error.URLError):
            return None  # it has only begun

    def values(self, expression):
        data = self.get("query", query=expression)
        return [float(found["value"][1]) for found in data["result"]] \
            if data else []

    def close(self):
        self.process.terminate()
        self.process.wait()


def test_a_real_prometheus(world):
    module(world)
    regions(world, 3)
    world.qemu("one", says='w"e\\b')
    port = serve(world)
    prometheus = Prometheus(world, port)
    try:
        wait(lambda: prometheus.values("up") == [1],
             "it scrapes:\n" + world.read("prometheus.log"))
        equal(prometheus.values("ksmfs_pages_shared"), [1000])
        equal(prometheus.values("ksmfs_general_profit_bytes"), [-1014])
        equal(prometheus.values(
            'ksmfs_region_private_bytes{domain="tenant",'
            'region="tenant/ram1001",ino="1001"} / '
            'on (instance) group_left () ksmfs_page_size_bytes'), [40])
        wait(lambda: prometheus.values(
            r'ksmfsd_vm_connected{vm="w\"e\\134b"}') == [1], "the VM is known")
        metadata = prometheus.get("metadata")
        equal({(m["type"], m["unit"])
               for m in metadata["ksmfsd_free_bytes"]}, {("gauge", "bytes")})
        expressions, _ = dashboard_expressions()
        instance = f"127.0.0.1:{port}"
        without = []
        for expression in [*expressions, *rules().values()]:
            query = expression.replace("$instance", instance) \
                .replace("$vm", ".*").replace("$__rate_interval", "1m")
            assert prometheus.get("query", query=query), query
            if "rate(" not in query and not prometheus.values(query):
                without.append(expression)
        equal([e for e in without if e in expressions], [])
        firing = [alert["labels"]["alertname"]
                  for alert in prometheus.get("alerts")["alerts"]
                  if alert["state"] == "firing"]
        equal(firing, [])
    finally:
        prometheus.close()
    equal(world.stop(), 0)
