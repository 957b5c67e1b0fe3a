"""UPS tracking numbers: `1Z`, six characters of the shipper, two digits of service, seven of the parcel, a check digit."""

import re
from urllib.parse import quote

_SHAPE = re.compile(r"1Z[A-Z0-9]{6}[0-9]{2}[0-9]{7}[0-9]")
_BODY = re.compile(r"[A-Z0-9]{15}")


def ups_check_digit(body: str) -> str:
    """The last digit for the 15 characters after `1Z`.

    Letters count A=2, B=3 … (modulo 10), every second character counts twice,
    and the sum is filled up to the next ten.
    """
    if not _BODY.fullmatch(body):
        raise ValueError("the body of a UPS tracking number has 15 letters or digits")
    values = [int(char) if char.isdigit() else (ord(char) - 63) % 10 for char in body]
    total = sum(values[0::2]) + 2 * sum(values[1::2])
    return str(-total % 10)


def is_valid_ups_tracking(number: str) -> bool:
    """Whether the shape is right and the check digit fits."""
    return bool(_SHAPE.fullmatch(number)) and ups_check_digit(number[2:17]) == number[17]


_PAGES = {
    "ups": "https://www.ups.com/track?tracknum={}",
    "usps": "https://tools.usps.com/go/TrackConfirmAction?tLabels={}",
    "fedex": "https://www.fedex.com/fedextrack/?trknbr={}",
    "dhl": "https://www.dhl.com/global-en/home/tracking.html?tracking-id={}",
}


def tracking_url(carrier: str | None, number: str | None) -> str | None:
    """The carrier's own page of a parcel; None for a carrier whose page we do not know."""
    words = re.findall(r"[a-z]+", (carrier or "").lower())
    page = next((page for name, page in _PAGES.items() if words and words[0].startswith(name)), None)
    return page.format(quote(number, safe="")) if page and number else None
