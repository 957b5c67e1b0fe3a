"""What the OpenAPI description says of each answer, with the contract's own examples."""

import json
from functools import cache
from importlib import resources
from typing import Any

from fastapi import Body, FastAPI
from fastapi.openapi.utils import get_openapi

from starter.api.problems import MEDIA_TYPE, Problem, problem
from starter.tokens import Scope

_SCHEMAS = "#/components/schemas/"
_SCHEMA = {"$ref": f"{_SCHEMAS}Problem"}
_EXAMPLE = "$example"
_NAMES = {
    "Status-Input": "OrderStatus",
    "domain__status__Status": "OrderStatus",
    "domain__report__Status": "Status",
}
"""Two of our words are one in Python: what a list of names needs to tell them apart."""

_ALWAYS = (401, 403, 422, 503)
_WITH_BODY = (400, 413, 415)
_SAYS = {
    400: "The body is not JSON.",
    401: "No token, or one that nobody has.",
    404: "There is no such thing.",
    409: "A rule says no; `code` says which.",
    413: "The body is too large.",
    415: "The body is not sent as JSON.",
    422: "Fields that can't be meant, each by its name.",
    503: "Temporal, a worker or the database does not answer in time. Asked again under the same id it is done once.",
}

Responses = dict[int | str, dict[str, Any]]


@cache
def example(name: str) -> Any:
    """One of `examples/`."""
    return json.loads((resources.files("starter.api") / "examples" / f"{name}.json").read_text("utf-8"))


def _shown(names: tuple[str, ...]) -> dict[str, Any]:
    """Named here, put in at the end: FastAPI would lose what is null in them."""
    return {name: {"value": {_EXAMPLE: name}} for name in names}


def body(*names: str) -> Any:
    """A request's body, with its examples."""
    return Body(openapi_examples=_shown(names))


def orders_of(name: str) -> dict[str, Any]:
    """A body that is a list of orders, of which each is read by itself."""
    examples = {name: {"value": [{_EXAMPLE: name}]}}
    return {"schema": {"items": {"$ref": f"{_SCHEMAS}Order"}}, "examples": examples}


def answers(
    *names: str, scopes: tuple[Scope, ...], fails: tuple[int, ...] = (), status: int = 200
) -> Responses:
    """The answer with its examples, and the problems that there may be instead."""
    good = {"description": "The answer.", "content": {"application/json": {"examples": _shown(names)}}}
    found: Responses = {status: good if names else {"description": "Done."}}
    return found | {code: _problem(code, scopes) for code in sorted({*_ALWAYS, *fails})}


def with_body(*fails: int) -> tuple[int, ...]:
    """What may go wrong with a body, and else."""
    return (*_WITH_BODY, *fails)


def _problem(status: int, scopes: tuple[Scope, ...]) -> dict[str, Any]:
    says = _SAYS.get(status) or f"The token's scope is none of {', '.join([*scopes, Scope.OPERATIONS])}."
    shown = problem(status, says).model_dump(mode="json")
    content = {MEDIA_TYPE: {"schema": _SCHEMA, "example": shown}}
    headers = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}}
    return {"description": says, "content": content, **({"headers": headers} if status == 503 else {})}  # noqa: PLR2004


def describe(app: FastAPI) -> None:
    """Let the application give its description, the problems' shape included."""

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(
                title=app.title, version=app.version, description=app.description, routes=app.routes
            )
            made["components"]["schemas"] = _named(made["components"]["schemas"] | _problem_schemas())
            app.openapi_schema = _finished(made)
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]  # how FastAPI wants it


def _problem_schemas() -> dict[str, Any]:
    schema = Problem.model_json_schema(mode="serialization", ref_template=_SCHEMAS + "{model}")
    return {**schema.pop("$defs"), "Problem": schema}


def _named(schemas: dict[str, Any]) -> dict[str, Any]:
    return {_NAMES.get(name, name): schema for name, schema in schemas.items()}


def _finished(part: Any) -> Any:
    """With every example in its place, and every name as it is to be."""
    match part:
        case {"$ref": str(name)}:
            plain = name.removeprefix(_SCHEMAS)
            return {**part, "$ref": _SCHEMAS + _NAMES.get(plain, plain)}
        case {"$example": str(name)}:
            return example(name)
        case dict():
            return {key: _finished(value) for key, value in part.items()}
        case list():
            return [_finished(value) for value in part]
    return part
