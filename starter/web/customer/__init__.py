"""The customer's order page, behind a signed link."""

from starter.web.customer.doors import router

__all__ = ["router"]
