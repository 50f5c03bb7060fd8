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
    wanted: Callable[[T], bool],
    sid: Callable[[T], str],
    shape: Callable[[T], dict[str, object]],
) -> dict[str, object]:
    """One page of those `items`, newest first, that are `wanted`.

    A token names the item that its page comes after (PA) or before (PB): what is new meanwhile, or not wanted any more
    (a call that has ended, in a list of live ones), shifts nothing.
    """
    size, number = _whole(form, "PageSize", USUAL), _whole(form, "Page", 0)
    size = max(1, min(size, MOST))
    everything = list(items)
    token = form.get("PageToken")
    place = next((place for place, item in enumerate(everything) if sid(item) == token[2:]), None)
    if place is not None and token.startswith("PB"):
        shown = [item for item in everything[:place] if wanted(item)][-size:]
        more = True
    else:
        skipped = 0 if place is not None else number * size
        left = [item for item in everything[0 if place is None else place + 1 :] if wanted(item)][skipped:]
        shown, more = left[:size], len(left) > size
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
        "uri": uri(number, token),
        "first_page_uri": uri(0),
        "next_page_uri": uri(number + 1, f"PA{sid(shown[-1])}") if more and shown else None,
        "previous_page_uri": uri(number - 1, f"PB{sid(shown[0])}") if number and shown else None,
    }


def _whole(form: Form, name: str, default: int) -> int:
    given = form.get(name)
    if given and not (given.isascii() and given.isdigit()):
        raise Refused(20001, f"{name} must be a number")
    return int(given) if given else default
