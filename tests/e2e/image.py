"""The image, made as far as it can be without an engine, and offline: the Dockerfile's own steps, in a folder of the test.

What the first stage copies is copied and what it runs is run, with two things lent. The packages of requirements.lock
are the test's own, by a .pth file: a folder named in one is searched, but the .pth files in it are not read, so the
project's editable install, and with it the source tree, stays out of sight. And the wheel is built by that same
hatchling, for there is no index to get one from.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Final, NamedTuple

from tests.e2e.compose import ROOT, environment

LOCKED: Final = "--requirement requirements.lock"


class Step(NamedTuple):
    stage: int
    word: str
    rest: str


def steps() -> list[Step]:
    """The Dockerfile's instructions."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    stage, found = 0, []
    for line in filter(str.strip, re.sub(r"\\\n", " ", text).splitlines()):
        word, rest = line.split(maxsplit=1)
        stage += word == "FROM"
        found.append(Step(stage, word, rest))
    return found


def copied() -> list[tuple[str, str]]:
    """From where in the project to where, of the stage that builds."""
    pairs = []
    for step in steps():
        if step.word == "COPY" and not step.rest.startswith("--from"):
            *sources, target = step.rest.split()
            pairs += [(source, target) for source in sources]
    return pairs


def ignored(path: str) -> bool:
    """Whether .dockerignore keeps this file of the project out; the last line that fits decides."""
    decided = False
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.removeprefix("!").removeprefix("**/")
        if line and not line.startswith("#") and _fits(path, pattern):
            decided = not line.startswith("!")
    return decided


def _fits(path: str, pattern: str) -> bool:
    parts = Path(path).parts
    above = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
    return pattern == "*" or any(fnmatch(one, pattern) for one in (*above, *parts))


@dataclass(frozen=True)
class Image:
    """The prefix that the second stage gets, and how that stage says it is run."""

    prefix: Path
    entrypoint: list[str]
    variables: dict[str, str]

    @property
    def packages(self) -> Path:
        return next(self.prefix.glob("lib/python3*/site-packages"))


def built(folder: Path) -> Image:
    """Do what the first stage says."""
    source, prefix = folder / "src", folder / "app"
    source.mkdir()
    for step in steps():
        if step.stage == 1 and step.word == "COPY":
            _copy(step, source)
        if step.stage == 1 and step.word == "RUN":
            _run(step.rest, source, prefix)
    last = {step.word: step.rest for step in steps()}
    variables = dict(pair.split("=", 1) for pair in shlex.split(last["ENV"]))
    variables["PATH"] = f"{prefix / 'bin'}:/usr/bin:/bin"
    return Image(prefix, shlex.split(re.sub(r"[\[\],]", " ", last["ENTRYPOINT"])), variables)


def _copy(step: Step, source: Path) -> None:
    *wanted, target = step.rest.split()
    for name in wanted:
        for file in _files(ROOT / name):
            path = file.relative_to(ROOT)
            if not ignored(str(path)):
                place = source / target / file.relative_to(ROOT / name)
                place = source / target / path.name if file == ROOT / name else place
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, place)


def _files(path: Path) -> Iterator[Path]:
    assert path.exists(), f"the Dockerfile copies {path.name}, which is not there"
    yield from [path] if path.is_file() else (one for one in path.rglob("*") if one.is_file())


def _run(command: str, source: Path, prefix: Path) -> None:
    if LOCKED in command:
        packages = next(prefix.glob("lib/python3*/site-packages"))
        (packages / "lent.pth").write_text(sysconfig.get_path("purelib"))
        return
    here = command.replace("/app", str(prefix)).replace("--no-deps .", "--no-deps --no-build-isolation .")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    told = subprocess.run(
        ["/bin/sh", "-c", here],
        cwd=source,
        env=os.environ | {"PATH": path, "PIP_NO_INDEX": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert told.returncode == 0, f"{here}: {told.stdout}{told.stderr}"


@dataclass(frozen=True)
class Container:
    """What a service of docker-compose.yml would run, with addresses and folders of this machine instead of its own."""

    command: list[str]
    variables: dict[str, str]
    check: list[str]
    grace_seconds: float


def container(service: Mapping[str, Any], image: Image | None, here: Mapping[str, str]) -> Container:
    """`here`: by what a service is told, what it is told on this machine."""
    there = re.compile("|".join(re.escape(one) for one in sorted(here, key=len, reverse=True)))

    def swapped(text: str) -> str:
        return there.sub(lambda found: here[found[0]], text)

    entrypoint = service.get("entrypoint") or (image.entrypoint if image else [])
    command = [*entrypoint, *(service.get("command") or [])]
    told = (image.variables if image else {}) | environment(service)
    path = told.pop("PATH", None)
    return Container(
        [swapped(word) for word in command],
        {name: swapped(value) for name, value in told.items()} | ({"PATH": path} if path else {}),
        [swapped(word) for word in service.get("healthcheck", {}).get("test", [])[1:]],
        _seconds(service.get("stop_grace_period", "10s")),
    )


def _seconds(duration: str) -> float:
    found = re.fullmatch(r"(?:(\d+)m)?(?:(\d+)s)?", duration)
    assert found, duration
    minutes, seconds = (int(part or 0) for part in found.groups())
    return 60 * minutes + seconds
