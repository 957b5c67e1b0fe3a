"""What the order system is told, read back by tests."""

from typing import Any

from store import events
from store.events import ListedEvent
from tests.store.stockroom import Stockroom


def told(stock: Stockroom, stream: str | None = None) -> list[ListedEvent]:
    """The events that the books hold, in the order of writing."""
    return stock.database.read(events.listing, stream=stream)[::-1]


def types(stock: Stockroom, stream: str | None = None) -> list[str]:
    return [event.type for event in told(stock, stream)]


def said(stock: Stockroom, kind: str) -> dict[str, Any]:
    """What the last event of this type says."""
    found: dict[str, Any] = [event.body["data"] for event in told(stock) if event.type == kind][-1]
    return found
