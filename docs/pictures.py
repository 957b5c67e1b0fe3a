"""Takes the README's pictures: `python docs/pictures.py` while `backorder demo` runs; needs the system's Chromium."""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

PICTURES = Path(__file__).parent / "pictures"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def main(temporal_ui: str, inbox: str) -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("no chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(QUIET))
        page = browser.new_page(viewport={"width": 1280, "height": 860})
        _waiting_order(page, temporal_ui)
        page.set_viewport_size({"width": 760, "height": 900})
        _shipped_mail(page, inbox)
        browser.close()


def _waiting_order(page: Page, temporal_ui: str) -> None:
    page.goto(f"{temporal_ui}/namespaces/default/workflows/backorder-102")
    page.get_by_text("BackorderWorkflow").first.wait_for()
    page.wait_for_timeout(3000)  # the page draws its timeline by and by
    page.screenshot(path=PICTURES / "web-ui.png")


def _shipped_mail(page: Page, inbox: str) -> None:
    page.goto(inbox)
    page.get_by_text("order 108 has shipped").first.click()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=PICTURES / "shipped.png")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
