"""One box for everything: what a word of a person at the desk may mean."""

from enum import StrEnum

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from domain.model import Model
from store import listing
from store.listing import Listed
from store.tables import OrderRow, ProductRow

MOST = 50
"""Hits of one search; who gets so many should ask more precisely."""

_LAST = "z" * 64
"""What sorts behind every end of an id, by bytes and in the order of a language."""


class Hit(StrEnum):
    """How the orders that were found match the word."""

    ORDER = "order"
    CUSTOMER = "customer"
    EMAIL = "email"
    BEGINNING = "beginning"


class Found(Model):
    """What a word means: a SKU, orders, or both. `more`: there are others than those shown."""

    sku: str | None = None
    by: Hit | None = None
    orders: tuple[Listed, ...] = ()
    more: bool = False

    @property
    def single_order(self) -> str | None:
        """Where there is nothing to choose."""
        only = self.sku is None and len(self.orders) == 1
        return self.orders[0].order_id if only else None


def search(session: Session, word: str) -> Found:
    """By order id, SKU, customer id or e-mail address; else orders whose id begins so. Every way has its index."""
    if "@" in word:
        return _orders(session, Hit.EMAIL, word)
    sku = session.scalar(select(ProductRow.sku).where(ProductRow.sku == word))
    for hit in (Hit.ORDER, Hit.CUSTOMER, Hit.BEGINNING):
        found = _orders(session, hit, word)
        if found.orders or (sku and hit is Hit.CUSTOMER):
            return found.model_copy(update={"sku": sku})
    return Found(sku=sku)


def _orders(session: Session, hit: Hit, word: str) -> Found:
    ids = list(session.scalars(_ids(hit, word).order_by(OrderRow.order_id).limit(MOST + 1)))
    shown = ids[:MOST]
    return Found(by=hit, orders=listing.of_ids(session, shown), more=len(ids) > len(shown))


def _ids(hit: Hit, word: str) -> Select[str]:
    own = select(OrderRow.order_id)
    match hit:
        case Hit.ORDER:
            return own.where(OrderRow.order_id == word)
        case Hit.CUSTOMER:
            return own.where(OrderRow.customer_id == word)
        case Hit.EMAIL:
            return own.where(OrderRow.email == word.lower())
        case Hit.BEGINNING:
            return own.where(*_begins(word))


def _begins(word: str) -> tuple[ColumnElement[bool], ...]:
    """A stretch of the key's own index; in a language's order others lie between, so each is looked at."""
    within = OrderRow.order_id.between(word, word + _LAST)
    return (within, func.substr(OrderRow.order_id, 1, len(word)) == word)
