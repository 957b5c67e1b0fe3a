"""Signed links into a customer's order page."""

from hmac import compare_digest

from itsdangerous import BadData, URLSafeSerializer

_SALT = "order page"


class BadLink(Exception):  # noqa: N818 - the fact is the name
    """Not a link of ours, or one that was altered."""

    def __init__(self) -> None:
        super().__init__("this link is not valid")


class Links:
    """Links that open one order's page, and nobody else's.

    They carry no moment, so that a mail rendered again is the same mail. That one is valid only while its order is
    open and 90 days beyond is checked against the books by whoever opens it.
    """

    def __init__(self, public_url: str, secret: str) -> None:
        self._public_url = public_url.rstrip("/")
        self._signer = URLSafeSerializer(secret, salt=_SALT)

    def order_page(self, order_id: str) -> str:
        return f"{self._public_url}/o/{self._signer.dumps(order_id)}"

    def cancel_page(self, order_id: str) -> str:
        """The part of the order's page where it is cancelled."""
        return f"{self.order_page(order_id)}#cancel"

    def read(self, token: str) -> str:
        """The order's id.

        Raises:
            BadLink: the token is not ours, or was altered.
        """
        try:
            order_id = self._signer.loads(token)
        except (BadData, UnicodeError):
            raise BadLink from None
        if not (isinstance(order_id, str) and self._is_our_writing(token)):
            raise BadLink
        return order_id

    def _is_our_writing(self, token: str) -> bool:
        """Base64 has several writings of the same signature; only the one that we sent out counts."""
        payload = token.rpartition(".")[0]
        return compare_digest(self._signer.make_signer().sign(payload), token.encode())
