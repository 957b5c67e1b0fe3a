"""A line's history in words that can be read to a customer."""

from collections import Counter
from collections.abc import Callable, Iterable

from domain.explanation import ByHand, HandOut, What
from domain.line_story import Step
from domain.places import HandMove, Standing

_CLASSES = {"vip": "VIP", "need_by": "need-by"}


def named(priority: str) -> str:
    """A priority as one says it."""
    return _CLASSES.get(priority, priority)


def counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def words(step: Step, mine: Standing) -> str:
    """What happened, and what came of it for the line."""
    head, came_of_it = _HEADS[step.what](step, mine), _came_of_it(step)
    return f"{head}: {came_of_it}" if came_of_it else head


def _came_of_it(step: Step) -> str:
    if step.what in _OWN_DOING or not (step.handed_out or step.units):
        return ""
    if step.units < 0:
        return f"{-step.units} taken back from this one, {step.needs} needed now"
    shared = step.handed_out or HandOut(units=step.units, to_others=0, others=0, to_this=step.units)
    return ", ".join([*_shares(step, shared), f"{step.needs} still needed" if step.needs else "it has all"])


def _shares(step: Step, shared: HandOut) -> Iterable[str]:
    if step.what in {What.OTHER_CANCELLED, What.OTHER_REJECTED}:
        yield f"{shared.units} freed"
    if shared.to_others:
        yield f"{shared.to_others} went to {counted(shared.others, 'order')} ahead"
    if shared.to_this:
        yield f"{shared.to_this} to this one" if shared.to_others else f"{shared.to_this} went to this one"


def _placed(step: Step, mine: Standing) -> str:
    ordered = sum(row.backordered for row in step.own if row.kind == "ordered")
    known_late = mine.placed_at.date() < step.at.date()
    head = f"Entered the queue, placed {mine.placed_at:%Y-%m-%d}" if known_late else "Placed"
    if not step.units:
        return f"{head}: {ordered} needed, none at once"
    at_once = f"{step.units} of {ordered} at once" if step.needs else f"all {ordered} at once"
    return f"{head}: {at_once}" + (f", {step.needs} needed" if step.needs else "")


def _packed(step: Step, _: Standing) -> str:
    return f"{sum(row.claimed for row in step.own)} packed into parcel {step.own[0].parcel}"


def _shipped(step: Step, _: Standing) -> str:
    return f"Parcel {step.own[0].parcel} shipped with {sum(row.shipped for row in step.own)}"


def _cancelled(step: Step, _: Standing) -> str:
    undone = "".join(f"Parcel {row.parcel} undone, " for row in step.own if row.kind == "undone")
    why = f" ({step.source.reason.replace('_', ' ')})" if step.source.reason else ""
    return f"{undone}{sum(row.cancelled for row in step.own)} of it cancelled{why}"


def _rejected(step: Step, _: Standing) -> str:
    return f"Not accepted after all: {sum(row.cancelled for row in step.own)} given up"


def _received(step: Step, _: Standing) -> str:
    return f"Receipt {step.source.change_id}, {step.source.units} came in"


def _adjusted(step: Step, _: Standing) -> str:
    change = "added" if step.source.units > 0 else "taken off"
    return f"Adjustment {step.source.change_id}, {abs(step.source.units)} {change}"


def _moved(step: Step, _: Standing) -> str:
    return f"Moved by hand {by_hand(step.move)}" if step.move else "Moved by hand"


def by_hand(move: HandMove | ByHand) -> str:
    """Where an order was put, by whom and why."""
    to = "back to its own place"
    if move.days:
        to = f"{counted(abs(move.days), 'day')} {'ahead of' if move.days > 0 else 'behind'} its own place"
    return f"{to}, by {move.by} ({move.reason})"


def _other_moved(step: Step, _: Standing) -> str:
    to = ""
    if step.was and step.place and step.was != step.place:
        to = " ahead of it" if step.place > step.was else " behind it"
    return f"Order {step.order_ids[0]} was moved{to} by hand"


def _entered(step: Step, mine: Standing) -> str:
    if len(step.others) > 1:
        sorts = Counter(named(who.priority) for who in step.others)
        named_sorts = ", ".join(f"{number} {sort}" for sort, number in sorts.items())
        return f"{len(step.others)} orders entered ahead ({named_sorts})"
    who = step.others[0]
    sort = "order" if who.priority == "standard" else f"{named(who.priority)} order"
    sooner = ", placed earlier," if who.placed_at < mine.placed_at else ""
    return f"{sort[0].upper()}{sort[1:]} {who.order_id}{sooner} entered ahead"


def _packed_ahead(step: Step, _: Standing) -> str:
    if len(step.order_ids) > 1:
        return f"{len(step.order_ids)} orders ahead were packed"
    return f"Order {step.order_ids[0]} ahead was packed"


def _back_ahead(step: Step, _: Standing) -> str:
    return f"Order {step.order_ids[0]} is ahead again, its parcel undone"


def _other_cancelled(step: Step, _: Standing) -> str:
    if len(step.order_ids) > 1:
        return f"{len(step.order_ids)} orders ahead cancelled units"
    return f"Order {step.order_ids[0]} cancelled {counted(step.source.units, 'unit')}"


def _other_rejected(step: Step, _: Standing) -> str:
    return f"Order {step.order_ids[0]} was not accepted after all"


def _dealt_anew(_: Step, __: Standing) -> str:
    return "Units were dealt anew"


_OWN_DOING = {What.PLACED, What.PACKED, What.SHIPPED, What.CANCELLED, What.REJECTED}
_HEADS: dict[What, Callable[[Step, Standing], str]] = {
    What.PLACED: _placed,
    What.REJECTED: _rejected,
    What.MOVED_BY_HAND: _moved,
    What.PACKED: _packed,
    What.SHIPPED: _shipped,
    What.CANCELLED: _cancelled,
    What.RECEIVED: _received,
    What.ADJUSTED: _adjusted,
    What.ENTERED_AHEAD: _entered,
    What.BACK_AHEAD: _back_ahead,
    What.PACKED_AHEAD: _packed_ahead,
    What.OTHER_CANCELLED: _other_cancelled,
    What.OTHER_REJECTED: _other_rejected,
    What.OTHER_MOVED_BY_HAND: _other_moved,
    What.DEALT_ANEW: _dealt_anew,
}
