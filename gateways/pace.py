"""So many calls a second: on the day that a receipt wakes a thousand orders, no provider is stormed."""

import asyncio
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any, Protocol, TypeVar, cast

from gateways.errors import GatewayUnavailable


class Named(Protocol):
    """A gateway that says who it is, in the word of its errors."""

    @property
    def gateway(self) -> str: ...


G = TypeVar("G", bound=Named)

PATIENCE_SECONDS = 10
"""Longer than this no call stands in line: its activity would end meanwhile. Sent away, it is made again later."""


@dataclass
class Pace:
    """Turns at `rate` a second, in the order of asking."""

    rate: float
    clock: Callable[[], float] = monotonic
    _free_at: float = 0.0

    async def turn(self, gateway: str) -> None:
        """Wait for one's turn.

        Raises:
            GatewayUnavailable: too many stand in line already; nothing was sent.
        """
        now = self.clock()
        at = max(now, self._free_at)
        if at - now > PATIENCE_SECONDS:
            raise GatewayUnavailable(gateway, "too many calls at once")
        self._free_at = at + 1 / self.rate
        await asyncio.sleep(at - now)


class Paced:
    """A gateway whose calls wait for their turn."""

    def __init__(self, gateway: Named, pace: Pace) -> None:
        self._gateway, self._pace = gateway, pace

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._gateway, name)
        if not inspect.iscoroutinefunction(call):
            return call

        async def paced(*arguments: Any, **named: Any) -> Any:
            await self._pace.turn(self._gateway.gateway)
            return await call(*arguments, **named)

        return paced


def paced(gateway: G, rate: float | None) -> G:
    """The gateway itself where no rate is set."""
    return gateway if rate is None else cast("G", Paced(gateway, Pace(rate)))
