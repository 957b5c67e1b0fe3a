"""Refusals that name the fact and carry it."""

from typing import ClassVar


class Refused(Exception):  # noqa: N818 - a refusal by a rule, no fault of ours
    """A rule says no; asking the same again will not help."""

    code: ClassVar[str] = "Refused"


class UnknownSku(Refused):
    code = "UnknownSku"

    def __init__(self, *skus: str) -> None:
        super().__init__(f"unknown SKU: {', '.join(skus)}")
        self.skus = skus


class TooManyUnits(Refused):
    code = "TooManyUnits"

    def __init__(self, sku: str, most: int) -> None:
        super().__init__(f"{sku}: the books hold {most} units of a SKU at most")


class UnknownOrder(Refused):
    code = "UnknownOrder"

    def __init__(self, order_id: str) -> None:
        super().__init__(f"unknown order: {order_id}")
        self.order_id = order_id


class OrderBodyChanged(Refused):
    code = "OrderBodyChanged"

    def __init__(self, order_id: str) -> None:
        super().__init__(f"order {order_id} was placed before with another body")
        self.order_id = order_id


class MalformedOrder(Refused):
    """A field of it lies beyond what is kept; `problems` names each."""

    code = "MalformedOrder"

    def __init__(self, problems: list[dict[str, str]]) -> None:
        super().__init__("; ".join(f"{one['field']}: {one['problem']}" for one in problems))


class ChangeBodyChanged(Refused):
    code = "ChangeBodyChanged"

    def __init__(self, change_id: str) -> None:
        super().__init__(f"inventory change {change_id} was applied before with another body")
        self.change_id = change_id


class UnknownInbound(Refused):
    """Units that came of a purchase-order line which nobody announced: they would be expected for ever."""

    code = "UnknownInbound"

    def __init__(self, inbound_id: str, sku: str) -> None:
        super().__init__(f"inbound_id: {inbound_id} was never announced for {sku}")
        self.inbound_id = inbound_id


class CancellationBodyChanged(Refused):
    code = "CancellationBodyChanged"

    def __init__(self, cancellation_id: str) -> None:
        super().__init__(f"cancellation {cancellation_id} was asked for before with another body")
        self.cancellation_id = cancellation_id


class UnknownLine(Refused):
    code = "UnknownLine"

    def __init__(self, order_id: str, sku: str) -> None:
        super().__init__(f"order {order_id} has no line {sku}")


class ChangeRefused(Refused):
    """A change of an order that can't be made; `what` is the field that was to change."""

    code = "ChangeRefused"

    def __init__(self, order_id: str, what: str, why: str) -> None:
        super().__init__(f"{what}: {why} (order {order_id})")
        self.what = what


class UnknownCustomer(Refused):
    """Nobody of this id ever ordered; the message keeps the id to itself."""

    code = "UnknownCustomer"

    def __init__(self) -> None:
        super().__init__("no order of this customer is known")


class OrdersOpen(Refused):
    """A customer's data is needed while an order is on its way; the message names the first few."""

    code = "OrdersOpen"

    def __init__(self, *order_ids: str) -> None:
        named = ", ".join(order_ids[:_NAMED])
        more = f" and {len(order_ids) - _NAMED} more" if len(order_ids) > _NAMED else ""
        super().__init__(f"still open: {named}{more}; cancel or complete first")
        self.order_ids = order_ids


_NAMED = 5
"""Orders that a refusal names."""


class UnknownEvent(Refused):
    code = "UnknownEvent"

    def __init__(self, *event_ids: str) -> None:
        super().__init__(f"unknown event: {', '.join(event_ids)}")
