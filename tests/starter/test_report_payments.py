"""`backorder report payments` names exactly what the two books do not agree on (C8)."""

import csv
import io
import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from starter.commands import report
from starter.errors import BadInput, OutOfReach
from store.database import Database
from store.moved import Stuck
from tests.e2e.commands import COMMAND, environment
from tests.e2e.providers import Ended, run
from tests.starter.two_books import NOON, TwoBooks, at_stripe, at_the_sandbox

MIDNIGHT = datetime(2026, 3, 3, tzinfo=UTC)
PERIOD = ("--since", "2026-03-01", "--until", "2026-03-05")


@pytest.fixture(params=[at_the_sandbox, at_stripe], ids=["sandbox", "stripe"])
async def books(
    request: pytest.FixtureRequest,
    sqlite_database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[TwoBooks]:
    async with request.param(sqlite_database, tmp_path) as opened:
        for name, value in opened.settings.items():
            monkeypatch.setenv(name, value)
        yield opened


@pytest.fixture
async def quiet_days(books: TwoBooks) -> TwoBooks:
    """Three orders that both books know alike."""
    for order_id in ("100", "101"):
        paid = await books.charge(order_id, 5000)
        await books.refund(order_id, paid, 700, NOON + timedelta(minutes=1))
    await books.capture("102", 3000)
    return books


async def found(since: str = "2026-03-01", until: str = "2026-03-05") -> list[tuple[str, str]]:
    told = await report.payments(since, until, as_csv=False)
    return [(one.key, one.fault) for one in told.found]


async def test_books_that_agree_differ_in_nothing(quiet_days: TwoBooks) -> None:
    told = await report.payments("2026-03-01", "2026-03-05", as_csv=False)

    assert (told.entries, told.found, told.refused) == (5, (), False)


async def test_exactly_what_was_planted_is_found(quiet_days: TwoBooks) -> None:
    paid = await quiet_days.charge("103", 9000, NOON + timedelta(hours=1))
    outside = await quiet_days.refund_outside(paid, 250)
    quiet_days.lose_ours("100/0/charge/1")
    quiet_days.change_ours("101/0/refund/1", 701)
    quiet_days.forget("102/1/capture/1")

    told = {one.key: one for one in (await report.payments(*PERIOD[1::2], as_csv=False)).found}

    assert {key: one.fault.value for key, one in told.items()} == {
        "100/0/charge/1": "only_theirs",
        "101/0/refund/1": "amount",
        "102/1/capture/1": "only_ours",
        outside: "only_theirs",
    }
    changed = told["101/0/refund/1"]
    assert (changed.order_id, changed.ours_minor, changed.theirs_minor) == ("101", 701, 700)
    assert (told[outside].kind, told[outside].theirs_minor) == ("refund", 250)


async def test_two_clocks_on_both_sides_of_midnight_are_no_difference(books: TwoBooks) -> None:
    second = timedelta(seconds=1)
    await books.charge("100", 5000, at=MIDNIGHT + second, ours_at=MIDNIGHT - second)
    await books.charge("101", 5000, at=MIDNIGHT - second, ours_at=MIDNIGHT + second)

    assert await found("2026-03-02", "2026-03-03") == []
    assert await found("2026-03-03", "2026-03-04") == []


async def test_what_is_only_in_one_of_the_books_belongs_to_the_day_of_its_entry(books: TwoBooks) -> None:
    await books.charge("100", 5000, at=MIDNIGHT - timedelta(seconds=1))
    books.lose_ours("100/0/charge/1")

    assert await found("2026-03-02", "2026-03-03") == [("100/0/charge/1", "only_theirs")]
    assert await found("2026-03-03", "2026-03-04") == []


async def test_the_days_are_those_of_the_shop(books: TwoBooks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKORDER_TIME_ZONE", "America/New_York")
    await books.charge("100", 5000, at=MIDNIGHT + timedelta(hours=2))
    books.lose_ours("100/0/charge/1")

    assert len(await found("2026-03-02", "2026-03-03")) == 1
    assert await found("2026-03-03", "2026-03-04") == []


@pytest.mark.parametrize(
    ("since", "until", "option"),
    [
        ("yesterday", None, "--since"),
        ("2026-02-30", None, "--since"),
        (None, "02.03.2026", "--until"),
        ("2026-03-02", "2026-03-02", "--until"),
        ("2026-03-03", "2026-03-02", "--until"),
        ("2999-01-01", None, "--since"),
        ("0001-01-01", None, "--since"),
        (None, "0001-01-01", "--until"),
        (None, "9999-12-31", "--until"),
    ],
)
async def test_a_day_that_cannot_be_meant_is_bad_input_and_named(
    since: str | None, until: str | None, option: str
) -> None:
    with pytest.raises(BadInput) as refused:
        await report.payments(since, until, as_csv=False)

    assert str(refused.value).startswith(f"{option}: ")


async def test_a_provider_out_of_reach_is_no_difference(
    books: TwoBooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKORDER_PAYMENT", "stripe")
    monkeypatch.setenv("BACKORDER_STRIPE_API_KEY", "sk_test_nobody")
    monkeypatch.setenv("BACKORDER_STRIPE_API_BASE", "http://127.0.0.1:9")

    with pytest.raises(OutOfReach, match="the payment provider is out of reach"):
        await found()


AS_A_PROCESS = pytest.mark.parametrize("books", [at_stripe], indirect=True, ids=["stripe"])


async def command(books: TwoBooks, *arguments: str, **settings: str) -> Ended:
    folder = Path(books.settings["BACKORDER_DATA_DIR"])
    told = environment(folder) | books.settings | settings
    return await run(folder, told, str(COMMAND), "report", "payments", *arguments)


@AS_A_PROCESS
async def test_the_command_ends_with_0_when_both_agree_and_with_1_when_they_differ(
    quiet_days: TwoBooks,
) -> None:
    agreed = await command(quiet_days, *PERIOD)
    quiet_days.change_ours("101/0/refund/1", 701)
    differing = await command(quiet_days, *PERIOD)

    assert (agreed.code, agreed.out) == (0, "5 entries from 2026-03-01 to 2026-03-04: both books agree.\n")
    assert differing.code == 1
    assert all(word in differing.out for word in ("1 of 5", "$7.01", "$7.00", "101/0/refund/1"))
    assert (agreed.err, differing.err) == ("", "")


@AS_A_PROCESS
async def test_the_command_speaks_json_and_csv(quiet_days: TwoBooks) -> None:
    quiet_days.change_ours("101/0/refund/1", 701)

    as_json = await command(quiet_days, *PERIOD, "--json")
    as_csv = await command(quiet_days, *PERIOD, "--csv")

    document = json.loads(as_json.out)
    [row] = csv.DictReader(io.StringIO(as_csv.out))
    [difference] = document["differences"]
    assert (as_json.code, as_csv.code) == (1, 1)
    assert (document["since"], document["until"], document["entries"]) == ("2026-03-01", "2026-03-05", 5)
    assert row == {name: str(value) for name, value in difference.items()}
    assert (row["fault"], row["ours_minor"], row["theirs_minor"]) == ("amount", "701", "700")


@AS_A_PROCESS
async def test_the_command_ends_with_2_for_a_bad_day_and_with_3_without_its_provider(
    quiet_days: TwoBooks,
) -> None:
    away = {
        "BACKORDER_PAYMENT": "stripe",
        "BACKORDER_STRIPE_API_KEY": "sk_test_nobody",
        "BACKORDER_STRIPE_API_BASE": "http://127.0.0.1:9",
    }

    bad = await command(quiet_days, "--since", "yesterday")
    alone = await command(quiet_days, *PERIOD, "--json", **away)

    assert (bad.code, bad.err) == (2, "backorder: --since: write the day as 2026-02-20\n")
    assert (alone.code, alone.err) == (3, "backorder: the payment provider is out of reach\n")
    assert json.loads(alone.out)["error"]["code"] == "OutOfReach"


async def test_a_narrow_table_shows_keys_whole_in_several_lines(quiet_days: TwoBooks) -> None:
    outside = await quiet_days.refund_outside(await quiet_days.charge("103", 9000), 250)
    console = Console(file=io.StringIO(), width=70)

    (await report.payments(*PERIOD[1::2], as_csv=False)).show(console)

    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    assert "1 of 7 entries differ, from 2026-03-01 to 2026-03-04" in shown
    last_column = "".join(line.rsplit("│", 2)[-2].strip() for line in shown.splitlines() if "│" in line)
    assert last_column == outside


@pytest.mark.parametrize("as_csv", [False, True])
def test_what_is_stuck_is_told_to_people_and_never_among_the_rows(
    capsys: pytest.CaptureFixture[str], *, as_csv: bool
) -> None:
    back = Stuck(order_id="100", what="refund", why="re_1 came back, and is owed")
    told = report.Payments(date(2026, 3, 1), date(2026, 3, 5), 3, (), (back,), as_csv)

    told.show(Console(width=110))

    written = capsys.readouterr()
    assert told.refused
    assert told.document["stuck"] == [back.model_dump()]
    assert "A person must look: order 100, refund: re_1 came back" in (written.err if as_csv else written.out)
    assert ("re_1" in written.out) is not as_csv
