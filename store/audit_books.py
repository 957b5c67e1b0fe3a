"""All books at one moment: stock, orders, money."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from domain.audit import Finding
from store.audit import of_stock
from store.audit_money import of_money
from store.audit_orders import of_orders


def of_books(session: Session) -> list[Finding]:
    """Every broken invariant; empty when the books are right. On PostgreSQL each question would else see another moment."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
    return [*of_stock(session), *of_orders(session), *of_money(session)]
