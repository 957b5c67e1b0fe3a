"""The customer's page: looking changes nothing, and each wish has a door of its own."""

import asyncio
from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.exc import DBAPIError

from gateways.errors import GatewayError
from starter.errors import BadInput, OutOfReach
from starter.web.bodies import NotRead
from starter.web.customer import forms, screens
from starter.web.customer.forms import Faults, Form
from starter.web.customer.opening import Opened, Shut, open_link
from starter.web.customer.results import Result, Seals, What
from starter.web.customer.tongue import of_browser
from starter.web.customer.wishes import NotNow, Wishes
from starter.web.house import House

PATIENCE = 15.0
"""Seconds that a customer is left waiting for an answer; the same form sent again is the same wish."""

Act = Callable[[Opened, Form], Awaitable[Result | Faults]]


def router(house: House, patience: float = PATIENCE) -> APIRouter:
    """`/o/<token>`: the page; below it, what it sends. `patience`: seconds to wait for an answer."""
    doors, desk = APIRouter(prefix="/o"), _Desk(house, patience)
    looks = {"": desk.show, "/card": desk.show_card, "/sandbox-card": desk.show_sandbox}
    for path, look in looks.items():
        doors.add_api_route(f"/{{token}}{path}", look, methods=["GET", "HEAD"])
    wishes = desk.wishes
    acts: dict[str, Act] = {
        "cancel": wishes.cancel,
        "choose": wishes.choose,
        "consent": wishes.consent,
        "keep": wishes.keep,
        "address": wishes.address,
        "payment-method": wishes.payment_method,
    }
    for name, act in acts.items():
        doors.add_api_route(f"/{{token}}/{name}", desk.door(name, act), methods=["POST"])
        doors.add_api_route(f"/{{token}}/{name}", desk.back, methods=["GET", "HEAD"])
    doors.add_api_route("/{token}/payment-page", desk.leave, methods=["POST"])
    doors.add_api_route("/{token}/payment-page", desk.back, methods=["GET", "HEAD"])
    return doors


class _Desk:
    """Shows pages and takes forms."""

    def __init__(self, house: House, patience: float) -> None:
        self._house = house
        self._patience = patience
        self._sealing: Seals | None = None
        self.wishes = Wishes(house, lambda: self._seals)

    @property
    def _seals(self) -> Seals:
        """Made when first needed: a shop whose secret is missing says so where it is asked for."""
        self._sealing = self._sealing or Seals(self._house.settings.secret)
        return self._sealing

    async def show(self, token: str, request: Request, r: str = "") -> Response:
        """The order's page, with what came of the last wish."""

        async def page(opened: Opened) -> Response:
            return self._page(opened, result=self._seals.read_result(opened.order_id, r))

        return await self._opened(token, request, page)

    async def show_card(self, token: str, request: Request, ref: str = "") -> Response:
        """Back from the provider: the customer says whether to use what was given there."""

        async def page(opened: Opened) -> Response:
            return screens.card(self._house, opened, ref)

        return await self._opened(token, request, page)

    async def show_sandbox(self, token: str, request: Request) -> Response:
        """The sandbox's own page for payment methods; there is none where real money is taken."""

        async def page(opened: Opened) -> Response:
            if self._house.settings.payment != "sandbox" or not opened.offers.pay:
                raise Shut(404)
            return screens.sandbox(self._house, opened)

        return await self._opened(token, request, page)

    async def leave(self, token: str, request: Request) -> Response:
        """To the provider's page."""

        async def page(opened: Opened) -> Response:
            cards = self._house.payment_page
            if cards is None or not opened.offers.pay:
                return self._see(opened, Result(what=What.OVERTAKEN))
            url = self._house.links.order_page(opened.order_id)
            try:
                async with asyncio.timeout(self._patience):
                    there = await cards.open(opened.order_id, opened.page.state.currency, url)
            except (GatewayError, TimeoutError):
                return screens.again(self._house, opened.tongue, f"/o/{token}/payment-page", {})
            return screens.leaving(self._house, opened, there)

        return await self._opened(token, request, page)

    def back(self, token: str) -> Response:
        """Whoever comes to a form's address without a form is sent to the page."""
        return RedirectResponse(f"/o/{token}", 303)

    def door(self, name: str, act: Act) -> Callable[[str, Request], Awaitable[Response]]:
        """A door for one kind of wish."""

        async def take(token: str, request: Request) -> Response:
            async def page(opened: Opened) -> Response:
                form = await forms.read(request)
                try:
                    return await self._taken(opened, name, form, act)
                except BadInput:
                    return self._see(opened, Result(what=What.FORM_OLD))
                except (OutOfReach, NotNow, TimeoutError, DBAPIError, GatewayError):
                    return screens.again(self._house, opened.tongue, f"/o/{token}/{name}", form)

            return await self._opened(token, request, page)

        return take

    async def _taken(self, opened: Opened, name: str, form: Form, act: Act) -> Response:
        async with asyncio.timeout(self._patience):
            came = await act(opened, form)
        if isinstance(came, Faults):
            return self._page(opened, 422, faults={name: came}, typed=form)
        return self._see(opened, came)

    def _see(self, opened: Opened, result: Result) -> Response:
        """To the page that tells it: there a reload sends nothing again."""
        sealed = self._seals.result(opened.order_id, result)
        return RedirectResponse(f"/o/{opened.token}?r={sealed}", 303)

    def _page(
        self,
        opened: Opened,
        status: int = 200,
        *,
        result: Result | None = None,
        faults: dict[str, Faults] | None = None,
        typed: Form | None = None,
    ) -> Response:
        seal = self._seals.form(opened.order_id)
        return screens.order(self._house, opened, status, seal, result, faults or {}, typed or {})

    async def _opened(
        self, token: str, request: Request, page: Callable[[Opened], Awaitable[Response]]
    ) -> Response:
        """The page of the order behind a link, or a friendly one that tells nothing of any order."""
        tongue = of_browser(request.headers.get("Accept-Language", ""))
        try:
            return await page(await open_link(self._house, token))
        except Shut as shut:
            return screens.shut(self._house, tongue, shut.status)
        except NotRead as body:
            return screens.shut(self._house, tongue, body.status)
        except DBAPIError:
            return screens.again(self._house, tongue, f"/o/{token}", None)
