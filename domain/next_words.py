"""What a waiting order does by itself, and when, in words."""

from domain import dunning, waiting
from domain.parcel import ParcelStage
from domain.state import OrderState
from domain.steps import Wait


def comes(state: OrderState, wait: Wait) -> str:
    """What ends this wait, if nothing comes before."""
    match wait.what:
        case "payment_retry":
            return _payment(state, wait)
        case "delay_deadline":
            return _law(state, wait)
        case "stale":
            return _stale(state, wait)
    return _WORDS.get(wait.what, wait.what)


_WORDS = {
    "update": "the regular e-mail to the customer",
    "choice_deadline": "without an answer by then, all of it goes together",
    "gateway_retry": "another try of what was out of reach",
    "release": "the release of its goods",
    "inventory": "nothing by itself: stock, or a word from somebody",
    "handlers": "the answers that are still owed",
}


def _payment(state: OrderState, wait: Wait) -> str:
    parcel = state.parcel
    if parcel is None or parcel.declined_at is None:
        ready = parcel is not None and parcel.stage is ParcelStage.READY
        return "the money held for its parcel is held anew" if ready else "another try of its payment"
    if wait.until == dunning.grace_ends(state.terms, parcel.declined_at):
        return "without a payment by then, its units go to the next in line"
    return "another try of its payment"


def _law(state: OrderState, wait: Wait) -> str:
    under = waiting.standing(state)
    asks = under is not None and wait.until == under.notice_at
    return (
        "the customer is asked whether to wait, as the law wants it" if asks else "the law's end of the wait"
    )


def _stale(state: OrderState, wait: Wait) -> str:
    warned = waiting.warned_of(state)
    ends = warned is not None and wait.until == warned
    return "the end of a wait that got too long" if ends else "the warning of a wait that gets too long"
