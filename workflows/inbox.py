"""What arrived and was not acted on yet; handlers fill it, the story empties it."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.cancellation import Cancellation, CancellationOutcome, Reason
    from workflows.messages import PaymentMethod, faults, sentence


@dataclass
class Ask:
    """A wish to cancel, and its answer once there is one."""

    cancellation: Cancellation
    answer: CancellationOutcome | BaseException | None = None


@dataclass
class Inbox:
    order_id: str
    cancellations: deque[Ask] = field(default_factory=deque)
    methods: deque[PaymentMethod] = field(default_factory=deque)
    unreadable: deque[str] = field(default_factory=deque)
    bell: bool = False
    arrived: int = 0
    """Counts everything that came, so that a wait ends with the next one only."""

    @property
    def empty(self) -> bool:
        return not (self.cancellations or self.methods or self.unreadable)

    def ring(self) -> None:
        self.bell = True
        self.arrived += 1

    def ask(self, cancellation: Cancellation, now: datetime) -> Ask:
        """A wish without an id gets one from its order and moment."""
        self.arrived += 1
        if cancellation.cancellation_id is None:
            named = f"{self.order_id}-{now:%Y%m%dT%H%M%S%f}-{self.arrived}"[-64:]
            cancellation = cancellation.model_copy(update={"cancellation_id": named})
        asked = Ask(cancellation)
        self.cancellations.append(asked)
        return asked

    def ask_natively(self, now: datetime) -> None:
        """Temporal's own Cancel, asked once or often, is one wish."""
        wish = Cancellation(
            cancellation_id=f"native-{self.order_id}"[:64], reason=Reason.OTHER, requested_by="temporal"
        )
        self.ask(wish, now)

    def read_cancellation(self, message: Any, now: datetime) -> None:
        try:
            self.ask(Cancellation.model_validate({} if message is None else message), now)
        except ValidationError as error:
            self.keep_unreadable("cancel", error)

    def read_method(self, message: Any) -> None:
        try:
            self.methods.append(PaymentMethod.model_validate(message))
            self.arrived += 1
        except ValidationError as error:
            self.keep_unreadable("payment_method_updated", error)

    def keep_unreadable(self, name: str, error: ValidationError) -> None:
        self.unreadable.append(f"{name}: {sentence(faults(error))}")
        self.arrived += 1
