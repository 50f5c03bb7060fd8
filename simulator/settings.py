"""What a run is made of: the account, its numbers, the pace, people's habits, and what Twilio's pages leave open."""

from dataclasses import asdict, dataclass, field, fields, is_dataclass
from typing import Any, TypeVar, get_type_hints

S = TypeVar("S")

Range = tuple[float, float]


class WrongSetting(Exception):
    """A setting that cannot be used; its text is a sentence for the person who wrote it."""


@dataclass
class NumberSettings:
    """An incoming phone number of the account. With an application or a trunk, Twilio ignores the voice URLs."""

    phone_number: str
    friendly_name: str = ""
    voice_url: str = ""
    voice_method: str = "POST"
    voice_fallback_url: str = ""
    voice_fallback_method: str = "POST"
    status_callback: str = ""
    status_callback_method: str = "POST"
    voice_application_sid: str = ""
    voice_caller_id_lookup: bool = False
    trunk_sid: str = ""


@dataclass
class Timing:
    """How long things take, in simulated seconds. An update's steps are as measured on live calls: 150, 300, 650 ms."""

    dialling: Range = (0.5, 1.5)
    callback_latency: Range = (0.05, 0.2)
    update_noticed: float = 0.15
    action_after: float = 0.15
    document_after: float = 0.35
    retry_pause: float = 0.0
    seconds_per_word: float = 0.4
    recording_ready: float = 2.0
    machine_detected: Range = (2.0, 5.0)
    machine_greeting: Range = (5.0, 12.0)
    audio_seconds: float = 5.0
    shortest_turn: float = 1.0


@dataclass
class Choices:
    """What Twilio's pages do not settle. The defaults are the likelier half; an application should stand both."""

    inbound_callback_is_progress: bool = False
    loser_status: str = "canceled"
    abandoned_child_status: str = "canceled"
    abandoned_parent_status: str = "no-answer"
    redirected_ringing_dial_status: str = "canceled"
    cancel_in_progress: str = "ignored"
    update_ended: str = "21220"
    redirect_ringing_inbound: bool = True
    redirect_ringing_outbound: bool = False
    moved_leg_reports: bool = True
    connect_action_on_redirect: bool = True
    action_after_hang_up: bool = True
    kicked_leg_continues: bool = True
    wait_error_keeps_out: bool = True
    conference_sequence_start: int = 1
    queue_empty_result: str = "queue-empty"
    queue_not_found_result: str = "queue-not-found"
    page_size_too_large: str = "clamped"
    plain_websockets: bool = True
    forks_answer: int = 200


@dataclass
class CallbackFaults:
    """How badly status callbacks are delivered: probabilities from 0 to 1, delays in simulated seconds."""

    late: float = 0.0
    late_seconds: Range = (1.0, 10.0)
    doubled: float = 0.0
    reordered: float = 0.0
    lost: float = 0.0


# What can become of a REST request. With these it is not carried out:
NOT_DONE = {
    "400": "refused: the call is not in progress (21220)",
    "401": "refused: wrong login (20003)",
    "403": "refused: not allowed (20003)",
    "404": "refused: not found (20404)",
    "409": "refused: conflict (20409)",
    "429": "refused: too many requests (20429)",
    "500": "an error of Twilio's (20500)",
    "502": "an error of a proxy's, with a page of HTML",
    "503": "Twilio is not available (20503)",
    "reset_before": "the connection is reset",
    "silent_before": "never answered; the connection closes after `seconds`, or stays",
    "not_applied": "200, and the thing as it is (204 to a DELETE); hits nothing that creates",
}
# And with these it is:
DONE = {
    "reset_after": "the connection is reset",
    "silent_after": "never answered; the connection closes after `seconds`, or stays",
    "late": "answered after `seconds` (10)",
    "drip": "answered a byte every `seconds` (1)",
    "cut": "answered with half of the JSON",
    "201": "answered 201 in place of any other success",
    "204": "answered 204, and nothing, in place of any other success",
}


@dataclass
class RestFault:
    """What becomes of some requests of the REST API: the first rule that fits a request, and whose chance comes, holds.

    `what` is one of NOT_DONE and DONE. `method` is GET, POST, DELETE or *. `path`, with wildcards, is what stands
    between the account and .json: `Calls`, `Calls/CA*`, `Conferences/*/Participants/*`. `times`: it hits so many
    requests and no more (counted down). `chance`: from 0 to 1. `seconds` are real ones, as HTTP's time-outs are.
    """

    what: str
    method: str = "*"
    path: str = "*"
    times: int | None = None
    chance: float = 1.0
    seconds: float | None = None

    def __post_init__(self) -> None:
        if self.what not in {**NOT_DONE, **DONE}:
            raise WrongSetting(f"A fault's what must be one of {', '.join((*NOT_DONE, *DONE))}, not {self.what!r}.")
        if self.method not in ("GET", "POST", "DELETE", "*"):
            raise WrongSetting(f"A fault's method must be GET, POST, DELETE or *, not {self.method!r}.")
        if not 0 <= self.chance <= 1:
            raise WrongSetting(f"A fault's chance must be from 0 to 1, not {self.chance:g}.")
        if (self.times or 0) < 0 or (self.seconds or 0) < 0:
            raise WrongSetting("A fault's times and seconds must not be less than 0.")


@dataclass
class Faults:
    """What goes wrong: with status callbacks, and with requests of the REST API."""

    callbacks: CallbackFaults = field(default_factory=CallbackFaults)
    rest: list[RestFault] = field(default_factory=list)


@dataclass
class Habits:
    """How people behave for whom there is no rule: probabilities from 0 to 1, ranges in simulated seconds."""

    busy: float = 0.0
    no_answer: float = 0.0
    rejects: float = 0.0
    machine: float = 0.0
    answer_seconds: Range = (2.0, 5.0)
    callee_talks: float = 0.0
    callee_talk_seconds: Range = (30.0, 240.0)
    callee_waits_seconds: Range | None = None
    caller_talk_seconds: Range = (30.0, 240.0)
    gives_up: float = 0.1
    gives_up_seconds: Range = (5.0, 30.0)
    patience_seconds: Range = (60.0, 300.0)
    digits: list[str] = field(default_factory=lambda: ["1", "2"])
    says: list[str] = field(default_factory=list)
    message_seconds: Range = (4.0, 12.0)


# Somebody who is rung by lively traffic is sometimes busy, out, or the first to hang up.
LIVELY = Habits(
    busy=0.04,
    no_answer=0.08,
    rejects=0.03,
    answer_seconds=(2.0, 9.0),
    callee_talks=0.4,
    callee_waits_seconds=(20.0, 40.0),
)


@dataclass
class Traffic:
    """Calls that come in by themselves. No numbers named: all of the account's."""

    calls_per_minute: float = 0.0
    numbers: list[str] = field(default_factory=list)
    at_most: int = 200


@dataclass
class Behaviour:
    """A rule about people: the first whose pattern fits an address holds, and takes the place of chance.

    They answer, unless it says otherwise, and hang up first only if it says so.

    `who` is an address with `*` and `?` as wildcards, such as `client:dana`, `sip:*@pbx.example`, `+1415*`.
    `answer` is one of answers, busy, no-answer, rejects, unreachable. `answered_by` is human, machine, fax or unknown,
    or one of the words that detection has for them, such as machine_end_silence. Each of `says` answers one prompt that
    listens; `message` seconds long is what they leave behind a beep, if they have nothing of their own to say.
    """

    who: str
    answer: str | None = None
    after: float | None = None
    talks: float | None = None
    waits: float | None = None
    hang_up_after: float | None = None
    digits: list[str] | None = None
    says: list[str] | None = None
    message: float | None = None
    answered_by: str | None = None
    one_call: bool | None = None


@dataclass
class Settings:
    account_sid: str = "AC" + "0" * 32
    auth_token: str = "simulated-auth-token"  # noqa: S105 - a made-up account's
    api_keys: dict[str, str] = field(default_factory=dict)
    host: str = "127.0.0.1"
    port: int = 9911
    speed: float = 1.0
    seed: str = "1"
    calls_per_second: float = 0.0
    rest_concurrency: int = 0
    base_url: str = ""
    doors_for_all: bool = False
    remembered: int = 10_000
    numbers: list[NumberSettings] = field(default_factory=list)
    verified_callers: list[str] = field(default_factory=list)
    behaviour: list[Behaviour] = field(default_factory=list)
    habits: Habits | None = None
    traffic: Traffic = field(default_factory=Traffic)
    faults: Faults = field(default_factory=Faults)
    timing: Timing = field(default_factory=Timing)
    choices: Choices = field(default_factory=Choices)


def build(kind: type[S], given: object, *, where: str = "") -> S:
    """Makes a settings object from JSON; raises WrongSetting with the place and what is wrong there."""
    if not isinstance(given, dict):
        raise WrongSetting(f"{where or 'The settings'} must be a JSON object, not {given!r}.")
    known = {one.name for one in fields(kind)}  # type: ignore[arg-type]
    if unknown := sorted(set(given) - known):
        raise WrongSetting(
            f"{where or 'The settings'}: there is no {', '.join(unknown)}; known are {', '.join(sorted(known))}."
        )
    hints = get_type_hints(kind)
    try:
        return kind(
            **{name: _converted(hints[name], value, f"{where}.{name}".strip(".")) for name, value in given.items()}
        )
    except TypeError as error:
        raise WrongSetting(f"{where or 'The settings'}: {error}.") from None


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


def _converted(hint: Any, value: Any, where: str) -> Any:
    if is_dataclass(value) or value is None:
        return value
    options = [one for one in getattr(hint, "__args__", ()) if one is not type(None)]
    if str(hint).endswith("| None") and len(options) == 1:
        return _converted(options[0], value, where)
    if is_dataclass(hint):
        return build(hint, value, where=where)  # type: ignore[arg-type]
    if getattr(hint, "__origin__", None) is list:
        if not isinstance(value, list):
            raise WrongSetting(f"{where} must be a list.")
        return [_converted(options[0], one, f"{where}[{place}]") for place, one in enumerate(value)]
    if hint == Range:
        if not (isinstance(value, (list, tuple)) and len(value) == 2 and value[0] <= value[1]):
            raise WrongSetting(f"{where} must be two numbers of seconds, the smaller first.")
        return (float(value[0]), float(value[1]))
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(hint, type) and not isinstance(value, hint):
        raise WrongSetting(f"{where} must be a {hint.__name__}, not {value!r}.")
    return value
