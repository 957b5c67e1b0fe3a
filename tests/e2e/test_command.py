"""The command, as its users type it."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.commands import COMMAND, SKU, environment, example_order, run, running_up, silent

ENDED = "backorder: order ended-1 is cancelled\n"
TEMPORAL = Path(sys.executable).parent / "temporal"


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, Any]]]:
    """A running `backorder up`, and where it is."""
    data = tmp_path_factory.mktemp("up")
    with running_up(data) as addresses:
        yield data, addresses


@pytest.mark.slow
def test_demo_plays_its_story_ends_with_0_and_leaves_no_process_behind(tmp_path: Path) -> None:
    played = run(tmp_path, "demo", "--exit", "--json", "--data", str(tmp_path / "demo"))

    assert played.returncode == 0, played.stderr
    story = json.loads(played.stdout)
    statuses = {order["order_id"]: order["status"] for order in story["orders"]}
    assert statuses == {
        **dict.fromkeys(("100", "101", "104", "105", "107", "108", "109"), "completed"),
        **dict.fromkeys(("102", "110"), "partly_shipped"),
        "103": "cancelled",
        "106": "waiting",
    }
    assert silent(story["addresses"]["temporal"])


def test_an_order_is_placed_looked_at_and_cancelled(up: tuple[Path, dict[str, Any]]) -> None:
    data, _ = up
    placed = run(data, "place", "-", "--json", typed=json.dumps(example_order("cli-1")))
    assert placed.returncode == 0, placed.stderr
    assert json.loads(placed.stdout)["outcome"] == "backordered"

    queue = json.loads(run(data, "queue", SKU, "--json").stdout)
    listed = json.loads(run(data, "list", "--json").stdout)
    cancelled = run(data, "cancel", "cli-1", "--reason", "too_slow", "--json")
    status = json.loads(run(data, "status", "cli-1", "--json").stdout)
    again = run(data, "cancel", "cli-1", "--reason", "too_slow")

    assert "cli-1" in [place["order_id"] for place in queue["places"]]
    assert "cli-1" in [order["order_id"] for order in listed]
    assert cancelled.returncode == 0, cancelled.stderr
    assert json.loads(cancelled.stdout)["units_cancelled"] == 20
    assert (status["status"], status["lines"][0]["cancelled"]) == ("cancelled", 20)
    assert again.returncode == 1


def test_bad_input_names_every_field_and_ends_with_2(up: tuple[Path, dict[str, Any]]) -> None:
    data, _ = up
    body = example_order("bad-1", currency="dollars")
    body["lines"][0]["quantity"] = 0

    refused = run(data, "place", "-", typed=json.dumps(body))

    assert refused.returncode == 2
    assert "currency" in refused.stderr
    assert "lines.0.quantity" in refused.stderr
    assert run(data, "status", "bad-1").returncode == 1


@pytest.mark.parametrize("typed", ["", "\n\n", "[]"])
def test_no_order_at_all_is_bad_input(up: tuple[Path, dict[str, Any]], typed: str) -> None:
    refused = run(up[0], "place", "-", typed=typed)

    assert (refused.returncode, refused.stderr) == (2, "backorder: standard input: there is no order in it\n")


def test_a_sku_that_is_typed_twice_is_bad_input(up: tuple[Path, dict[str, Any]]) -> None:
    refused = run(up[0], "receive", f"{SKU}=3", f"{SKU}=4", "--id", "ASN-TWICE")

    assert (refused.returncode, f"{SKU} stands there twice" in refused.stderr) == (2, True)


def test_an_ended_order_is_named_as_what_it_became(up: tuple[Path, dict[str, Any]]) -> None:
    data, _ = up
    assert run(data, "place", "-", typed=json.dumps(example_order("ended-1"))).returncode == 0
    assert run(data, "cancel", "ended-1").returncode == 0
    _eventually(lambda: run(data, "hold", "ended-1", "--reason", "late").stderr, ENDED)

    for command in (
        ("choose", "ended-1", "split"),
        ("prioritise", "ended-1", "--days", "1", "--reason", "x"),
    ):
        refused = run(data, *command)
        assert (refused.returncode, refused.stderr) == (1, ENDED)


def test_supply_is_announced_and_cancelled_in_words(up: tuple[Path, dict[str, Any]]) -> None:
    data, _ = up

    announced = run(data, "inbound", "PO-77-1", "WIDGET-MINI=40", "--eta", "2099-12-04").stdout
    cancelled = run(data, "inbound", "PO-77-1", "--cancel").stdout

    assert announced.startswith("PO-77-1: 40 × WIDGET-MINI expected on 2099-12-04")
    assert cancelled.startswith("PO-77-1 is cancelled")


@pytest.mark.parametrize(("what", "columns"), [("catalog", "max_wait_days"), ("suppliers", "received_on")])
def test_help_names_the_columns(tmp_path: Path, what: str, columns: str) -> None:
    assert columns in run(tmp_path, what, "load", "--help").stdout


def test_unknown_things_and_used_ids_end_with_1(up: tuple[Path, dict[str, Any]]) -> None:
    data, _ = up
    assert run(data, "receive", "NOBODY=1", "--id", "ASN-X").returncode == 1
    assert run(data, "status", "nobody").returncode == 1
    assert run(data, "cancel", "nobody", "--reason", "other").returncode == 1
    assert run(data, "receive", "WIDGET-MINI=1", "--id", "ASN-1").returncode == 0
    used = run(data, "receive", "WIDGET-MINI=2", "--id", "ASN-1")
    assert used.returncode == 1
    assert "another body" in used.stderr


def test_a_development_servers_clock_can_be_skipped(up: tuple[Path, dict[str, Any]]) -> None:
    data, _ = up
    assert run(data, "place", "-", typed=json.dumps(example_order("ff-1"))).returncode == 0

    skipped = run(data, "fast-forward", "ff-1", "7d")

    assert skipped.returncode == 0, skipped.stderr
    notices = _eventually(
        lambda: [n["kind"] for n in _status(data, "ff-1")["notices"]], ["confirmation", "update"]
    )
    assert notices == ["confirmation", "update"]
    assert run(data, "cancel", "ff-1").returncode == 0


def test_the_audit_finds_the_books_right(up: tuple[Path, dict[str, Any]]) -> None:
    data, _ = up

    audited = run(data, "audit", "--json")

    assert audited.returncode == 0, audited.stdout
    assert json.loads(audited.stdout)["findings"] == []


def test_an_oms_in_another_language_needs_the_temporal_command_alone(up: tuple[Path, dict[str, Any]]) -> None:
    data, addresses = up
    where = ["--address", addresses["temporal"]]
    start = ["workflow", "start", *where, "--type", "BackorderWorkflow", "--task-queue", "backorders"]

    def temporal(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([TEMPORAL, *arguments], capture_output=True, text=True, timeout=60, check=False)

    body = json.dumps(example_order("oms-1"))
    assert temporal(*start, "--workflow-id", "backorder-oms-1", "--input", body).returncode == 0
    _eventually(lambda: run(data, "status", "oms-1").returncode, 0)
    signal_it = ["workflow", "signal", *where, "--workflow-id", "backorder-oms-1", "--name", "cancel"]
    assert temporal(*signal_it, "--input", '{"reason": "too_slow"}').returncode == 0
    _eventually(lambda: _status(data, "oms-1")["status"], "cancelled")
    query = ["workflow", "query", *where, "--workflow-id", "backorder-oms-1", "--name", "status"]
    asked = temporal(*query, "--output", "json")
    assert '"cancelled"' in asked.stdout

    malformed = json.dumps(example_order("oms-2", currency="dollars"))
    temporal(*start, "--workflow-id", "backorder-oms-2", "--input", malformed)
    result = temporal("workflow", "result", *where, "--workflow-id", "backorder-oms-2")
    assert result.returncode != 0
    assert "currency" in result.stdout + result.stderr


def test_without_temporal_a_command_says_so_and_ends_with_3(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = f"127.0.0.1:{probe.getsockname()[1]}"
    elsewhere = environment(tmp_path) | {
        "TEMPORAL_ADDRESS": nobody,
        "BACKORDER_DATABASE_URL": f"sqlite:///{tmp_path / 'none.db'}",
    }

    tried = subprocess.run(
        [COMMAND, "receive", "A=1", "--id", "1"], env=elsewhere, capture_output=True, text=True, check=False
    )

    assert tried.returncode == 3
    assert len(tried.stderr.strip().splitlines()) == 1


def _status(data: Path, order_id: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(data, "status", order_id, "--json").stdout)
    return found


def _eventually(look: Any, wanted: Any) -> Any:
    ends = time.monotonic() + 20
    while (seen := look()) != wanted and time.monotonic() < ends:
        time.sleep(0.2)
    assert seen == wanted
    return seen
