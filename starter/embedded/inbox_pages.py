"""The inbox in a browser."""

from pathlib import Path

from fastapi import APIRouter, FastAPI, HTTPException
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, select_autoescape

from starter.embedded import inbox

# A mail is a stranger's HTML: it may show pictures and styles, and do nothing.
_INERT = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
_PAGE = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'"


def inbox_app(maildir: Path) -> FastAPI:
    """`/inbox`, and nothing else."""
    app = FastAPI(title="Backorder inbox", openapi_url=None, docs_url=None, redoc_url=None)
    app.include_router(inbox_router(maildir))
    return app


def inbox_router(maildir: Path) -> APIRouter:
    """`/inbox`: the mails; `/inbox/ID`: one as a person would read it."""
    router = APIRouter()
    pages = Environment(loader=PackageLoader("starter.embedded"), autoescape=select_autoescape())

    def page(name: str, **words: object) -> HTMLResponse:
        return HTMLResponse(
            pages.get_template(name).render(words), headers={"Content-Security-Policy": _PAGE}
        )

    def found(mail_id: str) -> inbox.Letter:
        letter = inbox.letter(maildir, mail_id)
        if letter is None:
            raise HTTPException(404, "no such mail")
        return letter

    @router.get("/inbox")
    def show_inbox() -> HTMLResponse:
        return page("inbox.html", letters=inbox.letters(maildir))

    @router.get("/inbox/{mail_id}")
    def show_mail(mail_id: str) -> HTMLResponse:
        return page("mail.html", letter=found(mail_id))

    @router.get("/inbox/{mail_id}/html")
    def show_html(mail_id: str) -> HTMLResponse:
        return HTMLResponse(found(mail_id).html, headers={"Content-Security-Policy": _INERT})

    return router
