"""`python -m benchmarks [name …]`: measure all, or what is named: start, deal, promises, room, life."""

import asyncio
import os
import sys

from benchmarks.table import Figure, report


def main() -> None:
    wanted = set(sys.argv[1:]) or {"start", "deal", "promises", "room", "life"}
    figures: list[Figure] = []
    if "start" in wanted:
        from benchmarks import start

        figures.append(start.measure())
    if "deal" in wanted:
        from benchmarks import deal

        figures.extend(deal.measure())
    if "promises" in wanted:
        from benchmarks import promises

        figures.extend(promises.measure())
    if "room" in wanted:
        from benchmarks import room

        figures.extend(room.measure())
    if "life" in wanted:
        from benchmarks import life

        figures.extend(asyncio.run(life.measure()))
    met = report(figures)
    sys.stdout.flush()
    os._exit(0 if met else 1)


main()
