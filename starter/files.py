"""Files that are loaded: JSON or CSV, each bad field named with its place."""

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from starter.commands.orders import read_text
from starter.errors import BadInput
from workflows.messages import faults, sentence

M = TypeVar("M", bound=BaseModel)

Rows = list[tuple[int, dict[str, Any]]]
"""The rows of a CSV file by their line number; an empty cell was not given."""


def load(model: type[M], file: Path, from_rows: Callable[[Rows], Any]) -> M:
    """The file as a model; `from_rows` makes the JSON that the rows of a CSV file stand for.

    Raises:
        BadInput: it can't be read, or a field is bad.
    """
    text = read_text(str(file))
    body = from_rows(rows(file, text)) if file.suffix.lower() == ".csv" else _json(file, text)
    return model.model_validate_json(json.dumps(body))


def _json(file: Path, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise BadInput(f"{file}: not JSON: {error}") from None


def rows(file: Path, text: str) -> Rows:
    read = csv.DictReader(text.lstrip("\ufeff").splitlines())
    if not read.fieldnames:
        raise BadInput(f"{file}: no column names in the first line")
    return [(read.line_num, _given(file, read.line_num, row)) for row in read]


def _given(file: Path, number: int, row: dict[Any, Any]) -> dict[str, Any]:
    if None in row:
        raise BadInput(f"{file}, line {number}: more cells than columns")
    return {name.strip(): _value(cell) for name, cell in row.items() if cell not in {None, ""}}


def _value(cell: str) -> Any:
    """Numbers, true, false and null as JSON has them; everything else is text."""
    words = {"true": True, "false": False, "null": None}
    return words.get(cell.strip().lower(), cell.strip())


def checked(model: type[M], file: Path, read: Rows) -> Iterator[M]:
    """Each row as a model, so that a bad one is named by its line.

    Raises:
        BadInput: one is bad.
    """
    for number, row in read:
        try:
            yield model.model_validate(row)
        except ValidationError as error:
            raise BadInput(f"{file}, line {number}: {sentence(faults(error))}") from None
