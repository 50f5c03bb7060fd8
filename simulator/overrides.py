"""Connection overrides: what the fragment of a webhook's URL asks of the connection.

Source: https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
The fragment is neither sent nor signed.
"""

from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urldefrag

RETRY_REASONS = frozenset({"4xx", "5xx", "ct", "rt", "all"})
EDGES = frozenset("ashburn dublin frankfurt sao-paulo singapore sydney tokyo umatilla".split())
RANGES = {"ct": (100, 10_000), "rt": (100, 15_000), "tt": (100, 15_000), "rc": (0, 5)}


@dataclass(frozen=True, slots=True)
class Overrides:
    """Time-outs in real milliseconds: connect (ct), first byte (rt), all tries together (tt). `rc` counts repeats."""

    ct: int = 5_000
    rt: int = 15_000
    tt: int = 15_000
    rc: int = 1
    rp: frozenset[str] = frozenset({"ct"})

    def repeats_on(self, reason: str) -> bool:
        """`reason` is ct, rt, 4xx, 5xx, or the name of some other failure, which only `all` covers.

        Whoever has sent part of an answer (`partial`) is not asked again.
        """
        return reason != "partial" and (reason in self.rp or "all" in self.rp)


def split(url: str) -> tuple[str, Overrides, list[tuple[int, str]]]:
    """The URL without its fragment, what the fragment asks for, and what Twilio refuses in it: code and words."""
    bare, fragment = urldefrag(url)
    overrides = Overrides()
    refused: list[tuple[int, str]] = []
    for name, value in parse_qsl(fragment, keep_blank_values=True):
        if name == "rp" and (reasons := frozenset(value.split(","))) <= RETRY_REASONS:
            overrides = replace(overrides, rp=reasons)
        elif name in RANGES and _within(value, RANGES[name]):
            overrides = replace(overrides, **{name: int(value)})  # type: ignore[arg-type]
        elif name == "e":
            refused += [(code, f"e={edge}") for edge in value.split(",") if (code := _wrong_edge(edge))]
        elif name != "sni":
            refused.append((11243, f"{name}={value}"))
    return bare, overrides, refused


def _wrong_edge(edge: str) -> int:
    """From where Twilio dials out means nothing here, but there have to be such places."""
    # An interconnect is a line that somebody has to have ordered.
    return 0 if edge in EDGES else 11242 if edge.removesuffix("-ix") in EDGES else 11240


def _within(value: str, bounds: tuple[int, int]) -> bool:
    return value.isascii() and value.isdigit() and bounds[0] <= int(value) <= bounds[1]
