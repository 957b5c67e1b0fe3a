"""Whether the recorded lives still prove the workflows: what they do is lived by one of them, in every line.

A history that is replayed catches a change only where it passes. So a change is safe when all histories replay *and*
each line that decides or does something is passed by one of them. Then a change of what is recorded fails as a replay,
and a new path (behind a patch, or in a case that nobody played) fails as a line without a life.
"""

import ast
import base64
import json
import os
import sys
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from worker.runner import Runner

ROOT = Path(__file__).parents[2]

_FUNCTION = 0x1  # inspect.CO_OPTIMIZED: a class body or a module is none
_ELSEWHERE = {"validator", "query"}
"""Decorators of what no replay runs, and what can command nothing."""

_PATCHES = {"patched", "deprecate_patch"}

Lived = dict[str, set[int]]
"""The lines that were passed, by file."""


@dataclass(frozen=True)
class Unlived:
    """A line that no recorded life passes."""

    file: str
    function: str
    line: int
    text: str

    @property
    def place(self) -> str:
        return f"{self.file}:{self.function}"

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: no recorded life passes here: {self.text}"


async def replay(workflows: Sequence[type], lives: Sequence[WorkflowHistory], lived: Lived) -> list[str]:
    """Live them again; `lived` learns the lines that they pass of the files that it names. The lives that went otherwise."""

    async def each() -> AsyncIterator[WorkflowHistory]:
        for life in lives:
            yield life

    replayer = Replayer(
        workflows=workflows,
        workflow_runner=Runner(),
        data_converter=pydantic_data_converter,
        debug_mode=True,  # in our own thread, where it can be followed; and what takes time is no deadlock
    )
    before = sys.gettrace()
    sys.settrace(_following(lived))
    try:
        found = await replayer.replay_workflows(each(), raise_on_replay_failure=False)
    finally:
        sys.settrace(before)
    named = {life.run_id: life.workflow_id for life in lives}
    return [f"{named[run]} is lived otherwise: {why}" for run, why in found.replay_failures.items()]


def _following(lived: Lived) -> Any:
    """Notes each line of these files that is run in this thread."""

    def called(frame: FrameType, _event: str, _what: Any) -> Any:
        passed = lived.get(_absolute(frame.f_code.co_filename))
        if passed is None:
            return None

        def line(frame: FrameType, event: str, _what: Any) -> Any:
            if event == "line":
                passed.add(frame.f_lineno)
            return line

        return line

    return called


_absolute = cache(os.path.abspath)


def unlived(lived: Lived) -> Iterator[Unlived]:
    """Every line of a function that no life passed; validators and queries are not asked of a life."""
    for file, passed in lived.items():
        text = Path(file).read_text()
        elsewhere = set(_elsewhere(ast.parse(text)))
        for line, function in sorted(_lines(compile(text, file, "exec"))):
            if line not in passed and line not in elsewhere:
                written = text.splitlines()[line - 1].strip()
                yield Unlived(str(Path(file).relative_to(ROOT)), function, line, written)


def _lines(code: CodeType) -> Iterator[tuple[int, str]]:
    """The lines of all functions, each with its function's name; the line of the definition is no part of it."""
    if code.co_flags & _FUNCTION:
        lines = {line for _, _, line in code.co_lines() if line and line != code.co_firstlineno}
        yield from ((line, code.co_qualname) for line in lines)
    for part in code.co_consts:
        if isinstance(part, CodeType) and not part.co_name.startswith("<"):
            yield from _lines(part)


def _elsewhere(tree: ast.Module) -> Iterator[int]:
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            decorators = {one.attr for one in function.decorator_list if isinstance(one, ast.Attribute)}
            if decorators & _ELSEWHERE:
                yield from range(function.lineno, (function.end_lineno or function.lineno) + 1)


def patches(files: Collection[Path]) -> set[str]:
    """The ids of all patches that these files ask for."""
    trees = [ast.parse(file.read_text()) for file in files]
    names = {
        target.id: node.value.value
        for tree in trees
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return {str(_value(call.args[0], names)) for tree in trees for call in _patch_calls(tree)}


def _patch_calls(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _PATCHES:
            yield node


def _value(node: ast.expr, names: dict[str, Any]) -> Any:
    """A constant, or what a name of these files stands for."""
    match node:
        case ast.Constant(value):
            return value
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return names.get(name, name)
    return ast.unparse(node)


def activities(files: Collection[Path]) -> set[str]:
    """The activities that these files name: the methods of what they import from `activities`."""
    found: set[str] = set()
    for file in files:
        tree = ast.parse(file.read_text())
        homes = {
            name.asname or name.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("activities")
            for name in node.names
        }
        found |= {
            node.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in homes
        }
    return found


def recorded_activities(histories: Sequence[dict[str, Any]]) -> set[str]:
    scheduled = (
        event.get("activityTaskScheduledEventAttributes") for body in histories for event in body["events"]
    )
    return {one["activityType"]["name"] for one in scheduled if one}


def recorded_patches(histories: Sequence[dict[str, Any]]) -> set[str]:
    markers = (event.get("markerRecordedEventAttributes") for body in histories for event in body["events"])
    return {
        json.loads(base64.b64decode(marker["details"]["patch-data"]["payloads"][0]["data"]))["id"]
        for marker in markers
        if marker and marker["markerName"] == "core_patch"
    }
