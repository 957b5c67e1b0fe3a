"""What customers and operations may decide of an order that waits: a delay, a hold, its place in the queue."""

from temporalio import workflow

from activities.errors import refusing
from domain import changes
from domain.changes import (
    Change,
    ChangeOutcome,
    Consent,
    Hold,
    KeepWaiting,
    Prioritisation,
    Release,
)
from workflows.doors import OrderDoors, answer


class WaitingDoors(OrderDoors):
    """The doors for a wait that gets long."""

    @workflow.update
    async def consent_to_delay(self, consent: Consent) -> ChangeOutcome:
        """The answer to the latest option notice: wait for the new date, or cancel."""
        return await answer(self._inbox.ask(consent))

    @consent_to_delay.validator
    def _was_asked(self, consent: Consent) -> None:
        with refusing():
            changes.check_open(self._state, Change.CONSENT)
            changes.unanswered(self._state, consent)

    @workflow.update
    async def hold(self, hold: Hold) -> ChangeOutcome:
        """Let nothing of it ship until it is released."""
        return await answer(self._inbox.ask(hold))

    @hold.validator
    def _may_be_held(self, hold: Hold) -> None:  # noqa: ARG002 - any reason will do
        with refusing():
            changes.check_open(self._state, Change.HOLD)

    @workflow.update
    async def release(self, release: Release) -> ChangeOutcome:
        """Let a held order go on."""
        return await answer(self._inbox.ask(release))

    @release.validator
    def _may_be_released(self, release: Release) -> None:  # noqa: ARG002 - any reason will do
        with refusing():
            changes.check_release(self._state)

    @workflow.update
    async def keep_waiting(self, wish: KeepWaiting) -> ChangeOutcome:
        """Go on waiting, however long it took so far."""
        return await answer(self._inbox.ask(wish))

    @keep_waiting.validator
    def _waits(self, wish: KeepWaiting) -> None:  # noqa: ARG002 - whoever asks
        with refusing():
            changes.check_waiting(self._state)

    @workflow.update
    async def prioritise(self, wanted: Prioritisation) -> ChangeOutcome:
        """Move it ahead of its own place, or back."""
        return await answer(self._inbox.ask(wanted))

    @prioritise.validator
    def _may_be_moved(self, wanted: Prioritisation) -> None:  # noqa: ARG002 - any number of days will do
        with refusing():
            changes.check_open(self._state, Change.PRIORITY)
