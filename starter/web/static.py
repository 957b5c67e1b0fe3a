"""Files that pages load from us: styles, scripts, pictures."""

import gzip
from functools import lru_cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from fastapi import APIRouter, Request, Response

_FOLDER = Path(__file__).parent / "static"

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
}
"""What is served at all; a file of any other kind stays where it is."""

_TEXTS = {".css", ".js", ".svg"}
"""What packing makes smaller: the script of the charts to a third."""

_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"


def router() -> APIRouter:
    """`/static/…`."""
    doors = APIRouter(prefix="/static")

    @doors.api_route("/{name:path}", methods=["GET", "HEAD"])
    def file(name: str, request: Request, v: str = "") -> Response:
        """A file under its own version may be kept for ever; without one it is asked for again."""
        path = _known().get(name)
        if path is None:
            return Response("Not found", 404, media_type="text/plain")
        version = _version(path)
        headers = {
            "Cache-Control": _FOR_EVER if v == version else _ASK_AGAIN,
            "ETag": f'"{version}"',
            "Vary": "Accept-Encoding",
            "X-Content-Type-Options": "nosniff",
        }
        if request.headers.get("If-None-Match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        headers["Content-Type"] = _TYPES[path.suffix]
        if path.suffix in _TEXTS and "gzip" in request.headers.get("Accept-Encoding", ""):
            return Response(_packed(path), headers={**headers, "Content-Encoding": "gzip"})
        return Response(path.read_bytes(), headers=headers)

    return doors


def address(name: str) -> str:
    """Where a page loads this file from: another address once its contents change.

    Raises:
        KeyError: there is no such file.
    """
    return f"/static/{name}?v={_version(_known()[name])}"


@lru_cache(maxsize=1)
def _known() -> dict[str, Path]:
    """All that is served, by name: a name that is made up reaches no other file."""
    ours = {
        path.relative_to(_FOLDER).as_posix(): path for path in _FOLDER.rglob("*") if path.suffix in _TYPES
    }
    return ours | _plotly()


def _plotly() -> dict[str, Path]:
    """The script of the charts, from its own package, which need not be loaded for it."""
    spec = find_spec("plotly")
    if spec is None or spec.origin is None:
        return {}
    return {"plotly.min.js": Path(spec.origin).parent / "package_data" / "plotly.min.js"}


@lru_cache(maxsize=64)
def _packed(path: Path) -> bytes:
    return gzip.compress(path.read_bytes(), mtime=0)


@lru_cache(maxsize=64)
def _version(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()[:16]
