"""The whole thing on this machine: Temporal with its Web UI, database, mail inbox, web pages and worker."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from domain.model import Model
from starter.embedded.processes import alive, command_line
from starter.errors import BadInput


class Addresses(Model):
    """Where everything is; the shape of `up --json`."""

    temporal: str
    temporal_ui: str
    web: str
    inbox: str
    smtp: str
    database: str
    data: str
    pid: int


def running(data: Path) -> Addresses | None:
    """The stack that runs on this data directory, if one does."""
    try:
        addresses = Addresses.model_validate_json(_file(data).read_text())
    except (OSError, ValueError):
        return None
    ours = "backorder" in command_line(addresses.pid) or not Path("/proc").exists()
    return addresses if alive(addresses.pid) and (ours or addresses.pid == os.getpid()) else None


@asynccontextmanager
async def embedded_stack(data: Path, *, fresh: bool = False) -> AsyncIterator[Addresses]:
    """Everything up, in order; taken down in the other.

    Raises:
        BadInput: another one runs on this data directory.
    """
    from starter.embedded.inbox import inbox
    from starter.embedded.pages import inbox_app
    from starter.embedded.processes import free_port
    from starter.embedded.temporal_server import TemporalServer, end_left_over
    from starter.embedded.web import serving

    other = running(data)
    if other is not None:
        raise BadInput(f"--data: another backorder (pid {other.pid}) runs on {data}")
    end_left_over(data)
    if fresh:
        _empty(data)
    data.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        server = await TemporalServer.start(data)
        stack.push_async_callback(server.stop)
        smtp, web = free_port(1025), free_port(8000)
        await stack.enter_async_context(inbox(data / "inbox", smtp))
        await stack.enter_async_context(serving(inbox_app(data / "inbox"), web))
        addresses = Addresses(
            temporal=server.address,
            temporal_ui=server.ui,
            web=f"http://127.0.0.1:{web}",
            inbox=f"http://127.0.0.1:{web}/inbox",
            smtp=f"127.0.0.1:{smtp}",
            database=f"sqlite:///{data / 'backorder.db'}",
            data=str(data),
            pid=os.getpid(),
        )
        await stack.enter_async_context(_worker(addresses))
        _file(data).write_text(addresses.model_dump_json(indent=2) + "\n")
        stack.callback(_file(data).unlink, missing_ok=True)
        yield addresses


@asynccontextmanager
async def _worker(addresses: Addresses) -> AsyncIterator[None]:
    from store.migrate import migrate
    from worker.settings import Settings
    from worker.wiring import parts, running_worker
    from workflows.connection import connect, register_search_attributes

    settings = Settings.load(
        data_dir=Path(addresses.data),
        database_url=addresses.database,
        smtp_url=f"smtp://{addresses.smtp}",
        public_url=addresses.web,
    )
    client = await connect(addresses.temporal)
    await register_search_attributes(client)
    async with parts(settings) as built:
        migrate(built.database)
        async with running_worker(client, built):
            yield


def _file(data: Path) -> Path:
    return data / "up.json"


_OURS = (
    "up.json",
    "temporal.pid",
    "temporal.log",
    "backorder.db",
    "temporal.db",
    "inbox",
    "sandbox-payments.db",
    "sandbox-carrier.db",
)


def _empty(data: Path) -> None:
    """Remove what an earlier run left, by name: a directory given by mistake loses nothing else."""
    for name in _OURS:
        for path in (data / name, data / f"{name}-wal", data / f"{name}-shm", data / f"{name}-journal"):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
