"""Letters in the customer's language: the same facts in each, in words and in HTML."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from babel.dates import format_date
from babel.numbers import format_currency

from domain.cancellation import Reason
from domain.money import Money
from domain.notices import Kind
from gateways.letters_facts import LetterLine
from tests.gateways.letter import SAMPLES, Reader, letter

LANGUAGES = ("en", "de")
LOCALES = ("en_US", "en_GB", "de_DE", "de_AT")
TEMPLATES = Path(__file__).parents[2] / "gateways" / "templates"
PARTS = ("subject.txt", "body.txt", "body.mjml")

EVIL = '<script>x</script>&amp;<b>{{ 7 * 7 }}</b>"'


def spoken(text: str) -> list[str]:
    """Word by word, without the marks between them."""
    return [word for word in (part.strip(".,:;·") for part in text.split()) if word]


def facts_told(given: dict[str, Any], locale: str) -> list[str]:
    """The dates, the money, the units, the names and the links, as the customer should read them."""
    days = [format_date(day, "long", locale) for day in given.values() if isinstance(day, date)]
    money = [
        format_currency(amount.minor / 100, amount.currency, locale=locale)
        for amount in given.values()
        if isinstance(amount, Money)
    ]
    lines = [*given.get("lines", ()), *given.get("waiting", ())]
    units = [f"{line.quantity} × {line.title}" for line in lines]
    names = [
        given[name]
        for name in ("carrier", "service", "tracking", "page_url", "cancel_url")
        if given.get(name)
    ]
    return [*days, *money, *units, *names, *given.get("address", ())]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", Kind)
def test_every_notice_is_there_in_every_language(kind: Kind, language: str) -> None:
    assert [part for part in PARTS if not (TEMPLATES / language / kind / part).is_file()] == []


def test_every_kind_of_notice_has_a_sample() -> None:
    assert {kind for kind, _ in SAMPLES} == {*Kind}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize(("kind", "given"), SAMPLES)
def test_words_and_html_say_the_same_word_for_word(kind: str, given: dict[str, Any], locale: str) -> None:
    written = letter(kind, **given, locale=locale)

    assert spoken(Reader(written.html).text) == spoken(f"The Widget Shop {written.text}")


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize(("kind", "given"), SAMPLES)
def test_every_fact_is_told_in_every_language(kind: str, given: dict[str, Any], locale: str) -> None:
    text = " ".join(letter(kind, **given, locale=locale).text.split())

    told = [" ".join(fact.split()) for fact in facts_told(given, locale)]
    assert [fact for fact in told if fact not in text] == []
    assert "None" not in text


@pytest.mark.parametrize(("kind", "given"), SAMPLES)
def test_no_two_languages_are_mixed(kind: str, given: dict[str, Any]) -> None:
    english, german = (letter(kind, **given, locale=locale) for locale in ("en_US", "de_DE"))

    assert not {"the", "you", "your", "order"} & {word.lower() for word in spoken(german.text)} - {"the"}
    assert not {"sie", "und", "ihre", "bestellung"} & {word.lower() for word in spoken(english.text)}
    assert (Reader(english.html).language, Reader(german.html).language) == LANGUAGES
    assert "Bestellung 1042" in german.subject
    assert english.subject != german.subject


def reason_told(reason: Reason, locale: str) -> str | None:
    found = re.search(
        r"^(?:Grund|Reason): (.+)$", letter("cancelled", reason=reason, locale=locale).text, re.MULTILINE
    )
    return found[1] if found else None


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_but_the_unnamed_is_told_in_the_languages_own_words(reason: Reason) -> None:
    english, german = (reason_told(reason, locale) for locale in ("en_US", "de_DE"))

    assert (english is None) == (german is None) == (reason is Reason.OTHER)
    assert english != german or reason is Reason.OTHER
    assert reason.value not in {english, german}


@pytest.mark.parametrize(
    ("name", "hello"),
    [("Ada Lovelace", "Guten Tag Ada Lovelace,"), ("Ada", "Guten Tag Ada,"), ("", "Guten Tag,")],
)
def test_a_german_letter_greets_by_the_whole_name(name: str, hello: str) -> None:
    written = letter("update", customer_name=name, locale="de_DE")

    assert f"\n{hello}\n" in written.text
    assert hello in Reader(written.html).text


def test_braces_in_a_name_are_only_braces() -> None:
    assert "Hello {name.__class__}," in letter("update", customer_name="{name.__class__}").text


@pytest.mark.parametrize("locale", ["fr_FR", "qq_QQ", "xx", "../de", "shop"])
def test_where_there_is_no_translation_the_letter_is_english(locale: str) -> None:
    written = letter("update", locale=locale)

    assert "Hello Ada" in written.text
    assert Reader(written.html).language == "en"


@pytest.mark.parametrize("locale", ["en_US", "de_DE"])
@pytest.mark.parametrize("kind", Kind)
def test_markup_from_others_is_text_in_every_letter(kind: Kind, locale: str) -> None:
    given = dict(next(given for name, given in SAMPLES if name == kind))
    line = LetterLine(sku="PRO", title=EVIL, quantity=1)
    words = {"customer_name": EVIL, "shop_name": EVIL, "carrier": EVIL, "tracking": EVIL, "address": (EVIL,)}

    written = letter(
        kind,
        **given | words | {"lines": (line,), "waiting": (line,), "why": EVIL, "law": EVIL, "locale": locale},
    )

    page = Reader(written.html)
    assert not page.tags & {"script", "b"}
    assert f"1 × {EVIL}" in page.text
    assert f"1 × {EVIL}" in written.text
    assert "49" not in spoken(written.text)


@pytest.mark.parametrize("locale", ["en_US", "de_DE"])
@pytest.mark.parametrize("kind", Kind)
def test_no_word_of_others_makes_a_line_of_its_own(kind: Kind, locale: str) -> None:
    given = dict(next(given for name, given in SAMPLES if name == kind))
    turn = "Ada\r\nBcc: eve@example.com"
    line = LetterLine(sku="PRO", title=turn, quantity=1)
    words = {"customer_name": turn, "shop_name": turn, "tracking": turn, "address": (turn,), "locale": locale}

    written = letter(kind, **given | words | {"lines": (line,)})

    assert not [row for row in written.text.splitlines() if row.startswith("Bcc")]
    assert "\n" not in written.subject
