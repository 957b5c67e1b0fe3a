"""Faults drawn from a seed, so that a failure can be played again."""

import asyncio
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.proxy import After, Fault, Line


@dataclass(frozen=True)
class Spell:
    """So long all is well, then so long this fault."""

    fair: float
    fault: Fault
    bad: float
    after: After


def spells(seed: str, fair: float, bad: float) -> Iterator[Spell]:
    """Endless, and the same for the same seed; `fair` and `bad` are the longest."""
    drawn = random.Random(seed)  # noqa: S311 - no secret
    while True:
        fault = drawn.choice(list(Fault))
        yield Spell(drawn.uniform(0, fair), fault, drawn.uniform(0, bad), drawn.choice(list(After)))


async def storm(lines: Mapping[str, Line], seed: str, seconds: float, fair: float, bad: float) -> list[str]:
    """Bad weather on every line at once, each with its own; afterwards all is well. What happened, in words."""
    happened: list[str] = []

    async def over(name: str, line: Line) -> None:
        for spell in spells(f"{seed}/{name}", fair, bad):
            await asyncio.sleep(spell.fair)
            happened.append(f"{name}: {spell.fault} for {spell.bad:.1f} s, then {spell.after}")
            line.suffer(spell.fault)
            await asyncio.sleep(spell.bad)
            await line.come_back(spell.after)

    try:
        async with asyncio.timeout(seconds):
            await asyncio.gather(*(over(name, line) for name, line in lines.items()))
    except TimeoutError:
        pass
    for line in lines.values():
        await line.come_back(After.BREAK)
    return happened
