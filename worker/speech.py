"""How our processes speak to Temporal, by the settings."""

import logging

from worker.settings import Settings
from workflows.codec import Encryption, Unreadable, read_keys
from workflows.connection import Speech

_LOGGERS = ("temporalio.worker._workflow", "temporalio.activity")
"""Where the SDK logs a workflow's task that failed, and an activity."""


def speech(settings: Settings) -> Speech:
    """Encrypted where there are keys."""
    return Speech(codec=Encryption(read_keys(settings.codec_keys.get_secret_value())))


def tell_unreadable_once() -> None:
    """Have each key that a worker lacks told in one line, the first time that it is missed."""
    once = _Once()
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(once)


class _Once(logging.Filter):
    """The SDK logs each try of each task with a page of stack; orders wait by the thousand, and try again for ever."""

    def __init__(self) -> None:
        super().__init__()
        self._told: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        missed = _missed(record)
        if missed is None:
            return True
        if missed.key_id in self._told:
            return False
        self._told.add(missed.key_id)
        record.msg = "can't read what Temporal has: %s; orders wait for a worker that can"
        record.args = (missed,)
        record.exc_info = record.exc_text = None
        record.levelno, record.levelname = logging.ERROR, "ERROR"
        return True


def _missed(record: logging.LogRecord) -> Unreadable | None:
    error = record.exc_info[1] if record.exc_info else None
    while error is not None and not isinstance(error, Unreadable):
        error = error.__cause__ or error.__context__
    return error
