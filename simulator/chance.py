"""All randomness of a run, from one seed.

Each subject (a caller of the traffic, a call, a call's callbacks) has dice of its own, thrown only for it: what one
call does cannot depend on how the event loop happened to interleave it with the others.
"""

from random import Random


class Chance:
    def __init__(self, seed: str | int):
        self.seed = str(seed)

    def dice(self, *about: str | int) -> Random:
        return Random("/".join((self.seed, *map(str, about))))  # noqa: S311 - a simulation; nothing here is a secret


def new_sid(prefix: str, dice: Random) -> str:
    """34 characters: two letters and 32 hex digits, e.g. CA for a call."""
    return f"{prefix}{dice.getrandbits(128):032x}"


def new_token(dice: Random) -> str:
    """A UUID, as in I-Twilio-Idempotency-Token."""
    digits = f"{dice.getrandbits(128):032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def happens(dice: Random, probability: float) -> bool:
    # The dice are thrown even at 0, so that switching one fault on does not reshuffle everything else.
    return dice.random() < probability


def between(dice: Random, bounds: tuple[float, float]) -> float:
    return dice.uniform(*bounds)


def drawn(dice: Random, spell: float | tuple[float, float] | None) -> float | None:
    """As long as is said, or something between the least and the most of it."""
    return between(dice, spell) if isinstance(spell, tuple) else spell


def made_up(dice: Random, pattern: str) -> str:
    """An address with any digit for each `#`."""
    return "".join(str(dice.randrange(10)) if one == "#" else one for one in pattern)


def anybody(dice: Random) -> str:
    """The number of somebody in America, of those that are never given out."""
    return made_up(dice, f"+1{dice.choice((212, 312, 415, 503, 617, 713))}555####")
