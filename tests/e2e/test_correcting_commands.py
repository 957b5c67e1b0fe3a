"""What support types to correct: email, resend, erase; and a receipt of a line that nobody announced."""

import json
import os
import pty
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.commands import COMMAND, SKU, environment, example_order, run, running_up

pytestmark = pytest.mark.slow

LIMIT_SECONDS = 20


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A running `backorder up` with a waiting order 201 and a cancelled order 202 of two customers."""
    folder = tmp_path_factory.mktemp("up")
    with running_up(folder):
        bodies = [example_order(order_id) for order_id in ("201", "202")]
        for body in bodies:
            body["customer"]["customer_id"] = f"C-{body['order_id']}"
        assert run(folder, "place", "-", typed=json.dumps(bodies)).returncode == 0
        assert run(folder, "cancel", "202").returncode == 0
        _until_told(folder, "201", "confirmation")
        _until_told(folder, "202", "cancelled")
        yield folder


def _until_told(data: Path, order_id: str, kind: str) -> None:
    ends = time.monotonic() + LIMIT_SECONDS
    while kind not in run(data, "status", order_id, "--json").stdout:
        assert time.monotonic() < ends
        time.sleep(0.1)


def says(data: Path, *arguments: str) -> str:
    ended = run(data, *arguments)
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout


def refuses(data: Path, *arguments: str) -> tuple[int, str]:
    ended = run(data, *arguments)
    return ended.returncode, ended.stderr


def test_support_corrects_an_address_and_sends_a_notice_once_more(data: Path) -> None:
    assert says(data, "email", "201", "Ada@New.example", "--by", "support:maria") == (
        "Order 201: Its notices go to the new address from now on.\n"
    )
    assert says(data, "resend", "201", "confirmation") == "Order 201: confirmation was sent once more.\n"

    assert refuses(data, "email", "201", "ada@new.example") == (
        1,
        "backorder: email: it is that address already (order 201)\n",
    )
    code, error = refuses(data, "email", "201", "ada")
    assert (code, error[:17]) == (2, "backorder: email:")
    code, error = refuses(data, "resend", "201", "poem")
    assert (code, error[:43]) == (2, "backorder: notice: must be one of confirmat")


def test_a_list_says_what_it_does_not_show(data: Path) -> None:
    assert says(data, "list").endswith("not shown: --status completed, cancelled or rejected.\n")
    assert "not shown" not in says(data, "list", "--status", "cancelled")


def test_a_receipt_of_a_purchase_order_line_that_nobody_announced_is_refused(data: Path) -> None:
    typed = ("receive", f"{SKU}=1", "--id", "ASN-unknown", "--inbound", "PO-9")

    assert refuses(data, *typed) == (
        1,
        f"backorder: inbound_id: PO-9 was never announced for {SKU}\n",
    )


def _on_a_terminal(data: Path, answer: bytes, *arguments: str) -> tuple[int, str]:
    """As typed by somebody who is asked; what was said to them."""
    ours, theirs = pty.openpty()
    os.write(ours, answer)
    try:
        ended = subprocess.run(
            [COMMAND, *arguments],
            env=environment(data),
            cwd=data,
            stdin=theirs,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        os.close(ours)
        os.close(theirs)
    return ended.returncode, ended.stderr + ended.stdout


def test_a_customer_is_erased_by_whoever_means_it(data: Path) -> None:
    assert refuses(data, "erase", "C-202") == (
        2,
        "backorder: --yes: needed where nobody can be asked, for it cannot be undone\n",
    )
    assert refuses(data, "erase", "C-201", "--yes")[1].startswith("backorder: still open: 201;")
    assert refuses(data, "erase", "NOBODY") == (1, "backorder: no order of this customer is known\n")
    code, said = _on_a_terminal(data, b"n\n", "erase", "C-202")
    assert code == 1
    assert "Erase C-202 from 1 order? It cannot be undone. [y/N]" in said
    assert said.endswith("backorder: nothing was erased\n")

    code, said = _on_a_terminal(data, b"y\n", "erase", "C-202", "--by", "operations:li")

    assert code == 0, said
    assert "Erased: 1 order in the books as those of erased-" in said
    assert said.endswith("1 workflow run deleted from Temporal.\n")
    assert refuses(data, "erase", "C-202", "--yes") == (1, "backorder: no order of this customer is known\n")
    assert json.loads(says(data, "status", "202", "--json"))["status"] == "cancelled"
