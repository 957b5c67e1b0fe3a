"""The embedded stack: everything comes up, keeps what it was given, and leaves nothing behind."""

import asyncio
import os
import signal
import smtplib
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from temporalio.client import Client

from starter.embedded.inbox import inbox
from starter.embedded.inbox_pages import inbox_app
from starter.embedded.processes import alive, listening, port_of
from starter.embedded.stack import Addresses, AlreadyRunning, EmbeddedStack, Ports, running
from starter.embedded.temporal_server import TemporalServer
from worker.serving import serving

ANY = Ports(temporal=0, temporal_ui=0, web=0, smtp=0)
LIMIT_SECONDS = 30

# Another process with a stack of its own; says so once it is up.
ANOTHER = """
import asyncio, sys
from contextlib import asynccontextmanager
from pathlib import Path
from starter.embedded.inbox_pages import inbox_app
from starter.embedded.stack import EmbeddedStack, Ports

@asynccontextmanager
async def no_worker(addresses):
    yield inbox_app(Path(addresses.data) / "inbox")

async def main():
    async with EmbeddedStack(Path(sys.argv[1]), no_worker, Ports(0, 0, 0, 0)):
        print("up", flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""


@asynccontextmanager
async def no_worker(addresses: Addresses) -> AsyncIterator[FastAPI]:
    yield inbox_app(Path(addresses.data) / "inbox")


def stack(data: Path, *, fresh: bool = False) -> EmbeddedStack:
    return EmbeddedStack(data, no_worker, ANY, fresh)


@asynccontextmanager
async def inbox_alone(data: Path) -> AsyncIterator[Addresses]:
    """The mail server and its pages, without Temporal."""
    mails = data / "inbox"
    with listening(0) as smtp, listening(0) as web:
        async with inbox(mails, smtp), serving(inbox_app(mails), web):
            pages = f"http://127.0.0.1:{port_of(web)}"
            yield Addresses(
                temporal="",
                temporal_ui="",
                web=pages,
                inbox=f"{pages}/inbox",
                smtp=f"127.0.0.1:{port_of(smtp)}",
                database="",
                data=str(data),
                pid=os.getpid(),
            )


async def test_a_mail_is_shown_as_its_reader_sees_it(tmp_path: Path) -> None:
    async with stack(tmp_path) as up:
        await send(up, mail("Dein Päckchen 📦", html="<h1>Unterwegs</h1>", text="Unterwegs."))

        listed = await page(up.inbox)
        link = listed.text.split('href="')[1].split('"')[0]
        shown = await page(up.web + link)
        body = await page(up.web + link + "/html")

    assert "Dein Päckchen 📦" in listed.text
    assert "ada@example.com" in listed.text
    assert "The Widget Shop" in shown.text
    assert f'sandbox="" src="{link}/html"' in shown.text
    assert "<pre>Unterwegs." in shown.text
    assert body.text.strip() == "<h1>Unterwegs</h1>"


async def test_what_a_mail_would_run_is_inert(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    async with inbox_alone(tmp_path) as up:
        await send(up, mail(evil, html=f"<p>Hello</p>{evil}", text=evil))

        listed = await page(up.inbox)
        link = listed.text.split('href="')[1].split('"')[0]
        shown = await page(up.web + link)
        body = await page(up.web + link + "/html")

    assert evil not in listed.text
    assert evil not in shown.text
    assert 'sandbox=""' in shown.text
    assert "default-src 'none'" in body.headers["content-security-policy"]
    assert body.headers["content-security-policy"].endswith("sandbox")


async def test_the_newest_mail_comes_first_whatever_its_own_date_says(tmp_path: Path) -> None:
    dates = ("Fri, 01 Jan 2100 00:00:00 +0000", "no date at all", "Mon, 01 Jan 2001 00:00:00 -0000")
    async with inbox_alone(tmp_path) as up:
        for place, date in enumerate(dates):
            letter = mail(f"letter {place}")
            letter["Date"] = date
            await send(up, letter)

        listed = await page(up.inbox)

    places = [listed.text.index(f"letter {place}") for place in (2, 1, 0)]
    assert places == sorted(places)


async def test_a_mail_without_html_shows_its_text_open(tmp_path: Path) -> None:
    async with inbox_alone(tmp_path) as up:
        await send(up, mail("Plain", text="Only words."))
        link = (await page(up.inbox)).text.split('href="')[1].split('"')[0]

        shown = await page(up.web + link)

    assert "<iframe" not in shown.text
    assert "<details open>" in shown.text


async def test_an_unknown_mail_is_not_found(tmp_path: Path) -> None:
    async with inbox_alone(tmp_path) as up, httpx.AsyncClient(base_url=up.web) as browser:
        missing = await browser.get("/inbox/nothing")

    assert missing.status_code == 404


async def test_it_is_found_while_it_runs_and_leaves_nothing_behind(tmp_path: Path) -> None:
    async with stack(tmp_path) as up:
        server = server_pid(tmp_path)
        while_up = running(tmp_path)

    assert while_up == up
    assert up.pid == os.getpid()
    assert running(tmp_path) is None
    assert not alive(server)
    assert not (tmp_path / "up.json").exists()
    assert not (tmp_path / "server.pid").exists()


async def test_an_open_conversation_does_not_hold_up_the_end(tmp_path: Path) -> None:
    async with stack(tmp_path) as up:
        host, port = up.smtp.split(":")
        client = await asyncio.to_thread(smtplib.SMTP, host, int(port))

    client.close()


async def test_ports_that_are_taken_are_replaced(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]

        async with EmbeddedStack(tmp_path, no_worker, Ports(taken, taken, taken, taken)) as up:
            shown = await page(up.inbox)

    assert shown.status_code == 200
    assert not any(
        address.endswith(f":{taken}") for address in (up.temporal, up.temporal_ui, up.web, up.smtp)
    )


async def test_a_worker_that_fails_takes_everything_down_again(tmp_path: Path) -> None:
    servers: list[int] = []

    @asynccontextmanager
    async def broken(_: Addresses) -> AsyncIterator[FastAPI]:
        servers.append(server_pid(tmp_path))
        raise RuntimeError("no worker today")
        yield FastAPI()

    with pytest.raises(RuntimeError, match="no worker today"):
        async with EmbeddedStack(tmp_path, broken, ANY):
            pass

    assert not alive(servers[0])
    assert running(tmp_path) is None


async def test_a_second_one_on_the_same_data_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    with another(tmp_path) as first:
        with pytest.raises(AlreadyRunning) as refused:
            async with stack(tmp_path):
                pass

        assert refused.value.pid == first.pid
        assert alive(server_pid(tmp_path))
        found = running(tmp_path)
        assert found is not None
        assert found.pid == first.pid


async def test_data_survives_a_restart(tmp_path: Path) -> None:
    async with stack(tmp_path) as up:
        client = await Client.connect(up.temporal)
        await client.start_workflow("Waits", id="order-100", task_queue="nobody")
        await send(up, mail("Still here"))

    async with stack(tmp_path) as up:
        client = await Client.connect(up.temporal)
        described = await client.get_workflow_handle("order-100").describe()
        listed = [found.id async for found in client.list_workflows("ExecutionStatus = 'Running'")]
        listing = await page(up.inbox)

    assert described.workflow_type == "Waits"
    assert listed == ["order-100"]
    assert "Still here" in listing.text


async def test_a_fresh_start_forgets_our_own_files_and_no_others(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    async with stack(tmp_path) as up:
        await send(up, mail("Gone tomorrow"))

    async with stack(tmp_path, fresh=True) as up:
        listing = await page(up.inbox)

    assert "No mail yet" in listing.text
    assert (tmp_path / "notes.txt").read_text() == "mine"


async def test_a_killed_stack_leaves_no_server_and_does_not_block_the_next(tmp_path: Path) -> None:
    with another(tmp_path) as first:
        server = server_pid(tmp_path)
        first.kill()
        first.wait()

    assert running(tmp_path) is None
    async with stack(tmp_path) as up:
        assert not alive(server)
        assert running(tmp_path) == up


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a server together with its parent")
async def test_on_linux_the_server_ends_with_the_stack_that_is_killed(tmp_path: Path) -> None:
    with another(tmp_path) as first:
        server = server_pid(tmp_path)
        first.kill()
        first.wait()

    async with asyncio.timeout(LIMIT_SECONDS):
        while alive(server):  # noqa: ASYNC110 - another process tells no event
            await asyncio.sleep(0.05)


async def test_a_left_over_server_is_ended_by_the_next_start(tmp_path: Path) -> None:
    left_over = await TemporalServer.start(tmp_path, 0, 0)
    assert left_over.process is not None

    async with stack(tmp_path):
        assert left_over.process.poll() is not None


async def test_a_left_over_pid_that_is_somebody_elses_is_left_alone(tmp_path: Path) -> None:
    with stranger() as process:
        (tmp_path / "server.pid").write_text(str(process.pid))

        async with stack(tmp_path):
            pass

        assert process.poll() is None


async def test_ctrl_c_ends_the_server_too(tmp_path: Path) -> None:
    with another(tmp_path):
        server = server_pid(tmp_path)

    assert not alive(server)
    assert running(tmp_path) is None


async def test_a_stale_file_whose_pid_lives_on_as_somebody_else_blocks_nothing(tmp_path: Path) -> None:
    async with stack(tmp_path) as up:
        stale = up.model_dump_json()
    (tmp_path / "up.json").write_text(stale)

    assert running(tmp_path) is None
    async with stack(tmp_path) as up:
        assert running(tmp_path) == up


def mail(subject: str, *, text: str = "Hello.", html: str = "") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "The Widget Shop <orders@shop.example>"
    message["To"] = "ada@example.com"
    message["Subject"] = subject
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    return message


async def send(up: Addresses, message: EmailMessage) -> None:
    def deliver() -> None:
        host, port = up.smtp.split(":")
        with smtplib.SMTP(host, int(port)) as client:
            client.send_message(message)

    await asyncio.to_thread(deliver)


async def page(url: str) -> httpx.Response:
    async with httpx.AsyncClient() as browser:
        return await browser.get(url)


def server_pid(data: Path) -> int:
    return int((data / "server.pid").read_text())


@contextmanager
def another(data: Path) -> Iterator["subprocess.Popen[str]"]:
    """A stack in a process of its own, stopped as by Ctrl-C."""
    command = [sys.executable, "-c", ANOTHER, str(data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "up\n"
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(LIMIT_SECONDS)


@contextmanager
def stranger() -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as process:
        try:
            yield process
        finally:
            process.kill()


async def test_servers_that_start_in_the_same_moment_are_each_their_own(tmp_path: Path) -> None:
    """All prefer the same port; who loses it must not take the winner's server for its own."""
    folders = [tmp_path / name for name in ("a", "b", "c")]
    for folder in folders:
        folder.mkdir()

    servers = await asyncio.gather(*map(TemporalServer.start, folders))
    for server in servers:
        await server.stop()

    assert len({server.address for server in servers}) == 3
