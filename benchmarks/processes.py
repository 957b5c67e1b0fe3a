"""Workers as processes of their own, and what the system says that a process took."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


@asynccontextmanager
async def worker(kind: str, *arguments: object) -> AsyncIterator[int]:
    """A worker (`benchmarks/worker.py`) once it works; gives its process id."""
    words = [sys.executable, "-m", "benchmarks.worker", kind, *map(str, arguments)]
    as_in_the_image = {**os.environ, "MALLOC_ARENA_MAX": "2"}
    process = await asyncio.create_subprocess_exec(
        *words, stdout=asyncio.subprocess.PIPE, env=as_in_the_image
    )
    assert process.stdout
    assert await process.stdout.readline() == b"working\n"
    try:
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        await process.wait()


def memory_kb(pid: int) -> int:
    """What of the machine's memory is the process's own."""
    text = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("RssAnon"))


def cpu_seconds(pids: Iterable[int]) -> float:
    """What processors gave to these processes and to what they started."""
    return sum(_ticks(pid) for one in pids for pid in (one, *children(one))) / _TICK


def children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(child) for child in task.read_text().split()]
    return found


def named(word: str) -> list[int]:
    """Children of this process whose command line has this word."""
    return [
        child
        for child in children(os.getpid())
        if word in Path(f"/proc/{child}/cmdline").read_text().replace("\0", " ")
    ]


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
