"""An order system in a few lines, with nothing but Python's own library.

It announces supply, places an order, reports that stock came in and looks at the order, over HTTP against a running
`backorder up`. Where BACKORDER_WEBHOOK_URL and BACKORDER_WEBHOOK_SECRET are set, for `up` and for this, it hears of
events too, and trusts only those that are signed.

    python examples/http_client.py [DATA-DIRECTORY]
"""

import json
import os
import sys
import threading
import time
from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta
from hmac import compare_digest, digest
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

DATA = Path(sys.argv[1] if len(sys.argv) > 1 else ".backorder")
WEB = json.loads((DATA / "up.json").read_text())["web"]
TOKEN = (DATA / "oms.token").read_text()
SKU = "WIDGET-PRO-BLUE"
NOW = datetime.now(UTC)
NUMBER = f"{NOW:%H%M%S}"


def ask(path, body=None):
    """GET, or POST a body; the answer, or the problem in the server's own words."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    request = Request(f"{WEB}/api/v1{path}", body and json.dumps(body).encode(), headers)
    try:
        with urlopen(request, timeout=40) as answer:
            return json.load(answer)
    except HTTPError as error:
        raise SystemExit(f"{path}: {error.read().decode()}") from None


def change(kind, quantity, **line):
    """Something that happened to stock or supply."""
    body = {"change_id": f"{kind}-{NUMBER}", "kind": kind, "happened_at": NOW.isoformat()}
    return ask("/inventory-changes", body | {"lines": [{"sku": SKU, "quantity": quantity, **line}]})


class Webhook(BaseHTTPRequestHandler):
    """Where events come in: an event may come twice, so its id is remembered."""

    seen: dict = {}

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        known = self.is_signed(body)
        if known and self.headers["webhook-id"] not in self.seen:
            event = self.seen[self.headers["webhook-id"]] = json.loads(body)
            print(f"event {event['type']}: {json.dumps(event['data'])}", flush=True)
        self.send_response(204 if known else 401)
        self.end_headers()

    def is_signed(self, body):
        """By the Standard Webhooks scheme, and not long ago."""
        of, at = self.headers["webhook-id"], self.headers["webhook-timestamp"]
        key = b64decode(os.environ["BACKORDER_WEBHOOK_SECRET"].removeprefix("whsec_"))
        right = b"v1," + b64encode(digest(key, f"{of}.{at}.".encode() + body, "sha256"))
        given = self.headers["webhook-signature"].encode().split()
        return abs(time.time() - int(at)) < 300 and any(compare_digest(right, one) for one in given)

    def log_message(self, *_):
        """Nothing: what comes in is printed."""


if url := urlsplit(os.environ.get("BACKORDER_WEBHOOK_URL", "")).netloc:
    host, _, port = url.partition(":")
    server = HTTPServer((host, int(port)), Webhook)
    threading.Thread(target=server.serve_forever, daemon=True).start()

order = {
    "order_id": f"http-{NUMBER}",
    "placed_at": NOW.isoformat(),
    "customer": {"customer_id": "C-7", "name": "Ada Jensen", "email": "ada@example.com"},
    "ship_to": {"name": "Ada Jensen", "street": "12 Harbour Street", "city": "Portland", "country": "US"},
    "currency": "USD",
    "lines": [{"sku": SKU, "quantity": 3, "unit_price_minor": 9500}],
    "payment": {"method": "pm_card_visa"},
}
eta = (NOW + timedelta(days=14)).date().isoformat()
change("inbound", 50, inbound_id=f"PO-{NUMBER}", supplier="Acme Widgets", eta=eta)
decision = ask("/orders", order)
print(f"order {decision['order_id']}: {decision['outcome']}, promised {decision['promised_on']}")
print(f"received: {change('received', 50, inbound_id=f'PO-{NUMBER}')['handed_out']} units handed out")

status = {"status": ""}
ends = time.time() + 30
while time.time() < ends and status["status"] != "completed":
    time.sleep(0.2)
    status = ask(f"/orders/{order['order_id']}")
tracking = ", ".join(parcel["tracking"] for parcel in status["parcels"])
print(f"order {status['order_id']}: {status['status']}, tracking {tracking}")
while url and time.time() < ends and "order.completed" not in {one["type"] for one in Webhook.seen.values()}:
    time.sleep(0.2)
