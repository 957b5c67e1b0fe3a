"""How a process writes its log: one record a line, as text or as JSON, and nothing private in either."""

import json
import logging
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from temporalio import activity, workflow

from gateways.quiet import quiet
from worker.log_words import discreet, story
from worker.settings import Settings
from workflows.messages import change_of_workflow, order_of_workflow

_PLAIN = "%(asctime)s %(levelname)s %(name)s %(message)s"


def begin(settings: Settings, *, least: str | None = None) -> None:
    """Write the log to standard error from now on; a process does this once, first of all.

    `least`: the level where BACKORDER_LOG_LEVEL says none.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if settings.log_format == "json" else TextLines(_PLAIN))
    said = "log_level" in settings.model_fields_set or least is None
    logging.basicConfig(level=settings.log_level if said else least, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    sys.excepthook = _unforeseen
    quiet()
    # Their details come from the record, once and in our names, instead of a dictionary behind each message.
    activity.logger.activity_info_on_message = False
    workflow.logger.workflow_info_on_message = False


def _unforeseen(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    logging.getLogger("worker").critical("ended by an unforeseen error", exc_info=(kind, error, trace))


class TextLines(logging.Formatter):
    """For people: the message, and behind it which order and which activity it is about."""

    def format(self, record: logging.LogRecord) -> str:
        record = _told(record)
        about = " ".join(f"{name}={value}" for name, value in where(record).items() if name in _FOR_PEOPLE)
        first, *rest = super().format(record).split("\n")
        named = f"{first} ({about})" if about else first
        return f"{named}: {rest[0]}" if len(rest) == 1 else "\n".join([named, *rest])

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's own name
        return story(ei[1])


class JsonLines(logging.Formatter):
    """For programs: one object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": _told(record).getMessage(),
            **where(record),
        }
        if record.exc_info and record.exc_info[1]:
            line["exception"] = story(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False)


_FOR_PEOPLE = {"order_id", "change_id", "activity", "attempt"}


def _told(record: logging.LogRecord) -> logging.LogRecord:
    """A copy whose message is fit to be read by anybody who reads logs."""
    message = record.getMessage()
    if record.name == "asyncio":  # below its first line it shows a task, and with it the words of its error
        message = message.partition("\n")[0]
    told = logging.makeLogRecord(record.__dict__ | {"msg": discreet(message), "args": None})
    told.exc_text = None
    return told


def where(record: logging.LogRecord) -> dict[str, Any]:
    """What a record is about: the workflow or activity that wrote it, and the order or inventory change behind."""
    return {name: value for name, value in _where(record) if value is not None}


def _where(record: logging.LogRecord) -> Iterator[tuple[str, Any]]:
    details = _details(record)
    workflow_id = details.get("workflow_id")
    if workflow_id:
        yield "order_id", order_of_workflow(workflow_id)
        yield "change_id", change_of_workflow(workflow_id)
    yield "workflow_id", workflow_id
    yield "run_id", details.get("workflow_run_id") or details.get("run_id")
    yield "activity", details.get("activity_type")
    if "activity_type" in details:
        yield "attempt", details.get("attempt")


def _details(record: logging.LogRecord) -> dict[str, Any]:
    """As the SDK's loggers leave them with a record; else those of where we are."""
    for name in ("temporal_activity", "temporal_workflow"):
        if found := getattr(record, name, None):
            return dict(found)
    if core := getattr(record, "temporal_log", None):
        return dict(core.fields)
    if activity.in_activity():
        info = activity.info()
        return {name: getattr(info, name) for name in _OF_ACTIVITIES}
    if workflow.in_workflow():
        running = workflow.info()
        return {"workflow_id": running.workflow_id, "run_id": running.run_id}
    return {}


_OF_ACTIVITIES = ("workflow_id", "workflow_run_id", "activity_type", "attempt")
