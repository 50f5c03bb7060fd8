"""A scenario: who calls whom and when, who is rung and how they are, and what the application is made to do.

Read from a TOML file and checked whole before anything starts; docs/scenarios.md is its reference.
"""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from .from_json import Moment, WrongSetting, build
from .generators import When
from .rest.known import refusal
from .settings import Behaviour, NumberSettings, Settings
from .ways import SCRIPT, Chosen, Persona, Ways, known

PACKAGED = Path(__file__).parent / "scenarios"
PLACES = {"application": "http://127.0.0.1:8000"}
PLACE = re.compile(r"\{([a-z_]+)\}")
# Put in by whoever asks, when they ask: a live call's SID.
LATER = {"call"}

N = TypeVar("N", bound=NumberSettings)


@dataclass
class Change(Chosen):
    """How somebody is from some moment on; what it does not say is as before."""

    at: Moment


@dataclass
class People(Behaviour):
    """A rule about people who are rung, and how it changes. After `again` seconds it begins anew."""

    name: str = ""
    later: list[Change] = field(default_factory=list)
    again: float | None = None

    def __post_init__(self) -> None:
        Behaviour.__post_init__(self)
        if self.again is not None and self.again <= 0:
            raise WrongSetting(f"again must be greater than 0, not {self.again:g}.")


@dataclass
class Callers(Chosen, When):
    """People who call: when, whom (numbers of the account, or their names; if none: any), from where (`#`: a digit)."""

    name: str = ""
    to: list[str] = field(default_factory=list)
    caller: str = ""
    at_most: int | None = None
    caller_name: str = ""
    forwarded_from: str = ""

    def __post_init__(self) -> None:
        Chosen.__post_init__(self)
        When.__post_init__(self)
        of_the_called = {one.name for one in fields(Ways)} - set(SCRIPT)
        if wrong := sorted(name for name in of_the_called if getattr(self, name) is not None):
            raise WrongSetting(f"{', '.join(wrong)} cannot be said of who calls, only of who is rung (in people).")
        if not re.fullmatch(r"(\+[\d#]+|client:.+|sips?:.+)?", self.caller):
            raise WrongSetting(f'caller must be such as "+1415555####", "client:dana" or "sip:…", not {self.caller!r}.')
        if self.at_most is not None and self.at_most < 1:
            raise WrongSetting(f"at_most must be at least 1, not {self.at_most}.")


@dataclass
class Requests(When):
    """What is asked in the application's name: of the REST API (`path`, under the account), or of itself (`url`).

    `form` are the parameters; a list is sent as one parameter again and again. `to` are the people who are called, one
    at a time; in them `#` is any digit.
    """

    name: str = ""
    path: str = "Calls"
    url: str = ""
    form: dict[str, Any] = field(default_factory=dict)
    to: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        When.__post_init__(self)
        if not self.url and refusal("POST", self.path.split("/")) is not None:
            raise WrongSetting(f"path: POST {self.path} is none of the REST API's, as Calls and Calls/{{call}} are.")
        for name, value in self.form.items():
            if not (isinstance(value, str) or (isinstance(value, list) and all(isinstance(one, str) for one in value))):
                raise WrongSetting(f"form.{name} must be text or a list of texts, not {value!r}.")


@dataclass
class Scenario:
    title: str
    about: str = ""
    places: dict[str, str] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    numbers: list[NumberSettings] = field(default_factory=list)
    personas: dict[str, Persona] = field(default_factory=dict)
    people: list[People] = field(default_factory=list)
    callers: list[Callers] = field(default_factory=list)
    requests: list[Requests] = field(default_factory=list)


def names() -> list[str]:
    return sorted(path.stem for path in PACKAGED.glob("*.toml"))


def read(name: str, places: dict[str, str] | None = None) -> Scenario:
    """By the name of one that comes with the simulator, or a file's path. Raises WrongSetting, which names the file.

    `places` go before those of the file: what `{application}` and the like stand for.
    """
    path = _path(name)
    try:
        given = tomllib.loads(path.read_text())
        given = _with_places(given, places or {})
        scenario = build(Scenario, given)
        _check(scenario)
    except OSError as error:
        raise WrongSetting(f"Cannot read {path}: {error.strerror}.") from None
    except ValueError as error:  # what is not TOML, or not even text
        raise WrongSetting(f"{path} is not TOML: {error}.") from None
    except WrongSetting as wrong:
        raise WrongSetting(f"{path.name}: {wrong}") from None
    return scenario


def settings_of(chosen: dict[str, Any], *, seed: str = Settings.seed) -> Settings:
    """All the settings of a run: what is chosen goes before what its scenario says. Raises WrongSetting.

    `seed`: where neither says one.
    """
    if not chosen.get("scenario"):
        if chosen.get("places"):
            raise WrongSetting("The places (--application, --place) are a scenario's, and none is asked for.")
        return _with_known_personas(build(Settings, {"seed": seed, **chosen}))
    asked = build(Settings, {name: chosen[name] for name in ("scenario", "places") if name in chosen})
    scenario = read(asked.scenario, asked.places)
    numbers = {"numbers": scenario.numbers} if scenario.numbers else {}
    personas = {**scenario.personas, **chosen.get("personas", {})}
    settings = build(Settings, {"seed": seed, **scenario.settings, **numbers, **chosen, "personas": personas})
    try:
        check_numbers(scenario, settings.numbers)
    except WrongSetting as wrong:
        raise WrongSetting(f"{_path(asked.scenario).name}: {wrong}") from None
    return _with_known_personas(settings)


def check_numbers(scenario: Scenario, numbers: Iterable[NumberSettings]) -> None:
    """Raises WrongSetting if somebody calls a number that there is not."""
    there = [*numbers]
    for place, callers in enumerate(scenario.callers):
        for wanted in callers.to:
            if not find(there, wanted):
                listed = ", ".join(f"{number.friendly_name or 'nameless'} {number.phone_number}" for number in there)
                where = f"callers[{place}].to: there is no number"
                raise WrongSetting(f"{where} {wanted!r}, by number or by name; there are: {listed or 'none'}.")


def find(numbers: Iterable[N], wanted: str) -> list[N]:
    """Those of that number, or of that name."""
    return [number for number in numbers if wanted in (number.phone_number, number.friendly_name)]


def _with_known_personas(settings: Settings) -> Settings:
    for place, rule in enumerate(settings.behaviour):
        known(rule, settings.personas, where=f"behaviour[{place}]")
    known(Chosen(mix=settings.traffic.mix), settings.personas, where="traffic")
    return settings


def _check(scenario: Scenario) -> None:
    """What one part says of another."""
    if unknown := set(scenario.settings) & {"numbers", "personas", "scenario", "places"}:
        raise WrongSetting(f"settings: {', '.join(sorted(unknown))} has a place of its own, or none, in a scenario.")
    build(Settings, scenario.settings, where="settings")
    somebody: list[tuple[str, Chosen]] = [
        *((f"callers[{place}]", one) for place, one in enumerate(scenario.callers)),
        *((f"people[{place}]", one) for place, one in enumerate(scenario.people)),
        *(
            (f"people[{place}].later[{nth}]", change)
            for place, one in enumerate(scenario.people)
            for nth, change in enumerate(one.later)
        ),
    ]
    for place, one in somebody:
        known(one, scenario.personas, where=place)


def _path(name: str) -> Path:
    if name in names():
        return PACKAGED / f"{name}.toml"
    if not name.endswith(".toml"):
        raise WrongSetting(f"There is no scenario {name!r}; there are {', '.join(names())}, or a .toml file of yours.")
    return Path(name)


def _with_places(given: dict[str, Any], places: dict[str, str]) -> dict[str, Any]:
    """The file with all places, such as `{application}`, filled in; one may be said by another that is before it."""
    own = given.get("places", {})
    if not (isinstance(own, dict) and all(isinstance(value, str) for value in own.values())):
        raise WrongSetting("places must be names and the texts that they stand for.")
    if unknown := sorted(set(places) - {*PLACES, *own}):
        raise WrongSetting(f"There is no place {', '.join(unknown)}; there are {', '.join(sorted({*PLACES, *own}))}.")
    there = {**PLACES, **places}
    for name, value in own.items():
        there[name] = places.get(name) or _filled(value, there)
    return {name: value if name == "places" else _filled(value, there) for name, value in given.items()}


def _filled(value: Any, places: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(one, places) for name, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, places) for one in value]
    if not isinstance(value, str):
        return value
    if unknown := sorted(set(PLACE.findall(value)) - set(places) - LATER):
        raise WrongSetting(f"{value!r} names a place that there is not: {', '.join(unknown)} (see places).")
    return PLACE.sub(lambda found: places.get(found[1], found[0]), value)
