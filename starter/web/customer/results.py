"""What came of a customer's wish, sealed into the address of the page that tells it: it survives a reload."""

import secrets
from enum import StrEnum

from itsdangerous import BadData, URLSafeSerializer
from pydantic import ValidationError

from domain.cancellation import CancellationOutcome, CancelResult
from domain.changes import ChangeOutcome
from domain.model import Model

_FORM, _RESULT = "order page form", "order page result"


class What(StrEnum):
    CANCELLED = "cancelled"
    PARTLY_CANCELLED = "partly_cancelled"
    TOO_LATE = "too_late"
    SPLIT = "split"
    TOGETHER = "together"
    CONSENTED = "consented"
    KEPT = "kept"
    ADDRESS = "address"
    METHOD = "method"
    OVERTAKEN = "overtaken"
    """Too late for a change."""
    NEWER = "newer"
    """A later notice took the place of the one that was answered."""
    FORM_USED = "form_used"
    """The same form, filled in otherwise the second time."""
    FORM_OLD = "form_old"
    NO_METHOD = "no_method"


_GOOD = {
    What.CANCELLED,
    What.PARTLY_CANCELLED,
    What.SPLIT,
    What.TOGETHER,
    What.CONSENTED,
    What.KEPT,
    What.ADDRESS,
    What.METHOD,
}


class Result(Model):
    what: What
    units: int = 0
    shipped: int = 0
    refunded_minor: int = 0
    charged: bool = False

    @property
    def good(self) -> bool:
        """What was wished for was done."""
        return self.what in _GOOD


class Seals:
    """Seals of one shop; each holds for one order."""

    def __init__(self, secret: str) -> None:
        self._forms = URLSafeSerializer(secret, salt=_FORM)
        self._results = URLSafeSerializer(secret, salt=_RESULT)

    def form(self, order_id: str) -> str:
        """For a form that was never sent: sent twice, it is one wish."""
        return str(self._forms.dumps([order_id, secrets.token_urlsafe(12)]))

    def cancellation_id(self, order_id: str, form: str) -> str | None:
        """The id of the wish that this form makes; None when the seal is not ours, or another order's."""
        try:
            sealed_for, nonce = self._forms.loads(form)
        except (BadData, UnicodeError, TypeError, ValueError):
            return None
        return f"page-{nonce}" if sealed_for == order_id else None

    def result(self, order_id: str, result: Result) -> str:
        return str(self._results.dumps([order_id, result.model_dump(mode="json", exclude_defaults=True)]))

    def read_result(self, order_id: str, sealed: str) -> Result | None:
        """What is not ours tells nothing."""
        try:
            sealed_for, told = self._results.loads(sealed)
            return Result.model_validate(told) if sealed_for == order_id else None
        except (BadData, UnicodeError, TypeError, ValueError, ValidationError):
            return None


_OF_CANCELLATION = {
    CancelResult.CANCELLED: What.CANCELLED,
    CancelResult.PARTLY_SHIPPED: What.PARTLY_CANCELLED,
    CancelResult.TOO_LATE: What.TOO_LATE,
}


def of_cancellation(outcome: CancellationOutcome, *, charged: bool) -> Result:
    """`charged`: whether anything was taken for the order."""
    return Result(
        what=_OF_CANCELLATION[outcome.outcome],
        units=outcome.units_cancelled,
        shipped=outcome.units_shipped,
        refunded_minor=outcome.refunded_minor,
        charged=charged,
    )


def of_change(outcome: ChangeOutcome, what: What, *, charged: bool) -> Result:
    """A change that cancelled tells of that."""
    return of_cancellation(outcome.cancelled, charged=charged) if outcome.cancelled else Result(what=what)
