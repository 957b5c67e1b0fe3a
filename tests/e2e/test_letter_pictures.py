"""Letters as a browser draws them: whatever their language and their words, nobody has to scroll sideways."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, sync_playwright

from docs.pictures import QUIET
from domain.notices import Kind
from gateways.letters_facts import LetterLine
from tests.gateways.letter import SAMPLES, letter

pytestmark = pytest.mark.slow

CHROMIUM = shutil.which("chromium")
WIDTHS = (700, 375)
LONG = (
    LetterLine(
        sku="KIT", title="Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen, blau", quantity=120
    ),
    LetterLine(sku="W" * 64, title="", quantity=1),
)
RIGHT_EDGE = """Math.max(document.documentElement.scrollWidth,
    ...Array.from(document.querySelectorAll("body *"), (element) => element.getBoundingClientRect().right))"""
"""Also of what a rounded corner would cut off."""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser.new_page()
        browser.close()


@pytest.mark.parametrize("locale", ["en_US", "de_DE"])
@pytest.mark.parametrize("kind", Kind)
def test_no_letter_is_wider_than_the_screen(page: Page, kind: Kind, locale: str) -> None:
    for given in (given for name, given in SAMPLES if name == kind):
        page.set_content(letter(kind, **given | {"lines": LONG, "waiting": LONG, "locale": locale}).html)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate(RIGHT_EDGE) <= width
