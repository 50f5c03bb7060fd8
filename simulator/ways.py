"""How somebody behaves in a call, as one writes it down: for a rule, a persona, a caller of a scenario."""

import re
import tomllib
from dataclasses import dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from .from_json import Spell, WrongSetting, build

PERSONAS = Path(__file__).parent / "personas.toml"
# Who may be meant: a number, or an address with its kind before it; with wildcards in a rule.
ADDRESS = re.compile(r"[*?\[].*|\+?[0-9*?\[].*|(client|sips?|app|whatsapp|sim):.+")
NAME = re.compile(r"[A-Za-z_][\w.-]*")
# Somebody of no particular kind: the habits of the run say how they are.
USUAL = "usual"
ANSWERS = ("answers", "busy", "no-answer", "rejects", "unreachable", "by-hand")
ANSWERED_BY = (
    "human",
    "machine",
    "machine_start",
    "machine_end_beep",
    "machine_end_silence",
    "machine_end_other",
    "fax",
    "unknown",
)
# What can be said of who calls; the rest is of who is rung.
SCRIPT = ("persona", "mix", "talks", "waits", "hang_up_after", "message", "thinks", "digits", "says", "conversation")
# What a turn of a conversation can be: with words, keys or seconds behind it, or alone.
TURNS = {"me": "words", "you": "words", "press": "keys", "pause": "seconds", "hang up": "", "again": ""}


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a conversation: what happens (one of TURNS), and the words, keys or seconds."""

    what: str
    text: str = ""

    @classmethod
    def read(cls, line: str) -> "Turn":
        """Such as "me: Hello?", "you: Good morning.", "pause: 3", "press: 1", "hang up", "again"."""
        what, _, text = (part.strip() for part in line.partition(":"))
        if what not in TURNS or bool(TURNS[what]) != bool(text) or (what == "pause" and not _is_seconds(text)):
            raise WrongSetting(f'A turn of a conversation is {_turns()}, not "{line}".')
        return cls(what, text)


@dataclass(kw_only=True)
class Ways:
    """What somebody does in a call. What is not said is left to whoever asks; seconds are simulated ones.

    A spell is a number of seconds, or the least and the most of them, between which chance decides.
    """

    answer: str | None = None
    misses: float | None = None
    after: Spell | None = None
    talks: Spell | None = None
    waits: Spell | None = None
    hang_up_after: Spell | None = None
    message: Spell | None = None
    thinks: Spell | None = None
    digits: list[str] | None = None
    says: list[str] | None = None
    greets: str | None = None
    conversation: list[str] | None = None
    answered_by: str | None = None
    one_call: bool | None = None

    def __post_init__(self) -> None:
        for name, allowed in (("answer", ANSWERS), ("answered_by", ANSWERED_BY)):
            given = getattr(self, name)
            if given is not None and given not in allowed:
                raise WrongSetting(f"{name} must be one of {', '.join(allowed)}, not {given!r}.")
        if self.misses is not None and not 0 <= self.misses <= 1:
            raise WrongSetting(f"misses must be from 0 to 1, not {self.misses:g}.")
        for line in self.conversation or ():
            Turn.read(line)


@dataclass
class Persona(Ways):
    """A kind of person, to be named in a rule, a call or a scenario."""

    about: str = ""


@dataclass(kw_only=True)
class Chosen(Ways):
    """Somebody of a kind, or of several kinds by weight; what is said besides goes before it."""

    persona: str = ""
    mix: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        Ways.__post_init__(self)
        if self.persona and self.mix:
            raise WrongSetting("persona and mix cannot both be said.")
        if self.mix and (min(self.mix.values()) < 0 or not sum(self.mix.values())):
            raise WrongSetting("mix must be weights that are not less than 0, and not all 0.")


C = TypeVar("C", bound=Chosen)


@cache
def built_in() -> dict[str, Persona]:
    return {name: build(Persona, given, where=name) for name, given in tomllib.loads(PERSONAS.read_text()).items()}


def known(chosen: C, personas: dict[str, Persona], *, where: str = "") -> C:
    """Raises WrongSetting if it names a persona that there is not; gives it back otherwise."""
    there = {USUAL, *built_in(), *personas}
    for name in filter(None, (chosen.persona, *chosen.mix)):
        if name not in there:
            sentence = f"There is no persona {name!r}; known are {', '.join(sorted(there))}."
            raise WrongSetting(f"{where}: {sentence}" if where else sentence)
    return chosen


def decided(chosen: Chosen, personas: dict[str, Persona], dice: Random) -> tuple[str, Ways]:
    """Who it is this time, and all that they do."""
    name = chosen.persona
    if chosen.mix:
        (name,) = dice.choices([*chosen.mix], [*chosen.mix.values()])
    persona = {**built_in(), **personas}.get(name, Persona())
    named: dict[str, Any] = {one.name: getattr(chosen, one.name) for one in fields(Ways)}
    return name, replace(persona, **{name: value for name, value in named.items() if value is not None})


def address(text: str, what: str) -> str:
    """The address of somebody, or a pattern for one; raises WrongSetting if nobody could have it."""
    if not ADDRESS.fullmatch(text):
        hint = f"; client:{text}, perhaps" if NAME.fullmatch(text) else ""
        raise WrongSetting(
            f'{what} must be an address such as "+14155550123", "client:dana" or "sip:…", not {text!r}{hint}.'
        )
    return text


def _is_seconds(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal()


def _turns() -> str:
    shapes = [f'"{what}: {thing}"' if thing else f'"{what}"' for what, thing in TURNS.items()]
    return f"{', '.join(shapes[:-1])} or {shapes[-1]}"
