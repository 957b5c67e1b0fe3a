"""Stripe's Checkout Sessions in setup mode: opened by the shop, finished or left by the customer."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.fakes.stripe_shapes import Body, Form, Refused, expanded, seconds

_LASTS = timedelta(hours=24)


@dataclass
class StripeCheckout:
    sessions: dict[str, Body] = field(default_factory=dict)

    def create(self, form: Form, now: datetime) -> Body:
        missing = [name for name in ("mode", "currency", "success_url") if not form.get(name)]
        if missing:
            raise Refused(400, "parameter_missing", param=missing[0])
        if form["mode"] != "setup" or form.get("customer_creation") != "always":
            raise Refused(400, "parameter_invalid", param="mode")
        name = f"cs_test_{len(self.sessions) + 1:024d}"
        self.sessions[name] = {
            "id": name,
            "object": "checkout.session",
            "mode": "setup",
            "status": "open",
            "client_reference_id": form.get("client_reference_id"),
            "url": f"https://checkout.stripe.example/c/pay/{name}",
            "success_url": form["success_url"],
            "cancel_url": form.get("cancel_url"),
            "expires_at": seconds(now + _LASTS),
            "customer": None,
            "setup_intent": {
                "id": f"seti_{name}",
                "object": "setup_intent",
                "status": "requires_payment_method",
            },
        }
        return self._shown(name, form)

    def retrieve(self, name: str, form: Form, now: datetime) -> Body:
        if name not in self.sessions:
            raise Refused(404, "resource_missing", param="session")
        session = self.sessions[name]
        if session["status"] == "open" and session["expires_at"] <= now.timestamp():
            session |= {"status": "expired", "url": None}
        return self._shown(name, form)

    def finish(self, name: str, method: str, customer: str, intent: str = "succeeded") -> str:
        """The customer gives a method there; where Stripe sends him then. Its setup may still be `processing`."""
        session = self.sessions[name]
        session |= {"status": "complete", "customer": customer, "url": None}
        session["setup_intent"] |= {"status": intent, "payment_method": method, "customer": customer}
        url: str = session["success_url"]
        return url.replace("{CHECKOUT_SESSION_ID}", name)

    def _shown(self, name: str, form: Form) -> Body:
        session = self.sessions[name]
        if "setup_intent" in expanded(form):
            return session
        return session | {"setup_intent": session["setup_intent"]["id"]}
