"""What is asked of a database while a block runs: each statement, its values and how long it took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event

from store.database import Database


@dataclass
class Asked:
    """`seconds` of all statements together, as the client waited for them."""

    statements: list[tuple[str, Any]] = field(default_factory=list)
    seconds: float = 0.0


@contextmanager
def asked(database: Database) -> Iterator[Asked]:
    """Listen to the block's questions."""
    heard = Asked()

    def before(_c: Any, _cursor: Any, _statement: str, _values: Any, context: Any, _many: bool) -> None:
        context.began = time.perf_counter()

    def after(_c: Any, _cursor: Any, statement: str, values: Any, context: Any, _many: bool) -> None:
        heard.seconds += time.perf_counter() - context.began
        heard.statements.append((statement, values))

    event.listen(database.engine, "before_cursor_execute", before)
    event.listen(database.engine, "after_cursor_execute", after)
    try:
        yield heard
    finally:
        event.remove(database.engine, "before_cursor_execute", before)
        event.remove(database.engine, "after_cursor_execute", after)
