"""Lists, page by page.

Source: https://www.twilio.com/docs/usage/twilios-response#paging-information
"""

from collections.abc import Callable, Iterable
from typing import TypeVar
from urllib.parse import quote_plus, urlencode

from ..errors import Refused
from .form import Form

T = TypeVar("T")

USUAL, MOST = 50, 1000
OWN = ("PageSize", "Page", "PageToken")


def page(
    path: str,
    key: str,
    form: Form,
    items: Iterable[T],
    sid: Callable[[T], str],
    shape: Callable[[T], dict[str, object]],
) -> dict[str, object]:
    """One page of `items`, newest first. A token names the last item of the page before: new ones shift nothing."""
    size, number = _whole(form, "PageSize", USUAL), _whole(form, "Page", 0)
    size = max(1, min(size, MOST))
    everything = list(items)
    start = _after_token(form.get("PageToken"), [sid(item) for item in everything], number * size)
    shown = everything[start : start + size]
    filters = [(name, value) for name, value in form.fields if name not in OWN]

    def uri(number: int, token: str = "") -> str:  # noqa: S107 - a place in a list, not a secret
        query = [*filters, ("PageSize", str(size)), ("Page", str(number)), *([("PageToken", token)] if token else [])]
        return f"{path}?{urlencode(query, quote_via=quote_plus)}"

    return {
        key: [shape(item) for item in shown],
        "page": number,
        "page_size": size,
        "start": number * size,
        "end": number * size + max(0, len(shown) - 1),
        "uri": uri(number, form.get("PageToken")),
        "first_page_uri": uri(0),
        "next_page_uri": uri(number + 1, f"PA{sid(shown[-1])}") if start + size < len(everything) else None,
        "previous_page_uri": uri(number - 1, f"PB{sid(shown[0])}") if number and shown else None,
    }


def _after_token(token: str, sids: list[str], otherwise: int) -> int:
    if token.startswith("PB") and token[2:] in sids:
        return 0
    if token.startswith("PA") and token[2:] in sids:
        return sids.index(token[2:]) + 1
    return otherwise


def _whole(form: Form, name: str, default: int) -> int:
    given = form.get(name)
    if given and not (given.isascii() and given.isdigit()):
        raise Refused(20001, f"{name} must be a number")
    return int(given) if given else default
