"""What our own doors refuse although it has the right shape."""

from pydantic import BaseModel

from domain.limits import Fault, beyond_limits
from starter.errors import BadInput
from workflows.messages import sentence


class BadFields(BadInput):
    """A message that can't be meant; each bad field is named, never its value."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(sentence(faults))
        self.faults = faults


def check(message: BaseModel, *more: Fault) -> None:
    """Raise `BadFields` for what a message holds beyond the limits, and for what else was found in it."""
    faults = [*beyond_limits(message), *more]
    if faults:
        raise BadFields(faults)
