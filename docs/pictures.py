"""Takes the README's pictures: `python -m docs.pictures` plays `backorder demo` and looks around; names take only those.

Needs the system's Chromium. A page that does not answer stops it, and so does a picture that is too large.
"""

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from playwright.sync_api import Browser, Page, sync_playwright

from gateways.links import Links
from starter.embedded.stack import Addresses
from starter.tokens import Scope
from worker.settings import Settings

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
MOST_BYTES = 250_000
WIDE, NARROW = 1280, 375
ORDER, SKU = "102", "WIDGET-PRO-BLUE"
QUERY = 'WorkflowType = "BackorderWorkflow" AND ExecutionStatus = "Running"'
COLUMNS = ("Status", "Workflow ID", "BackorderStatus", "BackorderSku", "BackorderCustomer", "BackorderPlaced")
"""What the list shows once an operator has chosen so; the browser remembers it under this name."""
CHOSEN = "namespace-workflow-table-columns"


@dataclass(frozen=True)
class Demo:
    """Where the played demo runs."""

    addresses: Addresses
    data: Path

    @property
    def workflows(self) -> str:
        return f"{self.addresses.temporal_ui}/namespaces/default/workflows"

    @property
    def room(self) -> str:
        return f"{self.addresses.web}/operations"

    @property
    def token(self) -> str:
        return (self.data / f"{Scope.OPERATIONS}.token").read_text()

    def order_page(self, order_id: str) -> str:
        settings = Settings.load(data_dir=self.data, database_url=self.addresses.database)
        return Links(self.addresses.web, settings.secret).order_page(order_id)


@dataclass(frozen=True)
class Picture:
    """What to open before the picture is taken."""

    name: str
    opened: Callable[[Page, Demo], None]
    width: int = WIDE
    height: int = 900
    dark: bool = False
    whole: bool = False
    """The whole page, however long."""


def _list(page: Page, demo: Demo) -> None:
    chosen = json.dumps({"default": [{"label": name} for name in COLUMNS]})
    page.add_init_script(f"localStorage.setItem({json.dumps(CHOSEN)}, {json.dumps(chosen)})")
    _open(page, f"{demo.workflows}?query={quote(QUERY)}")
    page.get_by_text(f"backorder-{ORDER}").first.wait_for()


def _order(page: Page, demo: Demo) -> None:
    _open(page, f"{demo.workflows}/backorder-{ORDER}")
    page.get_by_text("parcel 1: capture").first.wait_for()


def _details(page: Page, demo: Demo) -> None:
    _order(page, demo)
    page.get_by_text("User Metadata").first.click()
    texts = page.frame_locator("iframe").last
    texts.get_by_text("Waits for").wait_for()


def _shipped(page: Page, demo: Demo) -> None:
    _open(page, demo.addresses.inbox)
    page.get_by_text("order 108 has shipped").first.click()


def _customer(page: Page, demo: Demo) -> None:
    _open(page, demo.order_page(ORDER))


def _room(page: Page, demo: Demo) -> None:
    _open(page, f"{demo.room}/sign-in")
    page.locator("input[name=token]").fill(demo.token)
    page.locator("input[name=token]").press("Enter")
    page.wait_for_url(demo.room)


def _sku(page: Page, demo: Demo) -> None:
    _room(page, demo)
    _open(page, f"{demo.room}/skus/{SKU}")


def _open(page: Page, url: str) -> None:
    answer = page.goto(url)
    if answer is None or not answer.ok:
        sys.exit(f"{url} answers {answer.status if answer else 'nothing'}")


ALL = (
    Picture("web-ui-list", _list, height=560),
    Picture("web-ui", _order, height=1120),
    Picture("web-ui-details", _details, height=920),
    Picture("shipped", _shipped, width=760),
    Picture("customer", _customer),
    Picture("customer-narrow", _customer, width=NARROW, height=812),
    Picture("operations", _room),
    Picture("operations-dark", _room, dark=True),
    Picture("sku", _sku),
)


def main(names: list[str]) -> None:
    wanted = [picture for picture in ALL if not names or picture.name in names]
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("no chromium on this machine")
    with _demo() as demo, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(QUIET))
        for picture in wanted:
            _take(picture, browser, demo)
        browser.close()


def _take(picture: Picture, browser: Browser, demo: Demo) -> None:
    page = browser.new_page(
        viewport={"width": picture.width, "height": picture.height},
        color_scheme="dark" if picture.dark else "light",
        device_scale_factor=1,
    )
    picture.opened(page, demo)
    page.wait_for_timeout(1000)  # timelines and charts move into place
    file = PICTURES / f"{picture.name}.png"
    page.screenshot(path=file, full_page=picture.whole)
    page.close()
    size = file.stat().st_size
    if size > MOST_BYTES:
        sys.exit(f"{file.name} has {size} bytes: more than {MOST_BYTES}")


@contextmanager
def _demo() -> Iterator[Demo]:
    """The demo, played to its end; on a terminal of ours it then stays up, until we end it."""
    with TemporaryDirectory() as folder:
        screen, terminal = pty.openpty()
        command = [str(Path(sys.executable).parent / "backorder"), "demo", "--data", folder]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=terminal, stderr=terminal)  # noqa: S603 - our own
        os.close(terminal)
        try:
            _read_until_it_stays(screen)
            addresses = Addresses.model_validate_json((Path(folder) / "up.json").read_text())
            yield Demo(addresses, Path(folder))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)
            os.close(screen)


def _read_until_it_stays(screen: int) -> None:
    said = ""
    while "Still up" not in said:
        try:
            part = os.read(screen, 65_536)
        except OSError:  # the terminal closed: the demo has ended
            part = b""
        if not part:
            sys.exit(f"the demo ended:\n{said}")
        said += part.decode(errors="replace")


if __name__ == "__main__":
    main(sys.argv[1:])
