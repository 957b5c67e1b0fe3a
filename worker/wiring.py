"""Builds everything once, from the settings."""

import gc
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from temporalio.client import Client
from temporalio.worker import PollerBehaviorSimpleMaximum, Worker

from activities.bells import Bells
from activities.errors import TranslateErrors
from activities.notices import Notices, Shop
from activities.payments import Payments
from activities.review import Reviews
from activities.review_digest import Digests
from activities.shipping import Shipping
from activities.stock import Stock
from gateways.carrier import Carrier
from gateways.letters import Letters
from gateways.links import Links
from gateways.mail import Mailer
from gateways.payment import PaymentProvider
from gateways.shop_letters import ShopLetters
from gateways.smtp import SmtpMailer
from store.database import Database
from worker import gateways
from worker.runner import Runner
from worker.settings import BadSetting, Settings
from workflows.backorder import BackorderWorkflow
from workflows.inventory import InventoryChangeWorkflow
from workflows.messages import TASK_QUEUE, backorder_workflow_id
from workflows.resend import ResendWorkflow
from workflows.review import ReviewWorkflow

WORKFLOWS: tuple[type, ...] = (BackorderWorkflow, InventoryChangeWorkflow, ReviewWorkflow, ResendWorkflow)

ACTIVITIES_AT_ONCE = 200
"""They wait, for a gateway or for one of the database's few threads. A free slot also saves the server work:
it hands an activity over with the answer to its workflow task, instead of through a queue."""

WORKFLOW_TASKS_AT_ONCE = 10
"""So many are fetched, decoded and answered beside each other; one at a time is lived, in a thread of its own: more
would only take turns at Python's lock."""

POLLERS = 5
"""A fixed number: pollers that scale themselves were sometimes so few that both cores stood idle."""

CACHED_WORKFLOWS = 2_000
"""Orders kept in memory between their tasks; the others are rebuilt from their history."""

COLLECTED_AFTER = (20_000, 20, 20)
"""New objects before the collector looks at the newest, and how many such looks before it looks further."""

DRAIN = timedelta(seconds=30)
"""How long running activities may go on after SIGTERM."""


@dataclass(frozen=True)
class Parts:
    """The collaborators of the activities; tests put fakes among them."""

    database: Database
    payments: PaymentProvider
    carrier: Carrier
    mailer: Mailer
    letters: Letters
    links: Links
    shop: Shop
    shop_letters: ShopLetters = field(default_factory=ShopLetters)


@asynccontextmanager
async def parts(settings: Settings) -> AsyncIterator[Parts]:
    """Everything that the settings ask for, closed at the end."""
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    links = Links(settings.public_url, settings.secret)
    async with AsyncExitStack() as stack:
        payments = await stack.enter_async_context(gateways.payments(settings))
        carrier = await stack.enter_async_context(gateways.carrier(settings))
        database = stack.enter_context(closing(Database(settings.database)))
        mailer = await stack.enter_async_context(aclosing(_mailer(settings)))
        letters, shop_letters = Letters(settings.templates), ShopLetters(settings.templates)
        yield Parts(database, payments, carrier, mailer, letters, links, _shop(settings), shop_letters)


def _mailer(settings: Settings) -> SmtpMailer:
    try:
        return SmtpMailer(settings.smtp_url)
    except ValueError as error:
        raise BadSetting(f"BACKORDER_SMTP_URL: {error}") from None


def _shop(settings: Settings) -> Shop:
    return Shop(
        name=settings.shop_name,
        mail_from=settings.mail_from,
        reply_to=settings.reply_to,
        operations_email=settings.operations_email,
        time_zone=settings.time_zone,
    )


def activities(parts: Parts, client: Client) -> list[Any]:
    """Every activity, bound to its collaborators."""
    stock = Stock(parts.database, parts.shop.time_zone)
    payments = Payments(parts.database, parts.payments)
    shipping = Shipping(parts.database, parts.carrier)
    notices = Notices(parts.database, parts.mailer, parts.letters, parts.links, parts.shop)
    bells = Bells(parts.database, client, backorder_workflow_id)
    reviews = Reviews(parts.database, parts.mailer, parts.shop_letters, parts.shop, bells)
    digests = Digests(parts.database, parts.mailer, parts.shop_letters, parts.shop)
    return [
        stock.place_order,
        stock.refuse_order,
        stock.claim_parcel,
        stock.cancel_units,
        stock.rest_step,
        stock.change_order,
        stock.change_payment_method,
        stock.record_unreadable,
        stock.apply_inventory_change,
        payments.authorise_payment,
        payments.capture_payment,
        payments.void_payment,
        payments.charge_order,
        payments.look_up_charge,
        payments.refund_payment,
        shipping.buy_label,
        shipping.look_up_label,
        shipping.void_labels,
        notices.tell_customer,
        notices.tell_again,
        bells.ring_bells,
        reviews.begin_review,
        reviews.renew_promises,
        reviews.ask_suppliers,
        reviews.ring_forgotten,
        reviews.check_books,
        digests.write_review,
        digests.tell_operations,
    ]


def running_worker(client: Client, parts: Parts, **overrides: Any) -> Worker:
    """A worker for everything: at work for as long as its `async with` lasts, and drained at the end.

    It closes nothing that it was given.
    """
    options: dict[str, Any] = {
        "task_queue": TASK_QUEUE,
        "workflows": WORKFLOWS,
        "activities": activities(parts, client),
        "workflow_runner": Runner(),
        "workflow_task_executor": ThreadPoolExecutor(1, "workflows"),
        "interceptors": [TranslateErrors()],
        "max_concurrent_activities": ACTIVITIES_AT_ONCE,
        "max_concurrent_workflow_tasks": WORKFLOW_TASKS_AT_ONCE,
        "max_cached_workflows": CACHED_WORKFLOWS,
        "workflow_task_poller_behavior": PollerBehaviorSimpleMaximum(POLLERS),
        "activity_task_poller_behavior": PollerBehaviorSimpleMaximum(POLLERS),
        "graceful_shutdown_timeout": DRAIN,
    }
    return Worker(client, **{**options, **overrides})


def settle() -> None:
    """What a process has loaded by now it keeps: from here on the collector looks only at what came after.

    For a process that is a worker and nothing else; looking at everything stopped all orders for 0.1 s at a time. Nor
    need it look often: of what an order leaves behind, little hangs together in circles.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTED_AFTER)
