"""Lives of long waits: delays told and answered, stale orders, holds, places moved by hand; each function plays one."""

from datetime import timedelta

from domain.changes import Consent, Hold, KeepWaiting, Prioritisation, Release
from domain.notices import Kind
from domain.policy import Law, Policy, Product
from domain.status import Status
from store import catalog
from tests.replay.life import Life


async def _announced(life: Life, days: int, units: int = 2) -> None:
    eta = (await life.shop.now()).date() + timedelta(days=days)
    await life.shop.announce(f"PO-{life.name}", units, eta, life.sku)


async def _days_go_by(life: Life, days: int) -> None:
    """Step by step, so that each moment is lived through."""
    for _ in range(days * 4):
        await life.shop.pass_days(0.25)


async def promise_moved(life: Life) -> None:
    await _announced(life, 10)
    await life.place()
    await life.waits()
    await _announced(life, 20)
    await life.until(lambda order: order.told(Kind.PROMISE_MOVED))
    await life.receive(2)
    await life.ends()


async def promise_lost(life: Life) -> None:
    """The supply that it waited for will not come."""
    await _announced(life, 10)
    await life.place()
    await life.waits()
    eta = (await life.shop.now()).date() + timedelta(days=10)
    await life.shop.announce(f"PO-{life.name}", 2, eta, life.sku, cancelled=True)
    await life.until(lambda order: order.promised_on is None and order.told(Kind.PROMISE_MOVED))
    await life.receive(2)
    await life.ends()


async def delay_kept(life: Life) -> None:
    """The customer says nothing to a short delay, and something to the next."""
    await _announced(life, 10)
    await life.place()
    await life.waits()
    await _announced(life, 30)
    await _days_go_by(life, 12)
    await life.until(lambda order: order.told(Kind.DELAY_OPTION))
    await _announced(life, 60)
    await _days_go_by(life, 18)
    await life.until(lambda order: order.told(Kind.DELAY_RENEWED))
    answer = Consent(notice_id=f"{life.name}-delay-2", accepted=True)
    await life.shop.doors.consent_to_delay(life.name, answer)
    await life.receive(2)
    await life.ends()


async def delay_refused(life: Life) -> None:
    await life.place()
    await _days_go_by(life, 29)
    await life.until(lambda order: order.told(Kind.DELAY_OPTION))
    answer = Consent(notice_id=f"{life.name}-delay-1", accepted=False)
    await life.shop.doors.consent_to_delay(life.name, answer)
    await life.ends()


async def delay_unanswered(life: Life) -> None:
    await life.place()
    await _days_go_by(life, 62)
    await life.ends()


async def delay_untold(life: Life) -> None:
    """Mail is away past the deadline: operations may look for a day, then the law's default applies."""
    await life.place()
    await _days_go_by(life, 26)
    life.shop.mail.refuse_with = "451 later"
    await _days_go_by(life, 5)
    await life.until(lambda order: order.status is Status.HELD)
    life.shop.mail.refuse_with = None
    await _days_go_by(life, 2)
    await life.ends()


async def gone_stale(life: Life) -> None:
    now = await life.shop.now()
    impatient = Policy(delay_rule={"*": Law.NONE}, stale_after_days_without_promise=20)
    life.shop.database.write(catalog.load_policy, impatient, now)
    await life.place()
    life.shop.database.write(catalog.load_policy, Policy(), now)
    await _days_go_by(life, 21)
    await life.ends()


async def never_stale(life: Life) -> None:
    """The shop lets an order wait for as long as its date moves."""
    now = await life.shop.now()
    patient = Policy(delay_rule={"*": Law.NONE}, stale_after_days_past_promise=None)
    life.shop.database.write(catalog.load_policy, patient, now)
    await _announced(life, 10)
    await life.place()
    life.shop.database.write(catalog.load_policy, Policy(), now)
    await life.waits()
    await life.receive(2)
    await life.ends()


async def discontinued(life: Life) -> None:
    await life.place()
    await life.waits()
    await life.changes("discontinued", "end of life")
    await life.ends()


async def held_and_released(life: Life) -> None:
    await life.place()
    await life.waits()
    await life.shop.doors.hold(life.name, Hold(reason="a question"))
    await life.receive(2)
    await life.until(lambda order: order.allocated_units == 2 and order.status is Status.HELD)
    await life.shop.doors.release(life.name, Release(reason="answered"))
    await life.ends()


async def held_in_parcel(life: Life) -> None:
    """No carrier is there, and meanwhile operations stop it: its parcel waits."""
    life.shop.carrier.down_until(await life.shop.now() + timedelta(hours=1))
    await life.receive(2)
    await life.place()
    await life.rests()
    await life.shop.doors.hold(life.name, Hold(reason="a question"))
    await _days_go_by(life, 1)
    await life.shop.doors.release(life.name, Release(reason="answered"))
    await life.ends()


async def moved_ahead(life: Life) -> None:
    await life.place()
    await life.waits()
    await life.shop.doors.prioritise(life.name, Prioritisation(days=3, reason="asked for"))
    await life.receive(2)
    await life.ends()


async def kept_waiting(life: Life) -> None:
    await life.place()
    await life.waits()
    await life.shop.doors.keep_waiting(life.name, KeepWaiting())
    await life.receive(2)
    await life.ends()


async def released_later(life: Life) -> None:
    """A product that nobody gets before its day."""
    now = await life.shop.now()
    tomorrow = now.date() + timedelta(days=2)
    product = {"sku": life.sku, "title": life.sku.title(), "release_on": tomorrow}
    life.shop.database.write(catalog.load_products, (Product.model_validate(product),))
    await life.receive(2)
    await life.place()
    await life.waits()
    await _days_go_by(life, 3)
    await life.ends()


WAITS = (
    promise_moved,
    promise_lost,
    delay_kept,
    delay_refused,
    delay_unanswered,
    delay_untold,
    gone_stale,
    never_stale,
    discontinued,
    held_and_released,
    held_in_parcel,
    moved_ahead,
    kept_waiting,
    released_later,
)
