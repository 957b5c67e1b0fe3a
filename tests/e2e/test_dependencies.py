"""The lock of a production install: every requirement has its pin, every pin its hashes, and nothing else stands there."""

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

HOME: Final = Path(__file__).parents[2]
LOCK: Final = (HOME / "requirements.lock").read_text()
PROJECT: Final = tomllib.loads((HOME / "pyproject.toml").read_text())["project"]
EXTRAS: Final = re.search(r"^EXTRAS = (.*)$", (HOME / "Makefile").read_text(), re.MULTILINE)[1].split()
PLATFORMS: Final = [
    {"python_version": python, "python_full_version": f"{python}.4", "sys_platform": system}
    for python in ("3.11", "3.12", "3.13", "3.14")
    for system in ("linux", "darwin")
]


def pins() -> dict[str, tuple[Requirement, int]]:
    """By name, each pin and how many hashes it has."""
    entries = re.sub(r"\s*\\\n\s*", " ", re.sub(r"^ *#.*$", "", LOCK, flags=re.MULTILINE)).split("\n")
    found = {}
    for entry in filter(None, map(str.strip, entries)):
        pin, *hashes = re.split(r"\s*--hash=sha256:", entry)
        assert all(re.fullmatch(r"[0-9a-f]{64}", one) for one in hashes), entry
        requirement = Requirement(pin)
        found[canonicalize_name(requirement.name)] = (requirement, len(hashes))
    return found


def wanted() -> Iterable[Requirement]:
    extras = PROJECT["optional-dependencies"]
    yield from map(Requirement, PROJECT["dependencies"])
    yield from (Requirement(one) for extra in EXTRAS for one in extras[extra])


def test_every_pin_names_one_version_and_has_its_hashes() -> None:
    locked = pins()

    assert len(locked) > len(PROJECT["dependencies"])
    assert [name for name, (_, hashes) in locked.items() if not hashes] == []
    assert {str(pin.specifier)[:2] for pin, _ in locked.values()} == {"=="}


def test_the_lock_satisfies_what_the_project_asks_for_on_every_platform() -> None:
    locked = pins()

    for one in wanted():
        pin, _ = locked[canonicalize_name(one.name)]
        (version,) = (spec.version for spec in pin.specifier)

        assert one.specifier.contains(version), f"{one} is locked at {version}: run `make lock`"
        for platform in PLATFORMS:
            asked = {**default_environment(), **platform}
            if one.marker is None or one.marker.evaluate(asked):
                assert pin.marker is None or pin.marker.evaluate(asked), f"{one} on {platform}"


def test_the_lock_says_nothing_of_where_it_was_made() -> None:
    options = re.findall(r"^\s*--(?!hash=)\S+", LOCK, flags=re.MULTILINE)

    assert options == []
    assert "://" not in LOCK
    assert " @ " not in LOCK
