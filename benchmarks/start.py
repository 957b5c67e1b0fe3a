"""How fast the command starts."""

import subprocess
import sys
import time
from pathlib import Path

from benchmarks.table import Figure, time_ratio

TRIES = 7


def measure() -> list[Figure]:
    command = [str(Path(sys.executable).parent / "backorder"), "--help"]
    floor = [sys.executable, "-c", "import temporalio.client"]
    pairs = [(_seconds(command), _seconds(floor)) for _ in range(TRIES)]
    ours, bare = (min(one) for one in zip(*pairs, strict=True))
    return [time_ratio("backorder --help", ours, bare, 1.5)]


def _seconds(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - began
