"""Draws the README's letters from the real templates: `python -m docs.letters`; needs the system's Chromium."""

import shutil
import sys
from html import escape
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from docs.pictures import QUIET
from domain.notices import Kind
from tests.gateways.letter import SAMPLES, letter

PICTURES = Path(__file__).parent / "letters"
USUAL = dict(reversed(SAMPLES))
WIDE, NARROW = 700, 375

SINGLE = (
    ("confirmation-en", Kind.CONFIRMATION, "en_US", WIDE, "light"),
    ("delay-de", Kind.DELAY_OPTION, "de_DE", WIDE, "light"),
    ("delay-en-narrow", Kind.DELAY_OPTION, "en_US", NARROW, "light"),
    ("shipped-de-narrow", Kind.SHIPPED, "de_DE", NARROW, "light"),
    ("choice-en-narrow-dark", Kind.CHOICE, "en_US", NARROW, "dark"),
)

SHEET = """<style>
    body { margin: 0; padding: 12px; background: #cbd2d9; width: 820px }
    main { zoom: 0.4; columns: 5; column-gap: 16px }
    iframe { border: 0; width: 375px; margin: 0 0 16px; break-inside: avoid; display: block }
</style><main>"""
GROW = """document.querySelectorAll("iframe").forEach(
    (frame) => { frame.style.height = frame.contentDocument.documentElement.scrollHeight + "px" })"""


def main() -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("no chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=[*QUIET, "--disable-lcd-text"])
        for name, kind, locale, width, scheme in SINGLE:
            _draw(browser, f"{name}.png", _html(kind, locale), width, scheme)
        for language, locale in (("en", "en_US"), ("de", "de_DE")):
            frames = (f'<iframe srcdoc="{escape(_html(kind, locale))}"></iframe>' for kind in Kind)
            _draw(browser, f"all-{language}.jpg", SHEET + "".join(frames), 844, "light")
        browser.close()


def _html(kind: Kind, locale: str) -> str:
    return letter(kind, **USUAL[kind], locale=locale).html


def _draw(browser: Browser, name: str, html: str, width: int, scheme: str) -> None:
    page = browser.new_page(viewport={"width": width, "height": 200}, color_scheme=scheme)
    page.set_content(html)
    page.evaluate(GROW)
    page.screenshot(path=PICTURES / name, full_page=True, quality=40 if name.endswith("jpg") else None)
    page.close()


if __name__ == "__main__":
    main()
