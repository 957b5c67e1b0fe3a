"""The description as a page to be read: made here, so that no reader's browser asks anybody else."""

import json
from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from domain.model import Model
from starter.web.pages import html


class Parameter(Model):
    name: str
    where: str
    says: str


class Sample(Model):
    """A body: of a request (`status` is empty), or of an answer."""

    name: str
    text: str
    status: str = ""


class Operation(Model):
    """One thing that may be asked."""

    name: str
    method: str
    path: str
    summary: str
    says: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    samples: tuple[Sample, ...]
    answers: tuple[tuple[str, str], ...]


def add(app: FastAPI) -> None:
    """Let the application show its description under `/docs`."""

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        described = app.openapi()
        return html(
            "api/docs.html",
            says=_paragraphs(described["info"]["description"]),
            groups=_groups(described["paths"]),
        )


def _groups(paths: dict[str, Any]) -> dict[str, list[Operation]]:
    """The operations by their first tag, in the order of the description."""
    found: dict[str, list[Operation]] = {}
    for path, ways in paths.items():
        for method, said in ways.items():
            found.setdefault(said["tags"][0], []).append(_operation(path, method, said))
    return found


def _operation(path: str, method: str, said: dict[str, Any]) -> Operation:
    return Operation(
        name=said["operationId"],
        method=method.upper(),
        path=path,
        summary=said["summary"],
        says=_paragraphs(said["description"]),
        parameters=tuple(_parameter(one) for one in said.get("parameters", ())),
        samples=(*_samples(said.get("requestBody", {})), *_answered(said["responses"])),
        answers=tuple((status, answer["description"]) for status, answer in said["responses"].items()),
    )


def _parameter(said: dict[str, Any]) -> Parameter:
    return Parameter(name=said["name"], where=said["in"], says=said.get("description", ""))


def _answered(responses: dict[str, Any]) -> Iterator[Sample]:
    for status, answer in responses.items():
        yield from _samples(answer, status)


def _samples(part: dict[str, Any], status: str = "") -> Iterator[Sample]:
    for content in part.get("content", {}).values():
        for name, one in content.get("examples", {}).items():
            yield Sample(
                name=name, text=json.dumps(one["value"], indent=2, ensure_ascii=False), status=status
            )


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(" ".join(part.split()) for part in text.split("\n\n"))
