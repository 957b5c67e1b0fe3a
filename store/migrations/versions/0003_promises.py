"""promises: supply by date, suppliers and their deliveries, delays under the law, holds, daily reviews."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_QUEUE = ["queue_at", "placed_at", "order_id"]
_WAITING = sa.text("backordered > 0")
_ENDED = sa.text("backordered = 0 AND allocated = 0 AND claimed = 0")
_PARTIAL = (
    ("ix_lines_ended", "lines", ["sku", "placed_at"], _ENDED),
    ("ix_notices_undelivered", "notices", ["at"], sa.text("NOT delivered")),
)


def upgrade() -> None:
    """Columns are added one by one: SQLite would otherwise make whole tables anew, which others refer to."""
    for table, column in _columns():
        op.add_column(table, column)
    _carry_over()
    op.create_index(
        "ix_lines_supplied",
        "lines",
        ["sku", "supply_on", *_QUEUE],
        sqlite_where=_WAITING,
        postgresql_where=_WAITING,
    )
    op.create_index("ix_lines_sku_placed_at", "lines", ["sku", "placed_at"])
    for name, table, columns, where in _PARTIAL:
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
    op.create_index("ix_cancellations_at", "cancellations", ["at"])
    _create_suppliers()
    _create_delays()
    _create_shop()


def _columns() -> list[tuple[str, sa.Column]]:
    def instant(name: str) -> sa.Column:
        return sa.Column(name, sa.DateTime(timezone=True), nullable=True)

    return [
        ("products", sa.Column("waiting", sa.Integer(), nullable=False, server_default="0")),
        ("products", sa.Column("supply", sa.JSON(), nullable=False, server_default="[]")),
        ("lines", sa.Column("supply_on", sa.Date(), nullable=True)),
        ("lines", sa.Column("release_on", sa.Date(), nullable=True)),
        ("lines", sa.Column("given_up", sa.Integer(), nullable=False, server_default="0")),
        ("inbound", sa.Column("expected_on", sa.Date(), nullable=True)),
        ("inbound", instant("asked_at")),
        ("orders", sa.Column("held", sa.JSON(), nullable=True)),
        ("orders", instant("law_hold_until")),
        ("orders", sa.Column("extra_days", sa.Integer(), nullable=False, server_default="0")),
    ]


def _carry_over() -> None:
    """Until the next renewal an inbound line is expected when its supplier says; lines keep their dates."""
    waiting = "SELECT COALESCE(SUM(backordered), 0) FROM lines WHERE lines.sku = products.sku"
    op.execute(f"UPDATE products SET waiting = ({waiting})")  # noqa: S608 - our own words
    op.execute("UPDATE inbound SET expected_on = eta")


def _create_suppliers() -> None:
    op.create_table(
        "suppliers",
        sa.Column("supplier", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("buffer_days", sa.Integer(), nullable=True),
        sa.Column("on_time", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("supplier", name=op.f("pk_suppliers")),
    )
    op.create_table(
        "deliveries",
        sa.Column("supplier", sa.String(), nullable=False),
        sa.Column("inbound_id", sa.String(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("eta", sa.Date(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("supplier", "inbound_id", "sku", "received_on", name=op.f("pk_deliveries")),
    )
    op.create_index("ix_deliveries_received_on", "deliveries", ["received_on"])


def _create_delays() -> None:
    op.create_table(
        "delays",
        sa.Column("notice_id", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("law", sa.String(), nullable=False),
        sa.Column("deadline", sa.Date(), nullable=False),
        sa.Column("offered_on", sa.Date(), nullable=True),
        sa.Column("why", sa.String(), nullable=True),
        sa.Column("silence", sa.String(), nullable=False),
        sa.Column("answer_by", sa.Date(), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["orders.order_id"], name=op.f("fk_delays_order_id")),
        sa.PrimaryKeyConstraint("notice_id", name=op.f("pk_delays")),
    )
    op.create_index("ix_delays_order_id", "delays", ["order_id"])


def _create_shop() -> None:
    op.create_table(
        "shop",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("paused", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop")),
    )
    op.execute("INSERT INTO shop (id) VALUES (1)")
    op.create_table(
        "operations",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("requested_by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operations")),
    )
    op.create_table(
        "reviews",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("digest", sa.JSON(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_reviews")),
    )


def downgrade() -> None:
    """Back to the tables of 0002; what is known of suppliers, delays and reviews is forgotten."""
    for table in ("reviews", "operations", "shop", "delays", "deliveries", "suppliers"):
        op.drop_table(table)
    op.drop_index("ix_cancellations_at", "cancellations")
    for name, table, _, _ in _PARTIAL:
        op.drop_index(name, table)
    op.drop_index("ix_lines_sku_placed_at", "lines")
    op.drop_index("ix_lines_supplied", "lines")
    for table, column in reversed(_columns()):
        op.drop_column(table, column.name)
