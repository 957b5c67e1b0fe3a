"""What whoever asks is told of an order, in the contract's words."""

from datetime import datetime
from typing import Any

import pytest

from domain.cancellation import CancellationOutcome
from domain.decision import Decision, DecisionOutcome
from domain.inventory import InventoryOutcome
from domain.model import Model
from domain.notices import Kind
from domain.outcome import Outcome, outcome
from domain.parcel import ParcelLine, ParcelStage, ParcelState
from domain.payment import PaymentKind, PaymentState
from domain.report import Status as Report
from domain.report import status_report
from domain.state import NoticeState, OrderState
from domain.status import Status
from tests.domain.samples import MINI, PRICE, SKU, day, example, line, paid, parcel, state

NEW_SINCE = {
    "unreadable": 0,
    "unpaid_minor": 0,
    "currency": "USD",
    "disputes": [],
    "refused": [],
    "held": None,
    "law_hold_until": None,
    "paused": False,
}


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (Decision, "decision"),
        (Decision, "decision_rejected"),
        (CancellationOutcome, "cancellation_outcome"),
        (InventoryOutcome, "inventory_outcome"),
        (Outcome, "outcome"),
    ],
)
def test_the_contracts_answers_are_read_and_written_alike(model: type[Model], name: str) -> None:
    assert model.model_validate(example(name)).model_dump(mode="json") == example(name)


def test_an_answer_of_a_newer_version_can_be_read() -> None:
    newer = example("decision") | {"carbon_grams": 12}

    assert Decision.model_validate(newer) == Decision.model_validate(example("decision"))


@pytest.mark.parametrize("said", DecisionOutcome)
def test_only_a_rejection_is_no_acceptance(said: DecisionOutcome) -> None:
    decision = Decision.model_validate(example("decision") | {"outcome": said})

    assert decision.accepted == (said is not DecisionOutcome.REJECTED)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _order_102() -> OrderState:
    """The order whose status the contract shows."""
    notices = ("confirmation", "update", "update", "shipped")
    told = [_at(notice["at"]) for notice in example("status")["notices"]]
    shipped = ParcelState(
        number=1,
        stage=ParcelStage.SHIPPED,
        lines=(ParcelLine(sku=SKU, quantity=10),),
        amount_minor=95_000,
        **{name: example("status")["parcels"][0][name] for name in ("carrier", "service", "tracking")},
        shipped_at=_at("2026-01-25T08:00:09Z"),
        estimated_delivery=_at("2026-01-28").date(),
        label_url="https://labels.example/1Z999AA1012345678.pdf",
    )
    held = PaymentState(kind=PaymentKind.AUTHORISE, amount_minor=95_000, currency="USD", at=day(25))
    taken = PaymentState.model_validate(example("status")["payments"][0])
    return state(
        line(backordered=5, shipped=10).model_copy(update={"title": "Widget Pro - Blue"}),
        order_id="102",
        status=Status.PARTLY_SHIPPED,
        placed_at=_at("2026-01-08T11:00:00Z"),
        accepted_at=_at("2026-01-08T11:00:00Z"),
        promised_on="2026-02-23",
        parcels=(shipped, parcel(ParcelStage.UNDONE, 2)),
        payments=(held, taken),
        notices=tuple(
            NoticeState(kind=Kind(kind), occasion=str(number), at=at)
            for number, (kind, at) in enumerate(zip(notices, told, strict=True))
        ),
    )


def test_the_contracts_status_is_what_its_order_adds_up_to() -> None:
    shown = status_report(_order_102(), _at("2026-01-25T08:01:00Z"), {SKU: 1})

    assert shown.model_dump(mode="json") == example("status") | NEW_SINCE


def test_the_query_has_no_place_in_the_queue() -> None:
    assert status_report(_order_102(), day(25)).lines[0].queue_position is None


CANCELLABLE: list[tuple[str, OrderState, bool]] = [
    ("backordered", state(line(backordered=2)), True),
    ("allocated", state(line(allocated=2)), True),
    ("claimed", state(line(claimed=2), parcels=(parcel(ParcelStage.CLAIMED),)), True),
    ("authorised", state(line(claimed=2), parcels=(parcel(ParcelStage.AUTHORISED),)), True),
    ("label bought", state(line(shipped=2), parcels=(parcel(ParcelStage.LABELLED),)), False),
    (
        "one parcel labelled, the rest waits",
        state(line(shipped=2), line(MINI, backordered=1), parcels=(parcel(ParcelStage.LABELLED),)),
        True,
    ),
    ("all cancelled", state(line(cancelled=2), status=Status.CANCELLED), False),
    ("being placed", state(line(backordered=2), status=Status.PLACING), False),
    ("rejected", state(line(backordered=2), status=Status.REJECTED), False),
]


@pytest.mark.parametrize(
    ("order", "can"), [row[1:] for row in CANCELLABLE], ids=[row[0] for row in CANCELLABLE]
)
def test_an_order_can_be_cancelled_while_any_unit_of_it_can(order: OrderState, *, can: bool) -> None:
    assert status_report(order, day(8)).cancellable is can


@pytest.mark.parametrize("status", Status)
def test_only_an_open_order_has_something_next(status: Status) -> None:
    report = status_report(state(line(backordered=2), status=status), day(8))

    assert (report.next is not None) == status.open


def test_authorisations_and_voids_are_not_shown() -> None:
    payments = tuple(paid(kind, 100) for kind in PaymentKind)

    shown = status_report(state(line(shipped=1), payments=payments), day(8)).payments

    assert [one.kind for one in shown] == [PaymentKind.CAPTURE, PaymentKind.CHARGE, PaymentKind.REFUND]


def test_a_report_that_travelled_as_json_is_the_same_report() -> None:
    report = status_report(_order_102(), day(25))

    assert Report.model_validate_json(report.model_dump_json()) == report


ENDED: list[tuple[OrderState, dict[str, Any]]] = [
    (
        state(
            line(shipped=10, cancelled=5),
            order_id="102",
            status=Status.COMPLETED,
            payments=(paid(PaymentKind.CAPTURE, 95_000),),
            parcels=(parcel(ParcelStage.SHIPPED), parcel(ParcelStage.UNDONE, 2)),
            ended_at="2026-02-01T09:00:00Z",
        ),
        example("outcome"),
    ),
    (
        state(line(shipped=2), status=Status.COMPLETED, parcels=(parcel(ParcelStage.UNPAID),)),
        {
            "order_id": "100",
            "status": "completed",
            "units_ordered": 2,
            "units_shipped": 2,
            "units_cancelled": 0,
            "charged_minor": 0,
            "refunded_minor": 0,
            "unpaid_minor": 2 * PRICE,
            "currency": "USD",
            "parcels": 1,
            "ended_at": None,
        },
    ),
]


@pytest.mark.parametrize(("order", "said"), ENDED)
def test_an_outcome_says_how_every_unit_and_every_cent_ended(order: OrderState, said: dict[str, Any]) -> None:
    assert outcome(order).model_dump(mode="json") == said
