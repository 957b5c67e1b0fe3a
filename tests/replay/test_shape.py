"""No workflow changes its shape unseen: what it does, a recorded life has done."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.replay import shape, variants
from tests.replay.shape import ROOT, Lived, Unlived
from tests.replay.test_replay import HISTORIES, events, history
from worker.wiring import WORKFLOWS
from workflows import earlier

RECORD = (
    "play what is new in a life (tests/replay/*lives.py), and record it: python -m tests.replay.record LIFE; "
    "see docs/deploying.md"
)

VERSIONS = sorted(HISTORIES.iterdir(), key=lambda folder: [int(part) for part in folder.name.split(".")])
NEWEST = sorted(VERSIONS[-1].glob("*.json"))
EARLIER = [path for folder in VERSIONS[:-1] for path in sorted(folder.glob("*.json"))]

RULES = [ROOT / "domain" / f"{name}.py" for name in ("life", "dunning", "news", "waiting", "choice")]
"""What an order does next is decided here."""

OLD_WAYS = {
    "workflows/earlier.py:next_step": "backorder-asked-and-not-heard",
    "workflows/earlier.py:change_method": "backorder-declined-then-paid",
    "workflows/backorder.py:BackorderWorkflow._change": "backorder-declined-then-paid",
}
"""What only orders of earlier versions do, and whose life of 0.1.0 shows it."""

UNLIVED = {
    "workflows/doors.py:OrderDoors.decision": "its last line is there for the types",
    "workflows/doors.py:OrderDoors._state": "before it was placed, only who asks from outside sees that",
    "workflows/telling.py:_to_look_at": "words for the Web UI, no command hangs on them",
    "domain/life.py:still_due": "asked by activities",
    "domain/life.py:status_of": "asked by activities",
    "domain/life.py:finished": "asked by activities",
    "domain/waiting.py:ends_itself": "asked by activities",
    "domain/waiting.py:still_ends": "asked by activities",
    "domain/waiting.py:held_for_law": "asked by activities",
    "domain/choice.py:check": "asked by validators and activities",
}
"""Where lines need no life, and why."""


@dataclass(frozen=True)
class Found:
    """What living everything again has shown."""

    otherwise: list[str]
    unlived: list[Unlived]


def live_again(
    workflows: Sequence[type],
    files: Sequence[Path],
    lives: Sequence[Path],
) -> Found:
    lived: Lived = {str(file): set() for file in files}
    otherwise = asyncio.run(shape.replay(workflows, [history(path) for path in lives], lived))
    return Found(otherwise, list(shape.unlived(lived)))


def workflow_files() -> list[Path]:
    """The modules that speak to Temporal as a workflow does."""
    modules = sorted((ROOT / "workflows").glob("*.py"))
    return [path for path in modules if "from temporalio import workflow\n" in path.read_text()]


def today() -> Found:
    """The workflows as they are, in the lives of the newest version and in those that took the old ways."""
    old_ways = [path for path in EARLIER if path.stem in OLD_WAYS.values()]
    return live_again(WORKFLOWS, [*workflow_files(), *RULES], [*NEWEST, *old_ways])


@cache
def recorded(paths: tuple[Path, ...]) -> list[dict[str, Any]]:
    return [events(path) for path in paths]


def test_every_line_of_the_workflows_is_lived_by_a_recorded_life() -> None:
    found = today()

    assert found.otherwise == []
    assert [str(line) for line in found.unlived if line.place not in UNLIVED] == [], RECORD
    assert {line.place for line in found.unlived} == set(UNLIVED)  # and what needs no life is still there


def test_every_activity_of_the_workflows_is_in_a_recorded_life() -> None:
    known = shape.recorded_activities(recorded((*EARLIER, *NEWEST)))

    assert shape.activities(workflow_files()) - known == set(), RECORD


def test_every_patch_of_the_workflows_is_in_a_life_of_the_newest_version() -> None:
    known = shape.recorded_patches(recorded(tuple(NEWEST)))

    assert shape.patches(workflow_files()) == known, RECORD
    assert known == earlier.PATCHES


# The check itself: changes that somebody might make, and what it says of them.

VARIANTS = Path(variants.__file__)
SOME = [path for path in NEWEST if path.stem in {"backorder-received", "backorder-split-in-two"}]


def changed(variant: type) -> Found:
    """What the check finds in a changed workflow's own lines."""
    found = live_again([variant], [VARIANTS], SOME)
    own = [line for line in found.unlived if line.function.startswith(f"{variant.__name__}.")]
    return Found(found.otherwise, own)


@pytest.mark.parametrize("variant", [variants.Reordered, variants.Unpatched, variants.Pausing])
def test_a_change_of_what_is_recorded_is_told_with_the_lives_that_go_otherwise(variant: type) -> None:
    found = changed(variant)

    assert sorted(one.split(" ")[0] for one in found.otherwise) == [path.stem for path in SOME]


def test_what_stands_behind_a_patch_that_nobody_recorded_is_told_by_line_and_by_patch() -> None:
    found = changed(variants.Weighing)

    assert found.otherwise == []
    assert [line.text for line in found.unlived] == [
        "weigh = workflow.execute_activity(WEIGH, self._order.order_id, **options.DATABASE)",
        "await self._effect(weigh)",
    ]
    assert shape.patches([VARIANTS]) - shape.recorded_patches(recorded(tuple(NEWEST))) == {variants.WEIGHS}


def test_a_timer_in_a_case_that_nobody_recorded_is_told_by_line() -> None:
    found = changed(variants.PausingSeldom)

    assert found.otherwise == []
    assert [line.text for line in found.unlived] == ["await asyncio.sleep(60)"]


def test_an_activity_that_no_life_has_is_told_by_name(tmp_path: Path) -> None:
    module = tmp_path / "later.py"
    module.write_text(
        "from activities.stock import Stock\n\nSteps = (Stock.claim_parcel, Stock.count_parcel)\n"
    )

    assert shape.activities([module]) - shape.recorded_activities(recorded(tuple(NEWEST))) == {"count_parcel"}
