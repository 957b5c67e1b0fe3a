"""The image's steps and the services' commands, done by hand exactly as they are written, on a real server and database."""

import json
import os
import re
import subprocess
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import yaml

from tests import servers
from tests.e2e.commands import EXAMPLES, example_order
from tests.e2e.compose import ROOT, services
from tests.e2e.image import LOCKED, Image, built, container, copied, ignored, steps
from tests.e2e.machine import STARTS_WITHIN, Machine, machine, temporal
from tests.e2e.providers import run
from tests.postgres import PostgresServer
from tests.shop import PRICE, SKU, eventually, line
from worker.gauges import HANDED_OUT, NAMES

HATCH: Final = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]
PACKAGES: Final = HATCH["build"]["targets"]["wheel"]["packages"]

LAST: Final = 2
"""The stage that is shipped."""

ONLY_IN_TROUBLE: Final = {
    "temporal_workflow_task_execution_failed_total",
    "temporal_activity_execution_failed_total",
}
"""Counters of the SDK that are not there before something fails."""

ONLY_IN_TIME: Final = {"approximate_backlog_age_seconds"}
"""What the server tells of a queue once it has stood for a minute."""

ONLY_WITH_A_WEBHOOK: Final = {name for name in NAMES if "outbox" in name}

PROMETHEUS_OWN: Final = {"up", "ALERTS"}


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    return built(tmp_path_factory.mktemp("image"))


def test_what_the_image_is_made_of_is_there_and_nothing_else_is_sent() -> None:
    sources = [source for source, _ in copied()]

    assert [source for source in sources if not (ROOT / source).exists() or ignored(source)] == []
    assert [source for source, target in copied() if target not in {source, "./"}] == []
    assert {source for source in sources if (ROOT / source).is_dir()} == set(PACKAGES)
    kept_out = (".env", ".git/config", ".backorder/backorder.db", "tests/shop.py", "docs/data.md")
    assert [path for path in (*kept_out, "worker/__pycache__/a.pyc") if not ignored(path)] == []


def test_the_image_is_built_of_what_is_locked_and_leaves_its_tools_behind() -> None:
    wanted = [step.rest for step in steps() if " install " in step.rest and "pip " in step.rest]

    assert re.fullmatch(r"PYTHON=python:3\.\d+-slim-\w+", steps()[0].rest)
    assert {step.rest.split()[0] for step in steps() if step.word == "FROM"} == {"${PYTHON}"}
    assert [one for one in wanted if "--no-cache-dir" not in one] == []
    assert [one for one in wanted if LOCKED not in one and "--no-deps" not in one] == []
    assert [
        step for step in steps() if step.stage == LAST and re.search(r"\b(apt|apt-get|pip)\b", step.rest)
    ] == []


def test_the_image_runs_as_nobody_special_and_tells_how_it_is() -> None:
    said = {step.word: step.rest for step in steps() if step.stage == LAST}

    assert int(said["USER"]) > 0
    assert said["STOPSIGNAL"] == "SIGTERM"
    assert "PYTHONUNBUFFERED=1" in said["ENV"]
    assert set(re.findall(r"image\.(\w+)=", said["LABEL"])) == {"title", "description", "version"}
    assert all(said[word].startswith("[") for word in ("ENTRYPOINT", "CMD"))
    worker = services()["worker"]["healthcheck"]["test"]
    assert json.loads(said["HEALTHCHECK"].partition("CMD ")[2]) == worker[1:]


@pytest.mark.slow
def test_everything_of_ours_is_in_the_wheel_and_the_source_is_out_of_sight(image: Image) -> None:
    wanted, there = _files_of_ours(ROOT), _files_of_ours(image.packages)
    asked = "import starter, worker, sys; print(starter.__file__, worker.__file__, *sys.path)"
    python = subprocess.run(
        [image.prefix / "bin/python", "-c", asked], cwd="/", capture_output=True, text=True, check=True
    )

    assert there == wanted
    assert any(name.endswith(".mjml") for name in there)
    assert python.stdout.count(str(image.packages / "starter")) == 1
    assert str(ROOT) not in python.stdout.split()


def _files_of_ours(folder: Path) -> set[str]:
    files = (file for package in PACKAGES for file in (folder / package).rglob("*") if file.is_file())
    return {str(file.relative_to(folder)) for file in files if "__pycache__" not in file.parts}


@pytest.mark.slow
async def test_an_order_placed_over_http_ships_by_the_commands_of_the_compose_file(
    image: Image, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    async with machine(image, postgres_server, tmp_path) as shop:
        prepared = [await shop.once(name) for name in ("temporal-namespace", "init")]
        token = await _let_in(shop)
        async with shop.running("worker"), shop.running("web"), _order_system(shop, token) as http:
            loaded = await shop.command("catalog", "load", str(EXAMPLES / "catalog.json"))
            eta = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
            await _change(http, "inbound", eta=eta)
            decided = [await _place(http, "100", 2), await _place(http, "101", 5)]
            await _change(http, "inventory_received", quantity=2)
            became = await eventually(lambda: _ended(http, "100"), "order 100 completed", STARTS_WITHIN)
            waits = (await http.get("/orders/101")).json()["status"]
            audited = await shop.command("audit")
            exposed = await eventually(lambda: _exposed(shop), "the figures", STARTS_WITHIN)

        assert [one.code for one in (*prepared, loaded)] == [0, 0, 0], (prepared, loaded)
        assert decided == ["backordered", "backordered"]
        assert [parcel["number"] for parcel in became["parcels"]] == [1]
        assert sum(one["amount_minor"] for one in became["payments"]) == 2 * PRICE
        assert waits == "waiting"
        assert audited.code == 0, audited.out
        assert len(shop.mail.to("ada@example.com")) == 3
        assert list(shop.home.iterdir()) == []
        assert {one.suffix for one in (tmp_path / "data").iterdir()} <= {".db", ".db-wal", ".db-shm"}
        _charts_show_what_is_told(*exposed)


async def _let_in(shop: Machine) -> str:
    made = await shop.command("token", "shop", "--scope", "oms", "--json")
    told = json.loads(made.out)
    shop.settings["BACKORDER_API_TOKENS"] = told["entry"]
    return str(told["token"])


@asynccontextmanager
async def _order_system(shop: Machine, token: str) -> AsyncIterator[httpx.AsyncClient]:
    base = f"http://{shop.here['127.0.0.1:8000']}/api/v1"
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=base, headers=headers, timeout=STARTS_WITHIN) as http:
        yield http


async def _say(http: httpx.AsyncClient, path: str, **body: Any) -> dict[str, Any]:
    answer = await http.post(path, json=body)
    assert answer.is_success, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def _change(http: httpx.AsyncClient, example: str, **said: Any) -> None:
    body = json.loads((EXAMPLES / f"{example}.json").read_text())
    await _say(http, "/inventory-changes", **body | {"lines": [body["lines"][0] | said]})


async def _place(http: httpx.AsyncClient, order_id: str, units: int) -> str:
    now = datetime.now(UTC).isoformat()
    body = example_order(order_id, placed_at=now, lines=[line(SKU, units)])
    return str((await _say(http, "/orders", **body))["outcome"])


async def _ended(http: httpx.AsyncClient, order_id: str) -> dict[str, Any] | None:
    found: dict[str, Any] = (await http.get(f"/orders/{order_id}")).json()
    return found if found["status"] == "completed" else None


async def _exposed(shop: Machine) -> list[str] | None:
    """What the worker and the server tell of themselves, once the worker has read of the order that waits."""
    async with httpx.AsyncClient() as http:
        worker, server = [(await http.get(url)).text for url in shop.metrics]
    return [worker, server] if 'backorder_open_orders{status="waiting"} 1' in worker else None


def _charts_show_what_is_told(worker: str, server: str) -> None:
    """Every series of the alerts and the dashboard is one that somebody serves; every figure of ours is shown."""
    there = _series(worker) | _series(server) | PROMETHEUS_OWN
    there |= ONLY_IN_TROUBLE | ONLY_IN_TIME | ONLY_WITH_A_WEBHOOK
    board = json.loads((ROOT / "deploy/grafana/dashboards/backorder.json").read_text())
    charts = _asked([target["expr"] for panel in board["panels"] for target in panel.get("targets", [])])
    groups = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text())["groups"]
    alerts = _asked([rule["expr"] for group in groups for rule in group["rules"]])

    assert sorted((charts | alerts) - there) == []
    assert sorted({*NAMES, f"{HANDED_OUT}_total"} - charts) == []


def _series(exposed: str) -> set[str]:
    found = set()
    for name, kind in re.findall(r"^# TYPE (\w+) (\w+)$", exposed, flags=re.MULTILINE):
        found |= {f"{name}_{part}" for part in ("bucket", "sum", "count")} if kind == "histogram" else {name}
    return found


def _asked(expressions: list[str]) -> set[str]:
    """The series that PromQL asks for: names that are neither functions nor labels."""
    found = set()
    for expression in expressions:
        bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\bby \([^)]*\)", "", expression)
        found |= set(re.findall(r"\b[a-zA-Z_]\w*\b(?!\s*\()", bare)) - {"or", "by", "and", "unless"}
    return found


@pytest.mark.slow
async def test_the_namespace_is_made_where_there_is_none(tmp_path: Path) -> None:
    script = container(services()["temporal-namespace"], None, {"/deploy": str(ROOT / "deploy")})
    async with temporal(tmp_path) as (address, _):
        variables = {
            "PATH": f"{Path(servers.temporal()).parent}:{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "TEMPORAL_ADDRESS": address,
            "TEMPORAL_NAMESPACE": "shop",
        }
        made = [await run(tmp_path, variables, *script.command) for _ in range(2)]
        described = await run(
            tmp_path, variables, "temporal", "operator", "namespace", "describe", "-o", "json"
        )

    assert [one.code for one in made] == [0, 0], made
    assert "720h" in described.out or "2592000" in described.out
