"""`python -m benchmarks [name …]`: measure all, or what is named."""

import asyncio
import inspect
import os
import sys
from collections.abc import Iterable
from importlib import import_module

from benchmarks.table import Figure, report

NAMES = ("start", "deal", "promises", "room", "lifecycle", "receipt", "waiting", "mixed")


def measured(name: str) -> Iterable[Figure]:
    found = import_module(f"benchmarks.{name}").measure()
    return asyncio.run(found) if inspect.iscoroutine(found) else found


def main() -> None:
    wanted = sys.argv[1:] or NAMES
    unknown = set(wanted) - set(NAMES)
    if unknown:
        sys.exit(f"no such figure: {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    met = report([figure for name in wanted for figure in measured(name)])
    sys.stdout.flush()
    os._exit(0 if met else 1)


main()
