"""Where the Temporal servers from the wheels are."""

import shutil
import sys
from pathlib import Path


def _beside_python(name: str) -> str:
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    assert found, f"{name} is not installed: pip install -e .[dev]"
    return found


def test_server() -> str:
    return _beside_python("temporal-test-server")


def temporal() -> str:
    return _beside_python("temporal")


test_server.__test__ = False  # type: ignore[attr-defined]  # pytest: this is no test
