"""`python -m benchmarks [name …]`: measure all, or what is named; which one is at work is said on standard error."""

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from benchmarks import deal, lifecycle, mixed, promises, receipt, room, start, waiting
from benchmarks.table import Figure, report

BENCHES: dict[str, Callable[[], Iterable[Figure] | Coroutine[Any, Any, list[Figure]]]] = {
    "start": start.measure,
    "deal": deal.measure,
    "promises": promises.measure,
    "room": room.measure,
    "lifecycle": lifecycle.measure,
    "receipt": receipt.measure,
    "waiting": waiting.measure,
    "mixed": mixed.measure,
}


def measured(name: str) -> list[Figure]:
    sys.stderr.write(f"{name} …\n")
    found = BENCHES[name]()
    return asyncio.run(found) if isinstance(found, Coroutine) else list(found)


def main() -> None:
    wanted = sys.argv[1:] or list(BENCHES)
    unknown = set(wanted) - set(BENCHES)
    if unknown:
        sys.exit(f"no such figure: {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}")
    met = report([figure for name in wanted for figure in measured(name)])
    sys.stdout.flush()
    os._exit(0 if met else 1)


main()
