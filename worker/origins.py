"""Origins: where a page came from, as browsers say it."""

from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}


def origin(address: str) -> str:
    """The origin of pages at this address.

    Raises:
        ValueError: it is no address of pages.
    """
    parts = urlsplit(address)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("must begin with https:// or http://, and name a host")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = "" if parts.port in {None, _PORTS[parts.scheme]} else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def origins(setting: str) -> tuple[str, ...]:
    """Origins with commas or spaces between; a path behind one is left out, for no browser says it.

    Raises:
        ValueError: one of them is none.
    """
    return tuple(origin(one) for one in setting.replace(",", " ").split())
