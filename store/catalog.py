"""Products and the shop's policy."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.policy import Policy, Product
from store.tables import PolicyRow, ProductRow

_POLICY = select(PolicyRow.body).where(PolicyRow.id == 1)


def policy(session: Session) -> Policy:
    """The policy in force; the defaults when none was loaded."""
    body = session.connection().execute(_POLICY).scalar_one_or_none()
    return Policy.model_validate(body) if body else Policy()


def load_policy(session: Session, new: Policy, at: datetime) -> None:
    session.merge(PolicyRow(id=1, body=new.model_dump(mode="json"), changed_at=at))


def load_products(session: Session, products: tuple[Product, ...]) -> list[str]:
    """Add or change products; their stock stays as it is. The known ones of which something else is said now."""
    changed = []
    for product in products:
        # What is left out, the shop's policy says.
        says = product.model_dump(mode="json", exclude_unset=True)
        row = session.get(ProductRow, product.sku)
        if row is None:
            row = ProductRow(sku=product.sku)
            session.add(row)
        elif row.body != says:
            changed.append(product.sku)
        row.title, row.body = product.title, says
    return changed
