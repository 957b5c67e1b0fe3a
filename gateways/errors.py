"""How a call to the outside world fails: certainly not done, perhaps done, or never to be done.

None of these carries an address, a token or a key, so that they may be logged and shown.
"""


class GatewayError(Exception):
    """A gateway did not answer as hoped; `gateway` says which."""

    def __init__(self, gateway: str, message: str) -> None:
        super().__init__(f"{gateway}: {message}")
        self.gateway = gateway


class GatewayUnavailable(GatewayError):  # noqa: N818 - the fact is the name
    """Nothing was sent, or it was refused before acting: the same call may simply be made again.

    `detail` is what an operator needs (a reply code, the kind of the network error).
    """

    def __init__(self, gateway: str, detail: str = "") -> None:
        super().__init__(gateway, f"unavailable ({detail})" if detail else "unavailable")
        self.detail = detail


class BadSignature(Exception):  # noqa: N818 - the fact is the name
    """A message that claims to come from a provider is not signed by it, too old, or no message at all."""


class OutcomeUnknown(GatewayError):  # noqa: N818 - the fact is the name
    """The connection was lost after sending: it may have happened, look it up by its key."""

    def __init__(self, gateway: str, detail: str = "") -> None:
        super().__init__(gateway, f"outcome unknown ({detail})" if detail else "outcome unknown")
        self.detail = detail


class PermanentRefusal(GatewayError):  # noqa: N818 - the fact is the name
    """Asking the same again will never work; `code` says why, and nothing happened."""

    def __init__(self, gateway: str, code: str, message: str) -> None:
        super().__init__(gateway, f"{code}: {message}")
        self.code = code
        self.message = message
