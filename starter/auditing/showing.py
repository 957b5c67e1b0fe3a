"""How far an audit has come, for whoever waits for it at a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


@dataclass(frozen=True)
class Showing:
    """A line for each thing that is counted, gone when it is done; nothing where nobody looks."""

    console: Console | None = None

    @contextmanager
    def counting(self, what: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        seen = self.console is not None and self.console.is_terminal and total != 0
        with Progress(*columns, transient=True, disable=not seen, console=self.console) as progress:
            task = progress.add_task(what, total=total)
            yield lambda count: progress.advance(task, count)
