"""What arrived and was not acted on yet; handlers fill it, the story empties it."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from domain.cancellation import Cancellation, CancellationOutcome, Reason
from domain.changes import ChangeOutcome, ChangeWish, Handover, PaymentMethod
from workflows.messages import faults, native_cancellation_id, sentence

Wish = Cancellation | ChangeWish
"""What may be asked of an order on its way."""


M = TypeVar("M", Cancellation, Handover, PaymentMethod)
A = TypeVar("A", CancellationOutcome, ChangeOutcome)


@dataclass
class Ask(Generic[A]):
    """A wish, and its answer once there is one."""

    wish: Wish
    answer: A | BaseException | None = None


@dataclass
class Inbox:
    order_id: str
    asks: deque[Ask[Any]] = field(default_factory=deque)
    methods: deque[Ask[Any]] = field(default_factory=deque)
    """Another way to pay never waits for anybody, as the other wishes may."""
    unreadable: deque[str] = field(default_factory=deque)
    bell: bool = False
    arrived: int = 0
    """Counts everything that came, so that a wait ends with the next one only."""

    @property
    def empty(self) -> bool:
        return not (self.asks or self.methods or self.unreadable)

    @property
    def asked(self) -> bool:
        return bool(self.asks or self.methods)

    def refuse(self, why: BaseException) -> None:
        """Nothing of it will be done, and whoever waits for an answer hears why."""
        for wishes in (self.asks, self.methods):
            while wishes:
                wishes.popleft().answer = why

    def ring(self) -> None:
        self.bell = True
        self.arrived += 1

    def ask(self, wish: ChangeWish) -> Ask[ChangeOutcome]:
        asked = Ask[ChangeOutcome](wish)
        (self.methods if isinstance(wish, PaymentMethod) else self.asks).append(asked)
        self.arrived += 1
        return asked

    def ask_to_cancel(self, cancellation: Cancellation, now: datetime) -> Ask[CancellationOutcome]:
        """A wish without an id gets one from its order and moment."""
        if cancellation.cancellation_id is None:
            named = f"{self.order_id}-{now:%Y%m%dT%H%M%S%f}-{self.arrived + 1}"[-64:]
            cancellation = cancellation.model_copy(update={"cancellation_id": named})
        asked = Ask[CancellationOutcome](cancellation)
        self.asks.append(asked)
        self.arrived += 1
        return asked

    def ask_natively(self, now: datetime) -> None:
        """Temporal's own Cancel, asked once or often, is one wish."""
        wish_id = native_cancellation_id(self.order_id)
        wish = Cancellation(cancellation_id=wish_id, reason=Reason.OTHER, requested_by="temporal")
        self.ask_to_cancel(wish, now)

    def read_cancellation(self, message: Any, now: datetime) -> None:
        wish = self._read("cancel", Cancellation, {} if message is None else message)
        if wish is not None:
            self.ask_to_cancel(wish, now)

    def read_method(self, message: Any) -> None:
        method = self._read("payment_method_updated", PaymentMethod, message)
        if method is not None:
            self.ask(method)

    def read_handover(self, message: Any) -> None:
        """The parcel's number, alone or as a field."""
        number = message if isinstance(message, dict) else {"number": message}
        handover = self._read("parcel_handed_over", Handover, number)
        if handover is not None:
            self.ask(handover)

    def _read(self, name: str, model: type[M], message: Any) -> M | None:
        """What a signal says; what can't be meant is kept to be looked at."""
        try:
            return model.model_validate(message)
        except ValidationError as error:
            self.unreadable.append(f"{name}: {sentence(faults(error))}")
            self.arrived += 1
            return None


def named(wish: BaseModel) -> str:
    """What a wish is called where nobody waits for its answer."""
    return {Cancellation: "cancel", Handover: "parcel_handed_over"}.get(type(wish), type(wish).__name__)
