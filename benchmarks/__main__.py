"""`python -m benchmarks [name …]`: measure all, or what is named, each in a process of its own.

What one leaves behind (a million rows, full caches) would else weigh on the next.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from benchmarks import deal, lifecycle, mixed, promises, receipt, room, start, waiting
from benchmarks.table import Figure, latest, report

MISSED = 3
"""The exit code when a limit does not hold."""

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
    """What this process measures."""
    found = BENCHES[name]()
    return asyncio.run(found) if isinstance(found, Coroutine) else list(found)


def told(name: str) -> list[Figure]:
    """What another process measures; it shows its own table."""
    done = subprocess.run([sys.executable, "-m", "benchmarks", name], check=False)
    if done.returncode not in {0, MISSED}:
        sys.exit(f"{name} could not be measured")
    return latest()


def main() -> None:
    wanted = sys.argv[1:] or list(BENCHES)
    unknown = set(wanted) - set(BENCHES)
    if unknown:
        sys.exit(f"no such figure: {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}")
    figures = measured(wanted[0]) if len(wanted) == 1 else [one for name in wanted for one in told(name)]
    met = report(figures)
    sys.stdout.flush()
    os._exit(0 if met else MISSED)


main()
