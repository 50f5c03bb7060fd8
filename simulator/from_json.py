"""Settings from JSON and back; whoever wrote something that cannot be is told so in words."""

import re
from dataclasses import MISSING, asdict, fields, is_dataclass
from datetime import datetime
from math import inf
from typing import Any, NewType, TypeVar, get_type_hints

S = TypeVar("S")

Range = tuple[float, float]
# Simulated seconds per real one; infinite (in JSON: "max") is as fast as can be computed.
Speed = NewType("Speed", float)
# Seconds; or the least and the most of them, between which chance decides.
Spell = float | Range
# Seconds since the beginning; or a time of the simulated day, such as "10:30".
Moment = float | str
TIME_OF_DAY = re.compile(r"([01]?\d|2[0-3]):[0-5]\d")


class WrongSetting(Exception):
    """A setting that cannot be used; its text is a sentence for the person who wrote it."""


def build(kind: type[S], given: object, *, where: str = "") -> S:
    """Makes a settings object from JSON; raises WrongSetting with the place and what is wrong there."""
    if not isinstance(given, dict):
        raise WrongSetting(f"{where or _whole(kind)} must be a JSON object, not {given!r}.")
    known = {one.name for one in fields(kind)}  # type: ignore[arg-type]
    if unknown := sorted(set(given) - known):
        raise WrongSetting(
            f"{where or _whole(kind)}: there is no {', '.join(unknown)}; known are {', '.join(sorted(known))}."
        )
    if missing := [one.name for one in fields(kind) if _is_required(one) and one.name not in given]:  # type: ignore[arg-type]
        raise WrongSetting(f"{where or _whole(kind)} must say {', '.join(missing)}.")
    hints = get_type_hints(kind)
    values = {name: _converted(hints[name], value, f"{where}.{name}".strip(".")) for name, value in given.items()}
    try:
        return kind(**values)
    except WrongSetting as wrong:
        # Some know their place themselves.
        raise WrongSetting(f"{where}: {wrong}" if where and where not in str(wrong) else str(wrong)) from None


def changed(current: S, given: object, *, where: str = "") -> S:
    """A copy of a settings object with what JSON says about it; what it does not mention stays."""
    if not isinstance(given, dict):
        raise WrongSetting(f"{where or 'The settings'} must be a JSON object, not {given!r}.")
    return build(type(current), {**_shallow(current), **_merged(current, given, where)}, where=where)


def as_json(settings: object) -> Any:
    return asdict(settings)  # type: ignore[call-overload]


def _merged(current: object, given: dict[str, Any], where: str) -> dict[str, Any]:
    nested = {name: getattr(current, name, None) for name in given}
    return {
        name: changed(nested[name], value, where=f"{where}.{name}".strip(".")) if is_dataclass(nested[name]) else value
        for name, value in given.items()
    }


def _shallow(settings: object) -> dict[str, Any]:
    return {one.name: getattr(settings, one.name) for one in fields(settings)}  # type: ignore[arg-type]


def _whole(kind: type) -> str:
    return f"The {kind.__name__.lower()}"


def _is_required(one: Any) -> bool:
    return one.default is MISSING and one.default_factory is MISSING


def _converted(hint: Any, value: Any, where: str) -> Any:
    if is_dataclass(value) or value is None or hint is Any:
        return value
    if hint in (Spell, Spell | None):
        return _range(value, where) if isinstance(value, (list, tuple)) else _number(value, where)
    if hint in (Moment, Moment | None):
        return _time_of_day(value, where) if isinstance(value, str) else _number(value, where)
    options = [one for one in getattr(hint, "__args__", ()) if one is not type(None)]
    if str(hint).endswith("| None") and len(options) == 1:
        return _converted(options[0], value, where)
    if is_dataclass(hint):
        return build(hint, value, where=where)  # type: ignore[arg-type]
    if getattr(hint, "__origin__", None) is list:
        if not isinstance(value, list):
            raise WrongSetting(f"{where} must be a list.")
        return [_converted(options[0], one, f"{where}[{place}]") for place, one in enumerate(value)]
    if getattr(hint, "__origin__", None) is dict:
        if not isinstance(value, dict):
            raise WrongSetting(f"{where} must be a table of names and what they stand for, not {value!r}.")
        return {name: _converted(options[1], one, f"{where}.{name}") for name, one in value.items()}
    if hint == Range:
        return _range(value, where)
    if hint is Speed:
        return _speed(value, where)
    if hint is datetime:
        return _moment(value, where)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint is str and isinstance(value, int) and not isinstance(value, bool):
        return str(value)  # a seed, a key, the status of an error
    if isinstance(hint, type) and not isinstance(value, hint):
        raise WrongSetting(f"{where} must be a {hint.__name__}, not {value!r}.")
    return value


def _speed(value: Any, where: str) -> Speed:
    if value == "max":
        return Speed(inf)
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not value > 0:
        raise WrongSetting(f'{where} must be a float greater than 0, or "max", not {value!r}.')
    return Speed(float(value))


def _moment(value: Any, where: str) -> datetime:
    if isinstance(value, datetime):  # TOML has moments of its own
        return value
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise WrongSetting(f"{where} must be a time such as 2026-01-05T09:00, not {value!r}.") from None


def _range(value: Any, where: str) -> Range:
    if not (isinstance(value, (list, tuple)) and len(value) == 2 and all(_is_number(one) for one in value)):
        raise WrongSetting(f"{where} must be two numbers of seconds, the smaller first.")
    least, most = value
    if least > most:
        raise WrongSetting(f"{where} must be two numbers of seconds, the smaller first.")
    return (float(least), float(most))


def _number(value: Any, where: str) -> float:
    if not _is_number(value):
        raise WrongSetting(f"{where} must be a number of seconds, not {value!r}.")
    return float(value)


def _time_of_day(value: str, where: str) -> str:
    if not TIME_OF_DAY.fullmatch(value):
        raise WrongSetting(f'{where} must be a number of seconds or a time of day such as "10:30", not {value!r}.')
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
