"""A shop's own folder of templates: it overrides any file, and may add a language."""

from pathlib import Path

import pytest

from gateways.letters import Letters
from tests.gateways.letter import PARCEL, Reader, facts

TEMPLATES = Path(__file__).parents[2] / "gateways" / "templates"


def fill(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


FRENCH = {
    "fr/words.txt": (TEMPLATES / "en" / "words.txt")
    .read_text("utf-8")
    .replace("Hello {first_name}", "Bonjour {name}"),
    "fr/shipped/subject.txt": "Bonne nouvelle : commande {{ facts.order_id }} expédiée",
    "fr/shipped/body.txt": '{% extends "layout.txt" %}{% block body %}Livraison prévue le {{ delivery }}.{% endblock %}',
    "fr/shipped/body.mjml": '{% extends "layout.mjml" %}{% block body %}<mj-text>Livraison prévue le {{ delivery }}.</mj-text>{% endblock %}',
}


def test_a_shop_adds_a_language_of_its_own(tmp_path: Path) -> None:
    letters = Letters(fill(tmp_path, FRENCH))

    written = letters.render(facts("shipped", **PARCEL, locale="fr_FR"))

    assert written.subject == "Bonne nouvelle : commande 1042 expédiée"
    for said in (written.text, Reader(written.html).text):
        assert "Bonjour Ada Lovelace" in said
        assert "Livraison prévue le 20 mars 2026." in said
    assert Reader(written.html).language == "fr"


@pytest.mark.parametrize("missing", FRENCH)
def test_a_notice_that_a_language_has_only_in_part_is_english_as_a_whole(
    tmp_path: Path, missing: str
) -> None:
    letters = Letters(fill(tmp_path, {name: text for name, text in FRENCH.items() if name != missing}))

    written = letters.render(facts("shipped", **PARCEL, locale="fr_FR"))

    assert written.subject == "Good news: order 1042 has shipped"
    assert "Hello Ada," in written.text


def test_a_shops_file_overrides_one_language_and_leaves_the_other(tmp_path: Path) -> None:
    letters = Letters(fill(tmp_path, {"de/update/subject.txt": "Neues zu {{ facts.order_id }}"}))

    german, english = (letters.render(facts("update", locale=locale)) for locale in ("de_DE", "en_US"))

    assert german.subject == "Neues zu 1042"
    assert "Guten Tag Ada Lovelace" in german.text
    assert english.subject == "Order 1042: still awaiting inventory"


def test_a_shops_layout_and_words_serve_every_language(tmp_path: Path) -> None:
    words = (TEMPLATES / "de" / "words.txt").read_text("utf-8").replace("Guten Tag", "Moin")
    mine = {"layout.txt": "{{ hello }} {% block body %}{% endblock %}", "de/words.txt": words}

    letters = Letters(fill(tmp_path, mine))

    assert letters.render(facts("shipped", locale="de_DE")).text.startswith("Moin Ada Lovelace, das Warten")
    assert letters.render(facts("shipped")).text.startswith("Hello Ada, The wait is over")


def test_a_template_of_several_lines_still_makes_one_subject(tmp_path: Path) -> None:
    letters = Letters(fill(tmp_path, {"en/shipped/subject.txt": "On its way:\n{{ facts.order_id }}\n"}))

    assert letters.render(facts("shipped")).subject == "On its way: 1042"


def test_the_shops_own_folder_overrides_one_file_and_leaves_the_others(tmp_path: Path) -> None:
    letters = Letters(fill(tmp_path, {"en/update/body.txt": "Ahoy {{ name }}, {{ facts.order_id }}!"}))

    written = letters.render(facts("update"))

    assert written.text == "Ahoy Ada, 1042!\n"
    assert "Hello Ada" in Reader(written.html).text
    assert written.subject == "Order 1042: still awaiting inventory"
