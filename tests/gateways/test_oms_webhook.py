"""Events arrive signed as a receiver checks them, and a try that fails says why in a word."""

from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from domain.events import LEASE
from gateways.oms_webhook import TIMEOUT_SECONDS, NotTaken, OmsWebhook, keys_of
from tests.fakes.oms_server import DROPPED, SECRET, SILENT, OmsServer

OTHER = "whsec_" + b64encode(bytes(range(32))).decode()
BODY: dict[str, Any] = {
    "type": "order.completed",
    "timestamp": "2026-01-05T12:00:00Z",
    "data": {"sku": "Größe-L"},
}


@asynccontextmanager
async def sending(oms: OmsServer, secrets: str = SECRET, seconds: float = 5) -> AsyncIterator[OmsWebhook]:
    async with oms.serving() as url, aclosing(OmsWebhook(url, keys_of(secrets), seconds)) as webhook:
        yield webhook


async def test_a_receiver_can_check_who_sent_an_event_and_that_nobody_changed_it() -> None:
    oms = OmsServer()

    async with sending(oms) as webhook:
        taken = await webhook.send("order:100:completed:1", BODY, datetime.now(UTC))

    (got,) = oms.taken
    assert taken is None
    assert Webhook(SECRET).verify(got.content, got.headers) == BODY
    assert (got.event_id, got.headers["content-type"]) == ("order:100:completed:1", "application/json")
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(got.content.replace(b"completed", b"cancelled"), got.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(OTHER).verify(got.content, got.headers)


async def test_while_the_secret_is_changed_either_one_is_right() -> None:
    oms = OmsServer()

    async with sending(oms, f"{OTHER} {SECRET}") as webhook:
        await webhook.send("e-1", BODY, datetime.now(UTC))

    (got,) = oms.taken
    assert Webhook(SECRET).verify(got.content, got.headers) == BODY
    assert Webhook(OTHER).verify(got.content, got.headers) == BODY


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_any_2xx_says_that_it_was_taken(status: int) -> None:
    async with sending(OmsServer(status)) as webhook:
        assert await webhook.send("e-1", BODY, datetime.now(UTC)) is None


@pytest.mark.parametrize(
    ("status", "refused"),
    [
        (301, NotTaken(why="answered 301")),
        (307, NotTaken(why="answered 307")),
        (400, NotTaken(why="answered 400")),
        (410, NotTaken(why="answered 410", gone=True)),
        (429, NotTaken(why="answered 429")),
        (503, NotTaken(why="answered 503")),
        (DROPPED, NotTaken(why="RemoteProtocolError")),
    ],
)
async def test_a_failure_says_why_and_nothing_of_what_was_answered(status: int, refused: NotTaken) -> None:
    oms = OmsServer()
    oms.fail(status)

    async with sending(oms) as webhook:
        assert await webhook.send("e-1", BODY, datetime.now(UTC)) == refused

    assert (len(oms.tried), oms.taken) == (1, [])


async def test_a_receiver_that_never_answers_is_not_waited_for() -> None:
    oms = OmsServer()
    oms.fail(SILENT)

    async with sending(oms, seconds=0.1) as webhook:
        refused = await webhook.send("e-1", BODY, datetime.now(UTC))

    assert refused is not None
    assert refused.why in {"ReadTimeout", "TimeoutError"}


async def test_a_receiver_that_is_away_is_a_failure() -> None:
    async with aclosing(OmsWebhook("http://127.0.0.1:9/hooks", keys_of(SECRET))) as webhook:
        assert await webhook.send("e-1", BODY, datetime.now(UTC)) == NotTaken(why="ConnectError")


@pytest.mark.parametrize(
    "secrets",
    ["", "a secret", "whsec_", "whsec_!!!", SECRET.removeprefix("whsec_"), "whsec_c2hvcnQ=", f"{SECRET} x"],
)
def test_a_secret_that_is_none_is_refused(secrets: str) -> None:
    with pytest.raises(ValueError, match=r"^(?!.*c2hvcnQ)"):
        keys_of(secrets)


def test_a_sender_is_through_long_before_its_lease_is_over() -> None:
    assert 3 * timedelta(seconds=TIMEOUT_SECONDS) < LEASE


def test_a_secret_may_leave_out_its_padding() -> None:
    assert keys_of(SECRET.rstrip("=")) == keys_of(SECRET)
