"""Free ports, and processes that we started ourselves."""

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform != "win32":
    import fcntl

LOOPBACK = "127.0.0.1"


def listening(preferred: int) -> socket.socket:
    """A socket that listens on the preferred port of this machine, or on another one when it is taken."""
    for port in (preferred, 0):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
            listener.listen()
        except OSError:
            listener.close()
        else:
            return listener
    raise OSError(f"no free port on {LOOPBACK}")


def port_of(listener: socket.socket) -> int:
    return int(listener.getsockname()[1])


def free_port(preferred: int) -> int:
    """The preferred port of this machine, or another one when it is taken."""
    with listening(preferred) as probe:
        return port_of(probe)


def alive(pid: int) -> bool:
    """Whether a process of this id runs (one that ended and was not collected yet does not)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return _state(pid) != "Z"


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return ""


def command_line(pid: int) -> list[str]:
    """What the process was started as; empty where the system does not say."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return []


@contextmanager
def sole_owner(lock: Path) -> Iterator[None]:
    """Own the lock file for as long as the block lasts.

    The kernel frees it when the process ends, however it ends; a pid in a file would outlive a SIGKILL, and be
    somebody else's after a restart of the machine (in a container it is always the same).

    Raises:
        BlockingIOError: another one owns it.
    """
    with lock.open("a") as file:
        if sys.platform != "win32":
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def owner(lock: Path) -> int | None:
    """The process that owns the lock file; None if none does, or if the file is not there."""
    if sys.platform == "win32":
        return None
    try:
        with lock.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return int(lock.read_text() or 0)
    except OSError:
        return None
    return None
