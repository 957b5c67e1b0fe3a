"""docker-compose.yml as the real Compose reads it; no engine needed."""

import json
import os
import subprocess
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
TRIAL = ("docker-compose.yml",)
PRODUCTION = (*TRIAL, "deploy/production.yml")
ALL_PROFILES = ("--profile", "*")

_OTHERS = ("BACKORDER_", "TEMPORAL_", "POSTGRES_", "COMPOSE_", "OTEL_", "PG")


def compose(
    *arguments: str,
    files: tuple[str, ...] = TRIAL,
    settings: Mapping[str, str] | Path | None = None,
    folder: Path = ROOT,
) -> "subprocess.CompletedProcess[str]":
    """Run it with these settings, or this file of them, and no others."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OTHERS)}
    given = settings if isinstance(settings, Path) else Path(os.devnull)
    command = [_binary(), "--env-file", str(given), *(part for file in files for part in ("-f", file))]
    return subprocess.run(
        [*command, *arguments],
        cwd=folder,
        env=kept | dict(settings if isinstance(settings, Mapping) else {}),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def read(
    files: tuple[str, ...] = TRIAL, settings: Mapping[str, str] | Path | None = None, *profiles: str
) -> dict[str, Any]:
    """All that it would do, with every profile unless some are named."""
    asked = [part for profile in profiles or ("*",) for part in ("--profile", profile)]
    told = compose(*asked, "config", "--format", "json", files=files, settings=settings)
    assert told.returncode == 0, told.stderr
    found: dict[str, Any] = json.loads(told.stdout)
    return found


def services(
    files: tuple[str, ...] = TRIAL, settings: Mapping[str, str] | Path | None = None, *profiles: str
) -> dict[str, Any]:
    found: dict[str, Any] = read(files, settings, *profiles)["services"]
    return found


def environment(service: Mapping[str, Any]) -> dict[str, str]:
    """What a container of it is given; a variable that nobody has set is not there."""
    return {name: value for name, value in service["environment"].items() if value is not None}


def _binary() -> str:
    spec = find_spec("compose")
    assert spec
    assert spec.submodule_search_locations
    return str(Path(next(iter(spec.submodule_search_locations))) / "docker-compose")
