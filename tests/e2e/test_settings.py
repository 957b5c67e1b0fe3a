"""A worker that misses a setting says so in one line, names it, and ends with 2."""

import re
import sys
from pathlib import Path

import pytest

from tests.e2e.commands import environment
from tests.e2e.providers import easypost_settings, run, stripe_settings
from worker.gateways import webhook
from worker.settings import BadSetting, Settings
from worker.wiring import parts

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"
NOWHERE = "http://127.0.0.1:9"
STRIPE, EASYPOST = stripe_settings(NOWHERE), easypost_settings(NOWHERE)
SHIP_FROM = EASYPOST["BACKORDER_SHIP_FROM"]
WEBHOOK = {"BACKORDER_WEBHOOK_URL": "https://oms.example/hooks"}


def _ship_from(text: str) -> dict[str, str]:
    return EASYPOST | {"BACKORDER_SHIP_FROM": text}


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (STRIPE | {"BACKORDER_STRIPE_API_KEY": ""}, "BACKORDER_STRIPE_API_KEY: needed"),
        (EASYPOST | {"BACKORDER_EASYPOST_API_KEY": ""}, "BACKORDER_EASYPOST_API_KEY: needed"),
        (_ship_from(""), "BACKORDER_SHIP_FROM: needed"),
        (_ship_from("1 Dock Road, Salem"), "BACKORDER_SHIP_FROM: write it as JSON"),
        (_ship_from("[]"), "BACKORDER_SHIP_FROM: write it as JSON"),
        (_ship_from(SHIP_FROM.replace('"city"', '"town"')), "BACKORDER_SHIP_FROM: city: "),
        (_ship_from(SHIP_FROM.replace('"US"', '"Oregon"')), "BACKORDER_SHIP_FROM: country: "),
        ({"BACKORDER_PAYMENT": "paypal"}, "BACKORDER_PAYMENT: "),
        ({"BACKORDER_CARRIER": "pigeon"}, "BACKORDER_CARRIER: "),
        ({"BACKORDER_SMTP_URL": "mail.example"}, "BACKORDER_SMTP_URL: "),
        ({"BACKORDER_SMTP_URL": "smtp://shop:pass@mail.example"}, "BACKORDER_SMTP_URL: a password needs"),
        ({"BACKORDER_PUBLIC_URL": "orders.shop.example"}, "BACKORDER_PUBLIC_URL: must begin with https://"),
        ({"BACKORDER_LOCALE": "en-US"}, "BACKORDER_LOCALE: no such locale; write it as en_US"),
        ({"BACKORDER_LOCALE": "xx_YY"}, "BACKORDER_LOCALE: no such locale"),
        ({"BACKORDER_TIME_ZONE": "Middle/Earth"}, "BACKORDER_TIME_ZONE: "),
        ({"BACKORDER_DATABASE_URL": "oracle://x"}, "BACKORDER_DATABASE_URL: "),
        ({"BACKORDER_DATABASE_URL": "no url"}, "BACKORDER_DATABASE_URL: "),
        ({"BACKORDER_WEBHOOK_URL": "http://oms.example/hooks"}, "BACKORDER_WEBHOOK_URL: must begin"),
        ({"BACKORDER_WEBHOOK_URL": "https://:443/hooks"}, "BACKORDER_WEBHOOK_URL: names no host"),
        ({"BACKORDER_WEBHOOK_URL": "https://oms.example/hooks\n"}, "BACKORDER_WEBHOOK_URL: has a character"),
        (WEBHOOK, "BACKORDER_WEBHOOK_SECRET: needed"),
        (WEBHOOK | {"BACKORDER_WEBHOOK_SECRET": "whsec_c2tfbm9uZQ=="}, "BACKORDER_WEBHOOK_SECRET: write it"),
    ],
)
async def test_what_a_setting_lacks_is_named_with_its_variable_and_field(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], named: str
) -> None:
    for name, value in ({"BACKORDER_DATA_DIR": str(tmp_path)} | settings).items():
        monkeypatch.setenv(name, value)

    with pytest.raises(BadSetting) as bad:
        async with parts(Settings.load()), webhook(Settings.load()):
            pass

    assert str(bad.value).startswith(named)
    assert "sk_" not in str(bad.value)
    assert "EZTK" not in str(bad.value)


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (STRIPE | {"BACKORDER_STRIPE_API_KEY": ""}, "BACKORDER_STRIPE_API_KEY: needed"),
        (_ship_from(SHIP_FROM.replace('"city"', '"town"')), "BACKORDER_SHIP_FROM: city: Field required"),
        (WEBHOOK, "BACKORDER_WEBHOOK_SECRET: needed while BACKORDER_WEBHOOK_URL is set"),
    ],
)
async def test_a_worker_says_it_in_one_line_before_it_asks_any_server(
    tmp_path: Path, settings: dict[str, str], named: str
) -> None:
    ended = await run(tmp_path, environment(tmp_path) | settings, sys.executable, "-m", "worker")

    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"worker: {named}")
    assert len(ended.err.splitlines()) == 1


async def test_a_database_out_of_reach_is_one_line_too(tmp_path: Path) -> None:
    away = {
        "BACKORDER_DATABASE_URL": "postgresql+psycopg://ada:pa55@127.0.0.1:9/shop",
        "BACKORDER_SECRET_KEY": "s",
    }

    ended = await run(tmp_path, environment(tmp_path) | away, sys.executable, "-m", "worker")

    assert ended.code == 3, ended.err
    assert ended.err.startswith("worker: the database is out of reach: ")
    assert len(ended.err.splitlines()) == 1
    assert "pa55" not in ended.err


async def test_a_database_that_was_never_migrated_names_the_command_to_run(tmp_path: Path) -> None:
    ended = await run(tmp_path, environment(tmp_path), sys.executable, "-m", "worker")

    assert (ended.code, "backorder init" in ended.err) == (3, True)


def test_the_page_of_settings_has_every_one_with_its_default() -> None:
    told = dict(re.findall(r"^\| `BACKORDER_(\w+)` \| (.+?) \|", PAGE.read_text(), re.MULTILINE))
    known = {name.upper(): field.default for name, field in Settings.model_fields.items()}

    assert sorted(told) == sorted(known)
    for name, default in known.items():
        bare = getattr(default, "get_secret_value", lambda default=default: default)()
        assert told[name] == f"`{bare}`" if bare else told[name].startswith("("), name
