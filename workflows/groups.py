"""Which steps of an order belong together in its history: those of its placing, of each parcel, of its letters.

Event groups are experimental in the SDK. They add bytes, but no events and no actions, and histories with and without
them replay alike: to take them out, let `_together` return a `nullcontext()`.
"""

from contextlib import AbstractContextManager, nullcontext

from temporalio import workflow

from domain.changes import ChangeWish, Handover, Settlement
from domain.notices import Kind
from domain.state import OrderState
from domain.steps import Gateway, OfParcel, Tell
from domain.waiting_words import contents

_ABOUT_A_PARCEL = {Kind.SHIPPED, Kind.PAYMENT_PROBLEM, Kind.PAYMENT_AUTHENTICATION, Kind.ADDRESS_PROBLEM}


def placing() -> AbstractContextManager[None]:
    return _together("placing")


def of_step(due: Gateway, state: OrderState) -> AbstractContextManager[None]:
    """Its parcel's group, be it a call or a letter about it; else the letters', or the money's."""
    match due:
        case OfParcel(parcel):
            return of_parcel(parcel, state)
        case Tell():
            number = parcel_of(due)
            return of_parcel(number, state) if number else _together("letters")
    return _together("money back")


def of_parcel(number: int, state: OrderState) -> AbstractContextManager[None]:
    """The group is its number's; the words, “parcel 1: …”, say what is in it by now."""
    lines = next((parcel.lines for parcel in state.parcels if parcel.number == number), ())
    name = f"parcel {number}"
    return _together(name, f"{name}: {contents(lines)}" if lines else name)


def of_change(change: ChangeWish, state: OrderState) -> AbstractContextManager[None]:
    """Its parcel's group, if it is about one."""
    match change:
        case Handover(number=parcel) | Settlement(parcel=parcel):
            return of_parcel(parcel, state)
    return nullcontext()


def parcel_of(letter: Tell) -> int | None:
    """The parcel that a letter is about: the first word of its occasion."""
    number = letter.occasion.partition("-")[0]
    return int(number) if letter.kind in _ABOUT_A_PARCEL and number.isdecimal() else None


def _together(name: str, label: str | None = None) -> AbstractContextManager[None]:
    return workflow.create_event_group(name, label=label or name).scope()
