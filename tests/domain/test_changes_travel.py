"""Each change arrives as what it was sent as: their JSON carries no name, their fields tell them apart."""

import pytest

from domain.changes import (
    AddressChange,
    ChangeWish,
    Consent,
    Handover,
    Hold,
    How,
    LawHold,
    PaymentMethod,
    Prioritisation,
    QuantityChange,
    Release,
    Settlement,
)
from domain.choice import Choice, Wish
from store.changes import Changing
from tests.domain.samples import day

CHANGES: list[ChangeWish] = [
    Choice(choice=Wish.SPLIT),
    AddressChange(name="Ada", street="1", city="Portland", country="US"),
    PaymentMethod(method="pm_1"),
    QuantityChange(sku="A", quantity=1),
    Settlement(parcel=1, how=How.WRITTEN_OFF, reason="lost"),
    Handover(number=1),
    Consent(notice_id="100-delay-1", accepted=False),
    Prioritisation(days=0, reason="back"),
    Hold(reason="a question"),
    LawHold(until=day(9)),
    Release(reason="answered"),
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: type(change).__name__)
def test_a_change_arrives_as_it_was_sent(change: ChangeWish) -> None:
    sent = Changing(order_id="100", change=change, at=day(8))

    arrived = Changing.model_validate_json(sent.model_dump_json())

    assert type(arrived.change) is type(change)
    assert arrived == sent
