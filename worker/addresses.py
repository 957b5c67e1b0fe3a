"""Addresses to listen on, as settings write them."""

_PORTS = 65_535


def listening(setting: str | None) -> str | None:
    """`HOST:PORT`, an IPv6 host in brackets.

    Raises:
        ValueError: it reads otherwise.
    """
    if setting is not None:
        parted(setting)
    return setting


def parted(setting: str) -> tuple[str, int]:
    """Host and port."""
    host, separator, port = setting.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    bracketed = host == f"[{bare}]"
    if not (separator and bare and port.isdecimal() and int(port) <= _PORTS) or (":" in bare) != bracketed:
        raise ValueError("must be HOST:PORT, as 127.0.0.1:9464")
    return bare, int(port)
