"""What erasing a customer does, column by column: in words for the data dictionary, held to `store/erasing.py` by a test."""

from typing import Final

ERASED: Final = {
    "orders.body": "Name, e-mail, address and way to pay become `erased`, the id the new name; SKUs, units, prices and the country stay.",
    "orders.customer_id": "A new name without meaning, the same for all orders of the customer.",
    "orders.email": "An address to which no mail can go.",
    "orders.ship_to": "Only the country stays.",
    "orders.method": "`erased`.",
    "orders.unreadable": "When it came stays; its words go.",
    "orders.held": "Removed.",
    "orders.rests": "Removed.",
    "parcels.label_url": "Removed: the label shows name and address.",
    "payments.method": "`erased`.",
    "notices.error": "The mail server's status code stays; its words go.",
    "cancellations.body": "Names, addresses and ids are taken out of the note and of who asked.",
    "changes.body": "Names, addresses and ids are taken out; reasons stay.",
    "changes.requested_by": "The customer's name or id is taken out; support's and operations' stay.",
    "changes.outcome": "Names, addresses and ids are taken out.",
    "delays.answered_by": "The customer's name or id is taken out.",
    "events.body": "Names, addresses and ids are taken out.",
    "events.error": "Names, addresses and ids are taken out.",
    "reviews.digest": "Names, addresses and ids are taken out of what is said of these orders.",
}

PERSONAL_STAYS: Final = """\
- `orders.digest`, so that the id is never used for another order: a hash of the order as it was placed. It leads back
  to nobody; but who knows the whole order, payment token included, can tell that it was this one.
- `payments.reference`, `parcels.authorisation`, `parcels.tracking`, `parcels.label_id`: refunds, claims and the
  comparison of books go by them; only the provider or the carrier can tell whose they were.
- `lines`, `stock_ledger`, `quotes`, amounts and dates: they name an order, and the order names nobody any more.
- Whom the shop works with: its own people, as holders of tokens, in `changes.requested_by`, `delays.answered_by`,
  `operations` and `shop.paused`; suppliers in `suppliers.email`.
"""
