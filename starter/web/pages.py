"""Pages: their templates, and headers that keep a page from doing more than it should."""

from collections.abc import Mapping

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from starter.web import static

_PLAIN = (
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self' data:",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
)
_SCRIPTED = ("script-src 'self'", "connect-src 'self'")

_SAFE = {
    "Referrer-Policy": "no-referrer",  # an address may hold a key
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def _environment() -> Environment:
    """Everything that a template is given is escaped, whatever the template's name."""
    made = Environment(
        loader=PackageLoader("starter.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["static"] = static.address
    return made


environment = _environment()
"""`starter/web/templates`; `static('name.css')` in a template is that file's address."""


def html(
    template: str,
    status: int = 200,
    *,
    scripted: bool = False,
    headers: Mapping[str, str] | None = None,
    **words: object,
) -> HTMLResponse:
    """The template with its words; `scripted` pages may run our own scripts, and those may ask us."""
    return HTMLResponse(
        environment.get_template(template).render(words),
        status,
        safe(scripted=scripted) | dict(headers or {}),
    )


def safe(*, scripted: bool = False) -> dict[str, str]:
    """The headers of every page."""
    policy = _PLAIN + (_SCRIPTED if scripted else ())
    return {"Content-Security-Policy": "; ".join(policy), **_SAFE}
