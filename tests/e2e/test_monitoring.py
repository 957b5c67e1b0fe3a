"""What `docker compose --profile observability up` watches: Prometheus, its alerts, Grafana and its dashboard."""

import json
import re
from pathlib import Path
from typing import Any, Final

import yaml

from tests.e2e.compose import ROOT, environment, services

ANYWHERE: Final = "0.0.0.0"  # noqa: S104 - within the container


def test_prometheus_asks_where_workers_and_the_server_answer() -> None:
    asked = services()
    config = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())
    jobs = {job["job_name"]: job for job in config["scrape_configs"]}
    every_worker = jobs["worker"]["dns_sd_configs"][0]
    serves = environment(asked["worker"])["BACKORDER_METRICS_ADDRESS"]

    assert (every_worker["names"], every_worker["type"]) == (["worker"], "A")
    assert serves == f"{ANYWHERE}:{every_worker['port']}"
    told = environment(asked["temporal"])["PROMETHEUS_ENDPOINT"]
    assert jobs["temporal"]["static_configs"][0]["targets"] == [f"temporal:{told.rpartition(':')[2]}"]
    assert [(ROOT / "deploy/prometheus" / rules).is_file() for rules in config["rule_files"]] == [True]


def test_each_alert_says_what_is_wrong_and_what_to_do() -> None:
    rules = _alerts()

    assert len({rule["alert"] for rule in rules}) == len(rules) == 11
    assert [rule for rule in rules if rule["labels"]["severity"] not in {"page", "ticket"}] == []
    assert [rule for rule in rules if not rule["annotations"]["summary"].strip()] == []
    assert [rule for rule in rules if "`" not in rule["annotations"]["description"]] == []


def test_the_runbook_knows_each_alert_by_its_name() -> None:
    runbook = (ROOT / "docs/runbook.md").read_text()
    table = re.search(r"^## An alert, and what to do$(.*?)^##", runbook, re.MULTILINE | re.DOTALL)
    assert table

    told = re.findall(r"^\| `(\w+)`", table[1], re.MULTILINE)

    assert sorted(told) == sorted(rule["alert"] for rule in _alerts())


def _alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def test_grafana_finds_its_dashboard_and_the_dashboard_its_data() -> None:
    asked = services()["grafana"]
    folder = ROOT / "deploy/grafana"
    source = yaml.safe_load((folder / "provisioning/datasources/prometheus.yml").read_text())["datasources"][
        0
    ]
    provider = yaml.safe_load((folder / "provisioning/dashboards/backorder.yml").read_text())["providers"][0]
    board = json.loads((folder / "dashboards/backorder.json").read_text())
    shown = [panel for panel in board["panels"] if panel["type"] != "row"]

    mounted = {one["target"]: Path(one["source"]) for one in asked["volumes"]}
    home = environment(asked)["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert mounted[provider["options"]["path"]] == folder / "dashboards"
    assert (mounted[provider["options"]["path"]] / Path(home).name).is_file()
    assert source["url"] == "http://prometheus:9090"
    assert {panel["datasource"]["uid"] for panel in shown} == {source["uid"]}
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    assert _overlapping(board["panels"]) == []


def _overlapping(panels: list[dict[str, Any]]) -> list[str]:
    taken: dict[tuple[int, int], str] = {}
    twice = []
    for panel in panels:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        for x in range(at["x"], at["x"] + at["w"]):
            for y in range(at["y"], at["y"] + at["h"]):
                if (x, y) in taken:
                    twice.append(f"{panel['title']} over {taken[x, y]}")
                taken[x, y] = panel["title"]
    return twice


def test_nobody_can_sign_in_to_grafana_and_change_things() -> None:
    told = environment(services()["grafana"])

    assert told["GF_AUTH_ANONYMOUS_ORG_ROLE"] == "Viewer"
    assert told["GF_AUTH_BASIC_ENABLED"] == "false"
    assert told["GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION"] == "true"
