"""Which of Stripe's calls a request is."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from tests.fakes.stripe_books import StripeBooks
from tests.fakes.stripe_shapes import Body, Form, Intent, Refused, expanded

Work = Callable[[datetime], Body]


def route(books: StripeBooks, method: str, path: str, form: Form, key: str) -> tuple[str, Work]:
    """The operation in the words of our faults, and what does it."""
    _, _, *names = path.split("/")
    if method == "POST":
        return _write(books, names, form, key)
    if len(names) == 1:
        return _list(books, path, form)
    return _read(books, names, form)


def _write(books: StripeBooks, names: list[str], form: Form, key: str) -> tuple[str, Work]:
    match names:
        case ["payment_intents"]:
            operation = "authorise" if form["capture_method"] == "manual" else "charge"
            return operation, lambda now: books.create(form, key, now)
        case ["payment_intents", name, "capture"]:
            return "capture", lambda now: books.capture(name, form, now)
        case ["payment_intents", name, "cancel"]:
            return "void", lambda now: books.cancel(name, key, now)
        case ["refunds"]:
            return "refund", lambda now: books.refund(form, now)
        case ["checkout", "sessions"]:
            return "checkout", lambda now: books.checkout.create(form, now)
    raise Refused(404, "url_invalid", saved=False)


def _read(books: StripeBooks, names: list[str], form: Form) -> tuple[str, Work]:
    match names:
        case ["payment_methods", name]:
            return "method", lambda _: books.method(name)
        case ["payment_intents", "search"]:
            return "find", lambda now: _found(books.searched(form["query"], now), expanded(form))
        case ["payment_intents", name]:
            return "find", lambda now: books.intent(name, now).shown(expanded(form))
        case ["checkout", "sessions", name]:
            return "session", lambda now: books.checkout.retrieve(name, form, now)
    raise Refused(404, "url_invalid")


def _list(books: StripeBooks, path: str, form: Form) -> tuple[str, Work]:
    match path.rpartition("/")[2]:
        case "payment_intents":
            more, customer = expanded(form), form.get("customer")
            return "find", lambda now: _page(
                path, form, books.intents_of(customer, now), lambda one: one.shown(more)
            )
        case "refunds":
            return "find", lambda _: _page(path, form, books.refunds_of(form["payment_intent"]))
        case "balance_transactions":
            since, until = int(form["created[gte]"]), int(form["created[lt]"])
            return "entries", lambda _: _page(path, form, books.moves_between(since, until))
    raise Refused(404, "url_invalid")


def _page(path: str, form: Form, rows: Sequence[Any], shown: Callable[[Any], Body] = lambda row: row) -> Body:
    ids = [row.id if isinstance(row, Intent) else row["id"] for row in rows]
    first = ids.index(form["starting_after"]) + 1 if "starting_after" in form else 0
    last = first + int(form.get("limit", 10))
    data = [shown(row) for row in rows[first:last]]
    return {"object": "list", "url": path, "data": data, "has_more": last < len(rows)}


def _found(intents: list[Intent], more: str) -> Body:
    data = [intent.shown(more) for intent in intents]
    return {"object": "search_result", "data": data, "has_more": False, "next_page": None}
