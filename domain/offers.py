"""What an order's customer may do now, and which answer is awaited; a door offers nothing else."""

from collections.abc import Iterator
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from domain import changes, choice, dunning, waiting
from domain.choice import Wish
from domain.delays import Delay, Silence
from domain.errors import ChangeRefused
from domain.model import Model
from domain.money import Money
from domain.notices import last_full_day
from domain.order import Timing
from domain.parcel import ParcelState
from domain.payment import AUTHENTICATION_REQUIRED
from domain.state import LineState, OrderState


class Asked(StrEnum):
    """What the customer is asked for."""

    PAYMENT = "payment"
    AUTHENTICATION = "authentication"
    ADDRESS = "address"
    CHOICE = "choice"
    CONSENT = "consent"


class Question(Model):
    """An answer that is awaited; `by`: the last day for it, where there is one."""

    about: Asked
    by: date | None = None
    amount: Money | None = None
    """What is to be paid."""
    sent: bool = False
    """Whether the goods have left already."""


class Offers(Model):
    """What may be asked for now."""

    cancel: dict[str, int] = {}
    """Units that can be cancelled, by SKU; lines of which none can are left out."""
    choose: tuple[Wish, ...] = ()
    consent: Delay | None = None
    """The option notice to be answered."""
    keep: bool = False
    """A customer who was warned may go on waiting."""
    address: bool = False
    pay: bool = False
    """Another payment method would still be used."""
    questions: tuple[Question, ...] = ()
    """The awaited answers, the most pressing first."""


def offers(state: OrderState, now: datetime) -> Offers:
    """All that the rules would not refuse now."""
    return Offers(
        cancel=_cancellable(state),
        choose=tuple(_choices(state)),
        consent=_unanswered(state),
        keep=state.backordered_units > 0 and waiting.warned_of(state) is not None,
        address=state.status.open and state.open_units > 0,
        pay=_pays_later(state),
        questions=tuple(_questions(state, now)),
    )


def _cancellable(state: OrderState) -> dict[str, int]:
    if not state.status.open:
        return {}
    undoable = state.parcel is None or state.parcel.undoable
    units = {line.sku: _units(line, undoable=undoable) for line in state.lines}
    return {sku: count for sku, count in units.items() if count}


def _units(line: LineState, *, undoable: bool) -> int:
    return line.backordered + line.allocated + (line.claimed if undoable else 0)


def _choices(state: OrderState) -> Iterator[Wish]:
    """Only once the customer was asked, and while nobody has answered."""
    if choice.deadline(state) is None:
        return
    for wish in Wish:
        try:
            choice.check(state, wish)
        except ChangeRefused:
            continue
        yield wish


def _unanswered(state: OrderState) -> Delay | None:
    """The latest option notice, while units can still be late and silence would answer for the customer."""
    latest = state.delays[-1] if state.delays else None
    if latest is None or latest.accepted is not None or latest.silence is Silence.NOTHING:
        return None
    return latest if state.status.open and state.backordered_units + state.allocated_units else None


def _pays_later(state: OrderState) -> bool:
    """What was charged at order is not charged again."""
    try:
        changes.check_payable(state)
    except ChangeRefused:
        return False
    return state.timing is Timing.AT_SHIPMENT


def _questions(state: OrderState, now: datetime) -> Iterator[Question]:
    if not state.status.open:
        return
    for parcel in state.parcels:
        if parcel.payment_wanted and not parcel.new_method:
            yield _to_pay(state, parcel, now)
    if any(parcel.address_refused and parcel.undoable for parcel in state.parcels):
        yield Question(about=Asked.ADDRESS)
    deadline = choice.deadline(state)
    if deadline is not None and state.open_units:
        by = _not_past(last_full_day(deadline, state.time_zone), state, now)
        yield Question(about=Asked.CHOICE, by=by)
    delay = _unanswered(state)
    if delay is not None:
        yield Question(about=Asked.CONSENT, by=_not_past(delay.answer_by, state, now))


def _to_pay(state: OrderState, parcel: ParcelState, now: datetime) -> Question:
    authentication = parcel.decline_code == AUTHENTICATION_REQUIRED
    grace = parcel.declined_at and not parcel.sent and dunning.grace_ends(state.terms, parcel.declined_at)
    return Question(
        about=Asked.AUTHENTICATION if authentication else Asked.PAYMENT,
        by=_not_past(last_full_day(grace, state.time_zone), state, now) if grace else None,
        amount=Money(minor=parcel.amount_minor, currency=state.currency),
        sent=parcel.sent,
    )


def _not_past(day: date | None, state: OrderState, now: datetime) -> date | None:
    """No day that is over: an answer still counts on what is left of the next one, and while operations look at it."""
    today = now.astimezone(ZoneInfo(state.time_zone)).date()
    return day if day and day >= today else None
