"""What ends a wait by itself: the law on delays, staleness, a product that never comes again; and the word before it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from domain.cancellation import Cancellation, CancelledLine, Reason
from domain.delays import RULES, USUAL_DAYS, Standing, end_of
from domain.notices import Kind
from domain.policy import Law
from domain.state import OrderState
from domain.steps import CancelWaiting, HoldForLaw, Tell, Wait

HOLD_FOR = timedelta(hours=24)
"""So long operations may look at an order whose legal deadline passed while the shop was down."""

BY_LAW, BY_ITSELF = "law", "backorder"
"""Who cancels what the law ends, and what ends otherwise."""

_IN_TIME = timedelta(hours=1)

_ABOUT_DATES = {Kind.PROMISE_MOVED, Kind.DELAY_OPTION, Kind.DELAY_RENEWED}


def ends(state: OrderState, now: datetime) -> CancelWaiting | HoldForLaw | None:
    """What ends the wait now."""
    if not _lives_by_these_rules(state):
        return None
    given_up = {line.sku: min(line.given_up, line.backordered) for line in state.lines}
    if any(given_up.values()):
        return _cancel(Reason.DISCONTINUED, BY_ITSELF, given_up)
    return _lapsed(state, now) or _stale(state, now)


def ends_itself(cancellation: Cancellation) -> bool:
    """Whether nobody asked for it but these rules."""
    reasons = {Reason.DISCONTINUED, Reason.STALE, Reason.DELAY_NOT_ACCEPTED}
    return cancellation.requested_by in {BY_LAW, BY_ITSELF} and cancellation.reason in reasons


def still_ends(state: OrderState, cancellation: Cancellation, now: datetime) -> bool:
    """Whether the rules say the same of what is known by now: what they saw may have been overtaken by stock."""
    end = ends(state, now)
    return isinstance(end, CancelWaiting) and (end.reason, end.lines) == (
        cancellation.reason,
        cancellation.lines,
    )


def notice(state: OrderState, now: datetime) -> Tell | None:
    """The word that is due before a wait ends: the law's first."""
    if not _lives_by_these_rules(state):
        return None
    under = _late_under(state)
    at = under.notice_at if under else None
    if under is not None and at is not None and at <= now and not _over(under, now):
        return Tell(Kind.DELAY_RENEWED if state.delays else Kind.DELAY_OPTION, str(under.number))
    warning = stale_warning(state)
    if warning is not None and warning.until is not None and warning.until <= now:
        return Tell(Kind.STALE_WARNING, _occasion(state))
    return None


def moments(state: OrderState) -> Iterator[Wait]:
    """When something of this falls due."""
    if not _lives_by_these_rules(state) or not (state.backordered_units or state.allocated_units):
        return
    under = _late_under(state)
    if under is not None:
        yield Wait("delay_deadline", under.notice_at)
        yield Wait("delay_deadline", under.lapses_at)
        yield Wait("delay_deadline", state.law_hold_until)
    yield from filter(None, [stale_warning(state)])
    yield Wait("stale", _stale_ends_at(state))


def standing(state: OrderState) -> Standing | None:
    """How the order stands under the law; None when no law is asked."""
    if state.law is Law.NONE or state.accepted_at is None:
        return None
    accepted_on = state.accepted_at.astimezone(ZoneInfo(state.time_zone)).date()
    stated = state.decision.promised_on if state.decision else None
    return Standing(
        rule=RULES[state.law],
        first_deadline=stated or accepted_on + timedelta(days=USUAL_DAYS),
        delays=state.delays,
        expected_on=state.expected_on,
        time_zone=state.time_zone,
    )


def held_for_law(state: OrderState) -> bool:
    """Whether operations may look at it before the law's default applies."""
    return state.law_hold_until is not None and _late_under(state) is not None


def stale_at(state: OrderState) -> datetime | None:
    """When a wait has become too long: so many days past the promise, or without one; not while a person looks at it.

    Without one: since it was accepted, or since the customer last heard that a date moved or is not known any more.
    A customer who chose to go on waiting, or a release, begins it anew.
    """
    looked_at = state.held is not None or state.law_hold_until is not None
    if looked_at or state.accepted_at is None or not state.backordered_units:
        return None
    without, past = state.terms.stale_after_days_without_promise, state.terms.stale_after_days_past_promise
    day = state.promised_on or state.expected_on  # a first date is known before it is told
    if day is None:
        heard = (notice.at for notice in state.notices if notice.kind in _ABOUT_DATES)
        since = max([state.accepted_at, *heard, *filter(None, [state.kept_at])])
        return None if without is None else since + timedelta(days=without)
    if past is None:
        return None
    kept_on = state.kept_at.astimezone(ZoneInfo(state.time_zone)).date() if state.kept_at else day
    return end_of(max(day, kept_on) + timedelta(days=past), state.time_zone)


def stale_warning(state: OrderState) -> Wait | None:
    """The moment of the warning; None once it was given."""
    at = stale_at(state)
    if at is None or state.told(Kind.STALE_WARNING, _occasion(state)):
        return None
    return Wait("stale", at - timedelta(days=state.terms.stale_warning_days))


def warned_of(state: OrderState) -> datetime | None:
    """When the order ends as stale, once its customer was told so."""
    return _stale_ends_at(state)


def _lives_by_these_rules(state: OrderState) -> bool:
    """They are for orders of their own edition."""
    return state.edition > 1 and state.status.open


def _late_under(state: OrderState) -> Standing | None:
    """The law under which units that are in no parcel yet can be late, whether they lack or may not leave."""
    return standing(state) if state.backordered_units + state.allocated_units else None


def _over(under: Standing, now: datetime) -> bool:
    """Whether the law's default has come: no notice mends that any more."""
    return under.lapses_at is not None and now >= under.lapses_at


def _lapsed(state: OrderState, now: datetime) -> CancelWaiting | HoldForLaw | None:
    """The law's default; a deadline that passed untold, or while nobody was there, is shown to operations first."""
    under = _late_under(state)
    at = under.lapses_at if under else None
    if under is None or at is None or now < at:
        return None
    if state.law_hold_until is not None:
        over = now >= state.law_hold_until
        return _cancel_all(state, Reason.DELAY_NOT_ACCEPTED, BY_LAW) if over else None
    seen = under.told is not None and now <= at + _IN_TIME
    return _cancel_all(state, Reason.DELAY_NOT_ACCEPTED, BY_LAW) if seen else HoldForLaw()


def _stale(state: OrderState, now: datetime) -> CancelWaiting | None:
    at = _stale_ends_at(state)
    return _cancel_all(state, Reason.STALE, BY_ITSELF) if at is not None and now >= at else None


def _stale_ends_at(state: OrderState) -> datetime | None:
    """Never without the warning, nor sooner after it than it said."""
    at = stale_at(state)
    warned = (n.at for n in state.notices if (n.kind, n.occasion) == (Kind.STALE_WARNING, _occasion(state)))
    warned_at = next(warned, None)
    if at is None or warned_at is None:
        return None
    return max(at, warned_at + timedelta(days=state.terms.stale_warning_days))


def _occasion(state: OrderState) -> str:
    """A wait that got another limit is warned of anew."""
    at = stale_at(state)
    return "" if at is None else f"{at.astimezone(ZoneInfo(state.time_zone)):%Y-%m-%d}"


def _cancel_all(state: OrderState, reason: Reason, by: str) -> CancelWaiting:
    """All that still waits; a parcel that is on its way out goes."""
    waiting = {line.sku: line.backordered + line.allocated for line in state.lines}
    return _cancel(reason, by, waiting)


def _cancel(reason: Reason, by: str, units: dict[str, int]) -> CancelWaiting:
    lines = tuple(CancelledLine(sku=sku, quantity=count) for sku, count in units.items() if count)
    return CancelWaiting(reason, by, lines)
