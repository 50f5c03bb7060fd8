"""A REST request's parameters, checked as Twilio checks them."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from ..calls import EVENTS, CallbackPlan
from ..errors import Refused
from ..exchange import Exchange
from ..line import Source

LONGEST_TWIML = 4000
METHODS = ("GET", "POST")


@dataclass(frozen=True, slots=True)
class Form:
    """What was sent; names that Twilio does not know are ignored. `skew`: how fast the clock is that its dates mean."""

    fields: list[tuple[str, str]]
    skew: float = 0.0

    def has(self, name: str) -> bool:
        return any(name == one for one, _ in self.fields)

    def get(self, name: str, default: str = "") -> str:
        return next((value for one, value in self.fields if one == name), default)

    def all(self, name: str) -> list[str]:
        return [value for one, value in self.fields if one == name]

    def flag(self, name: str, default: bool = False) -> bool:
        # Anything but true counts as false.
        return self.get(name).lower() == "true" if self.has(name) else default

    def url(self, name: str, *, code: int = 21205) -> str:
        url = self.get(name)
        if url and not is_url(url):
            raise Refused(code, url)
        return url

    def method(self, name: str, default: str = "POST") -> str:
        method = self.get(name, default).upper() or default
        if method not in METHODS:
            raise Refused(20001, f"{name} must be GET or POST")
        return method

    def seconds(self, name: str, default: float, *, most: float, code: int) -> float:
        given = self.get(name)
        if not given:
            return default
        if not (given.isascii() and given.isdigit() and int(given) <= most):
            raise Refused(code, given)
        return float(given)

    def document(self) -> Source | None:
        """Url or Twiml; 32018 if the latter is too long."""
        if len(self.get("Twiml")) > LONGEST_TWIML:
            raise Refused(32018)
        if url := self.url("Url"):
            return Source(url, self.method("Method"))
        return Source(twiml=self.get("Twiml")) if self.get("Twiml") else None

    def fallback(self) -> Source | None:
        url = self.url("FallbackUrl")
        return Source(url, self.method("FallbackMethod")) if url else None

    def callback(self, exchange: Exchange, *, joined: bool = False) -> CallbackPlan | None:
        """Where to report a call's progress, and which events; `joined`: several may stand in one value.

        A value that is no event (several joined by a space are not one) is a warning, 21626: the request succeeds and
        nothing is ever reported. Source: https://www.twilio.com/docs/api/errors/21626
        """
        return self.plan(exchange, "StatusCallback", ("completed",), frozenset(EVENTS), joined=joined)

    def plan(
        self,
        exchange: Exchange,
        name: str,
        usual: tuple[str, ...],
        known: frozenset[str],
        *,
        joined: bool = True,
    ) -> CallbackPlan | None:
        """The callback `name`, with its …Method and …Event; None without a URL, or with an event that is none."""
        url = self.url(name, code=21209)
        if not url:
            return None
        events = self.all(f"{name}Event") or list(usual)
        if joined:
            events = " ".join(events).split()
        if unknown := [event for event in events if event not in known]:
            exchange.note(21626, url=url, detail=", ".join(unknown))
            return None
        return CallbackPlan(url, self.method(f"{name}Method"), frozenset(events))


def is_url(url: str) -> bool:
    """http or https with a host; host names with underscores are not accepted."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "_" not in (parts.hostname or "")
