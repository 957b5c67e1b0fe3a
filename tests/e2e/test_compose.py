"""docker-compose.yml, read by the real Compose."""

import json
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ANYWHERE = "0.0.0.0"  # noqa: S104 - within the container; what is published is told below


def _compose(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    spec = find_spec("compose")
    assert spec
    assert spec.submodule_search_locations
    binary = Path(next(iter(spec.submodule_search_locations))) / "docker-compose"
    command = [str(binary), "-f", "docker-compose.yml", "--profile", "*", "config", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)


def test_compose_accepts_the_file_with_every_profile() -> None:
    checked = _compose(ROOT, "-q")

    assert checked.returncode == 0, checked.stderr


def test_nothing_is_published_beyond_this_machine() -> None:
    config = json.loads(_compose(ROOT, "--format", "json").stdout)
    ports = [port for service in config["services"].values() for port in service.get("ports", [])]

    assert ports
    assert {port["host_ip"] for port in ports} == {"127.0.0.1"}


def test_the_worker_and_what_prepares_it_have_their_commands() -> None:
    services = json.loads(_compose(ROOT, "--format", "json").stdout)["services"]

    assert services["worker"]["command"] == ["worker"]
    assert services["init"]["command"] == ["init"]
    assert services["web"]["command"] == ["web", "--host", ANYWHERE, "--port", "8000"]
    assert services["worker"]["depends_on"]["init"]["condition"] == "service_completed_successfully"


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("condition: service_healthy}", "condition: service_helthy}"),
        ("      - postgres:/var", "      - postgress:/var"),
        ("      init: {", "      innit: {"),
    ],
)
def test_compose_finds_a_planted_mistake(tmp_path: Path, right: str, wrong: str) -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    assert right in text
    (tmp_path / "docker-compose.yml").write_text(text.replace(right, wrong, 1))
    shutil.copytree(ROOT / "deploy", tmp_path / "deploy")

    assert _compose(tmp_path, "-q").returncode != 0
