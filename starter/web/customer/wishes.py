"""A customer's wishes, as the order is asked for them; and what came of each, also when it came too late."""

from collections.abc import Callable
from dataclasses import dataclass

from domain.changes import Consent, KeepWaiting, PaymentMethod
from domain.choice import Choice, Wish
from domain.state import OrderState
from domain.status import Status
from gateways.payment_page import REFERENCE, NotChosen
from starter.errors import Refusal
from starter.web.customer import forms
from starter.web.customer.forms import Faults, Form
from starter.web.customer.opening import Opened
from starter.web.customer.results import Result, Seals, What, of_cancellation, of_change
from starter.web.house import House
from store import orders

_NO_WORKFLOW = "UnknownOrder"


class NotNow(Exception):  # noqa: N818 - the fact is the name
    """An open order has no workflow for the moment: the audit starts it again."""


@dataclass(frozen=True)
class Wishes:
    """One method a form; each gives what came of it, or the faults of what was written."""

    house: House
    seals: Callable[[], Seals]

    async def cancel(self, opened: Opened, form: Form) -> Result | Faults:
        wish_id = self.seals().cancellation_id(opened.order_id, form.get("form", ""))
        if wish_id is None:
            return Result(what=What.FORM_OLD)
        wish = forms.cancellation(form, opened.page.state.lines, wish_id)
        if isinstance(wish, Faults):
            return wish
        try:
            outcome = await self.house.backorders.cancel(opened.order_id, wish)
        except Refusal as refused:
            _there(refused)
            return Result(what=What.FORM_USED)
        return of_cancellation(outcome, charged=opened.charged)

    async def choose(self, opened: Opened, form: Form) -> Result | Faults:
        """What is here now and the rest later, all together, or cancel."""
        if form.get("choice") not in {*Wish}:
            return Faults(choice="choice")
        wish = Wish(form["choice"])
        what = {Wish.SPLIT: What.SPLIT, Wish.TOGETHER: What.TOGETHER, Wish.CANCEL: What.CANCELLED}[wish]
        try:
            outcome = await self.house.backorders.choose(opened.order_id, Choice(choice=wish))
        except Refusal as refused:
            _there(refused)
            now = await self._now(opened)
            same = now.status is Status.CANCELLED if wish is Wish.CANCEL else now.fulfilment == wish.value
            return Result(what=what if same else What.OVERTAKEN, charged=opened.charged)
        return of_change(outcome, what, charged=opened.charged)

    async def consent(self, opened: Opened, form: Form) -> Result | Faults:
        """The new date, or the order is cancelled."""
        if form.get("accepted") not in {"yes", "no"}:
            return Faults(accepted="choice")
        answer = Consent(notice_id=form.get("notice", "")[:100], accepted=form["accepted"] == "yes")
        what = What.CONSENTED if answer.accepted else What.CANCELLED
        try:
            outcome = await self.house.backorders.consent_to_delay(opened.order_id, answer)
        except Refusal as refused:
            _there(refused)
            return await self._overtaken(opened, answer, what)
        return of_change(outcome, what, charged=opened.charged)

    async def _overtaken(self, opened: Opened, answer: Consent, what: What) -> Result:
        """The same answer a second time was no second wish."""
        latest = (await self._now(opened)).delays[-1:]
        if not latest or latest[0].notice_id != answer.notice_id:
            return Result(what=What.NEWER)
        same = latest[0].accepted is answer.accepted
        return Result(what=what if same else What.OVERTAKEN, charged=opened.charged)

    async def keep(self, opened: Opened, form: Form) -> Result | Faults:  # noqa: ARG002 - the door is the wish
        """Go on waiting, though it took long."""
        try:
            await self.house.backorders.keep_waiting(opened.order_id, KeepWaiting())
        except Refusal as refused:
            _there(refused)
            return Result(what=What.OVERTAKEN)
        return Result(what=What.KEPT)

    async def address(self, opened: Opened, form: Form) -> Result | Faults:
        address = forms.address(form)
        if isinstance(address, Faults):
            return address
        try:
            await self.house.backorders.change_address(opened.order_id, address)
        except Refusal as refused:
            _there(refused)
            return Result(what=What.OVERTAKEN)
        return Result(what=What.ADDRESS)

    async def payment_method(self, opened: Opened, form: Form) -> Result | Faults:
        """The method that the customer gave at the provider's page, from now on."""
        if self.house.payment_page is None:
            return Result(what=What.OVERTAKEN)
        try:
            method = await self.house.payment_page.chosen(opened.order_id, form.get(REFERENCE, ""))
            await self.house.backorders.change_payment_method(opened.order_id, PaymentMethod(method=method))
        except NotChosen:
            return Result(what=What.NO_METHOD)
        except Refusal as refused:
            _there(refused)
            return Result(what=What.OVERTAKEN)
        return Result(what=What.METHOD)

    async def _now(self, opened: Opened) -> OrderState:
        return await self.house.database.aread(orders.state, opened.order_id)


def _there(refused: Refusal) -> None:
    """Refused by an order that is there; one whose workflow is gone while it is open answers later."""
    if refused.code == _NO_WORKFLOW:
        raise NotNow from refused
