"""What an order waits for, and why, in words for whoever looks after it.

Nothing of its customer stands in them, nor what people wrote as a reason.
"""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from domain import choice, dunning, life, parcels, waiting
from domain.history_words import counted
from domain.order import Fulfilment
from domain.parcel import ParcelLine, ParcelStage, ParcelState
from domain.payment import AUTHENTICATION_REQUIRED
from domain.state import LineState, OrderState, Rest
from domain.steps import Authorise, Capture, Gateway, Label, LookUpCharge, Refund, Tell, Void, VoidLabel


def waits_for(state: OrderState, now: datetime) -> tuple[str, ...]:
    """One sentence for each thing, what stops the order first; none once nothing of it is open."""
    if not (state.status.open or state.rests):
        return ()
    told = (_holds(state), _payments(state), _rests(state, now), _address(state), _handover(state))
    open_lines = (_chosen(state), _lines(state, now), _law(state), _stale(state))
    return tuple(sentence for part in (*told, *open_lines) for sentence in part)


def moment(at: datetime, time_zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(time_zone)):%Y-%m-%d %H:%M %Z}"


def contents(lines: tuple[ParcelLine, ...]) -> str:
    """What is in a parcel: the first three products by name."""
    named = [f"{line.quantity} × {line.sku}" for line in lines[:3]]
    more = [f"{len(lines) - 3} more products"] if len(lines) > 3 else []  # noqa: PLR2004 - the three
    return ", ".join(named + more)


def _holds(state: OrderState) -> Iterator[str]:
    if state.held is not None:
        since = moment(state.held.at, state.time_zone)
        yield f"Held by {state.held.by} since {since}: nothing of it ships until it is released."
    if state.law_hold_until is not None:
        until = moment(state.law_hold_until, state.time_zone)
        yield f"Past its legal deadline: operations may look until {until}, then the law ends it."
    if state.paused:
        yield "Shipping is paused for the whole shop."


def _payments(state: OrderState) -> Iterator[str]:
    for parcel in state.parcels:
        if parcel.owed:
            yield (
                f"Parcel {parcel.number} left and could not be charged ({_code(parcel)}): "
                "another payment method, or a settlement by operations, ends that."
            )
        elif parcel.declined_at is not None and parcel.undoable:
            yield f"The payment for parcel {parcel.number} was declined ({_code(parcel)}). {_asked(parcel)}"
            yield _after_the_decline(state, parcel, parcel.declined_at)


def _code(parcel: ParcelState) -> str:
    return parcel.decline_code or "no reason given"


def _asked(parcel: ParcelState) -> str:
    if parcel.decline_code == AUTHENTICATION_REQUIRED:
        return "The customer is asked to confirm it with the bank, or to pay another way."
    return "The customer is asked for another payment method."


def _after_the_decline(state: OrderState, parcel: ParcelState, declined_at: datetime) -> str:
    retry = dunning.retry_at(state.terms, parcel)
    ends = moment(dunning.grace_ends(state.terms, declined_at), state.time_zone)
    again = (
        f"The same method is tried again at {moment(retry, state.time_zone)}."
        if retry
        else "The same method is not tried again."
    )
    return f"{again} Its units stay claimed until {ends}; then they go to the next in line."


def _rests(state: OrderState, now: datetime) -> Iterator[str]:
    for rest in state.rests:
        who, doing = _reaching(life.resting_step(state, rest.what, now))
        yield _refused(state, rest, who, doing) if rest.refused else _away(state, rest, who, doing)


def _away(state: OrderState, rest: Rest, who: str, doing: str) -> str:
    tries = counted(rest.failures, "time")
    return f"{who} is out of reach: to {doing} was tried {tries}, next try {moment(rest.retry_at, state.time_zone)}."


def _refused(state: OrderState, rest: Rest, who: str, doing: str) -> str:
    again = moment(rest.retry_at, state.time_zone)
    return f"{who} refuses to {doing} ({rest.refused}): a person must look. Asked again at {again}."


def _reaching(step: Gateway | None) -> tuple[str, str]:  # noqa: PLR0911 - one row a step
    """Who is asked, and for what."""
    match step:
        case Authorise(parcel):
            return "The payment provider", f"hold the money for parcel {parcel}"
        case Capture(parcel):
            return "The payment provider", f"take the money for parcel {parcel}"
        case Void(parcel):
            return "The payment provider", f"free the money held for parcel {parcel}"
        case Label(parcel):
            return "The carrier", f"buy the label of parcel {parcel}"
        case VoidLabel(parcel):
            return "The carrier", f"take back the label of parcel {parcel}"
        case Refund() | LookUpCharge():
            return "The payment provider", "give money back"
        case Tell(kind):
            return "The mail server", f"send the e-mail “{kind}”"
    return "The outside", "take the next step"


def _address(state: OrderState) -> Iterator[str]:
    parcel = state.parcel
    if parcel is not None and parcel.address_refused and parcel.undoable:
        yield f"No carrier delivers parcel {parcel.number} to its address. The customer is asked for another one."


def _handover(state: OrderState) -> Iterator[str]:
    parcel = state.parcel
    if parcel is not None and parcel.stage is ParcelStage.READY and not parcel.payment_wanted:
        yield f"Parcel {parcel.number} has its label and waits for the warehouse to hand it over."


def _chosen(state: OrderState) -> Iterator[str]:
    until = choice.deadline(state)
    if until is not None:
        yield (
            "The customer was asked: what is here now, or all of it together? "
            f"Without an answer by {moment(until, state.time_zone)} all of it goes together."
        )


def _lines(state: OrderState, now: datetime) -> Iterator[str]:
    for line in state.lines:
        if line.backordered:
            yield f"{_units(line.backordered, line)}: not here yet; {_expected(line)}."
        if line.allocated:
            yield f"{_units(line.allocated, line)}: here, {_kept_back(state, line, now)}."


def _units(number: int, line: LineState) -> str:
    return f"{counted(number, 'unit')} of {line.sku}"


def _expected(line: LineState) -> str:
    if line.promised_on is None:
        return "no supply with a date is known"
    return f"expected to ship by {line.promised_on}"


def _kept_back(state: OrderState, line: LineState, now: datetime) -> str:
    """Why units that are in the building stay there."""
    if state.paused or state.held is not None:
        return "and stopped with the order"
    today = now.astimezone(ZoneInfo(state.time_zone)).date()
    if line.release_on is not None and line.release_on > today:
        return f"and not released before {line.release_on}"
    if state.parcel is not None:
        return f"and packed once parcel {state.parcel.number} is on its way"
    if not state.backordered_units or parcels.claimable(state, now):
        return "and packed next"
    if choice.deadline(state) is not None:
        return "until the customer has chosen"
    return f"and waits for the rest, {_together(state)}"


def _together(state: OrderState) -> str:
    if state.fulfilment is Fulfilment.SPLIT:
        return "because its worth or its product keeps it in one parcel"
    return "because the order goes together"


def _law(state: OrderState) -> Iterator[str]:
    under = waiting.standing(state)
    if under is None or not (state.backordered_units or state.allocated_units):
        return
    if under.deadline is None:
        yield "By law it may wait without a date: the customer agreed."
    elif under.told is None:
        yield f"By law it must ship by {under.deadline}, or the customer is asked whether to wait."
    elif under.lapses_at is not None:
        until = moment(under.lapses_at, state.time_zone)
        yield f"By law the customer was asked whether to wait: without a yes the order ends at {until}."
    else:
        yield f"It is late by law since {under.deadline}: the customer was asked, and may cancel."


def _stale(state: OrderState) -> Iterator[str]:
    ends = waiting.warned_of(state)
    if ends is not None:
        yield f"It has waited too long, and the customer was told so: it ends at {moment(ends, state.time_zone)}."
