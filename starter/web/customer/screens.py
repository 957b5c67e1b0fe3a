"""The customer's screens, as templates and what they are told."""

from collections.abc import Mapping
from typing import Any

from fastapi.responses import Response

from gateways.payment_page import REFERENCE
from gateways.sandbox_payment_page import CARDS
from gateways.tracking import tracking_url
from starter.web import pages
from starter.web.customer import forms, shown
from starter.web.customer.forms import Faults, Form
from starter.web.customer.opening import Opened
from starter.web.customer.results import Result
from starter.web.customer.tongue import Tongue
from starter.web.house import House

_UNLISTED = {"X-Robots-Tag": "noindex, nofollow"}
_SOON = {"Retry-After": "30"}


def order(
    house: House,
    opened: Opened,
    status: int,
    seal: str,
    result: Result | None,
    faults: Mapping[str, Faults],
    typed: Form,
) -> Response:
    """The order's page; `faults` by form, and what was typed there."""
    sent: dict[str, Any] = {"seal": seal, "result": result, "faults": faults, "typed": typed}
    cards = house.payment_page is not None
    return _html(
        house, opened.tongue, "order.html", status, **_standing(opened), **_FORMS, **sent, cards=cards
    )


_FORMS: dict[str, Any] = {"tracking_url": tracking_url, "reasons": forms.REASONS, "field": forms.field}


def _standing(opened: Opened) -> dict[str, Any]:
    """Where the order stands, and what may be asked of it."""
    state = opened.page.state
    return {
        "token": opened.token,
        "page": opened.page,
        "state": state,
        "offers": opened.offers,
        "headline": shown.headline(state, opened.offers),
        "steps": shown.steps(opened.page),
        "late": shown.is_late(state, opened.now),
        "warned": shown.warned_on(state, opened.now),
        "parcels": [parcel for parcel in state.parcels if parcel.sent],
        "today": shown.today(state, opened.now),
        "asked": {question.about.value: question for question in opened.offers.questions},
        "titles": {line.sku: line.title or line.sku for line in state.lines},
    }


def card(house: House, opened: Opened, reference: str) -> Response:
    """Whether to use what was given at the provider's page."""
    return _html(
        house, opened.tongue, "card.html", 200, token=opened.token, name=REFERENCE, reference=reference[:300]
    )


def sandbox(house: House, opened: Opened) -> Response:
    return _html(
        house, opened.tongue, "sandbox_card.html", 200, token=opened.token, cards=CARDS, name=REFERENCE
    )


def leaving(house: House, opened: Opened, url: str) -> Response:
    """On the way to the provider: a redirect after a form may be stopped by the page's own policy, this is not."""
    return _html(house, opened.tongue, "leaving.html", 200, token=opened.token, url=url)


def again(house: House, tongue: Tongue, action: str, form: Form | None) -> Response:
    """Out of reach for the moment; what was sent can be sent again as it is."""
    return _html(house, tongue, "again.html", 503, _SOON, action=action, form=form)


def shut(house: House, tongue: Tongue, status: int) -> Response:
    """The link opens nothing; nothing is told of any order."""
    return _html(house, tongue, "shut.html", status, why=status)


def _html(
    house: House,
    tongue: Tongue,
    template: str,
    code: int,
    headers: Mapping[str, str] | None = None,
    **words: object,
) -> Response:
    told: dict[str, Any] = {"tongue": tongue, "shop_name": house.settings.shop_name, **words}
    return pages.html(f"customer/{template}", code, headers=_UNLISTED | dict(headers or {}), **told)
