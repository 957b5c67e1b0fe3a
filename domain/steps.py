"""What may be due next in the life of an order; steps that reach outside rest, under a name, when the outside is away."""

from dataclasses import dataclass
from datetime import datetime

from domain.cancellation import CancelledLine, Reason
from domain.money import Money
from domain.notices import Kind


@dataclass(frozen=True)
class Claim:
    """Take the allocated units into a parcel."""


@dataclass(frozen=True)
class KeepTogether:
    """The customer was asked, and did not answer in time: everything goes together."""


@dataclass(frozen=True)
class OfParcel:
    """A step that takes a parcel on."""

    parcel: int

    @property
    def rests_as(self) -> str:
        return parcel_rest(self.parcel)


class Authorise(OfParcel):
    pass


class Label(OfParcel):
    pass


class Capture(OfParcel):
    pass


class Void(OfParcel):
    """Give back the money held for a parcel that was undone."""

    @property
    def rests_as(self) -> str:
        return f"void/{self.parcel}"


class VoidLabel(OfParcel):
    """Give back the labels that were bought in vain."""

    @property
    def rests_as(self) -> str:
        return f"label/{self.parcel}"


@dataclass(frozen=True)
class GiveUp:
    """The grace period for another payment method is over."""

    parcel: int


@dataclass(frozen=True)
class CancelWaiting:
    """The wait is over: these units will not be had."""

    reason: Reason
    by: str
    lines: tuple[CancelledLine, ...]


@dataclass(frozen=True)
class HoldForLaw:
    """A legal deadline passed while nobody was there: operations may look before its default applies."""


@dataclass(frozen=True)
class LookUpCharge:
    """What became of a charge whose answer never came."""

    rests_as = "refund"


@dataclass(frozen=True)
class Refund:
    amount: Money

    rests_as = "refund"


@dataclass(frozen=True)
class Tell:
    kind: Kind
    occasion: str

    rests_as = "mail"


@dataclass(frozen=True)
class Wait:
    """Nothing to do until `until` (None: until something arrives); `what` comes then."""

    what: str
    until: datetime | None


@dataclass(frozen=True)
class End:
    """Nothing is left to do."""


Gateway = Authorise | Label | Capture | Void | VoidLabel | LookUpCharge | Refund | Tell
"""Steps that reach outside, and rest when the outside is away."""

Step = Claim | KeepTogether | Gateway | GiveUp | CancelWaiting | HoldForLaw | Wait | End


def parcel_rest(number: int) -> str:
    return f"parcel/{number}"
