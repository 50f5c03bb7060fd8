"""What a run is made of: the account, its numbers, the pace, people's habits, and what Twilio's pages leave open."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from .faults import Faults
from .from_json import Range, Speed, WrongSetting
from .ways import Chosen, Persona, address


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

    def __post_init__(self) -> None:
        if not re.fullmatch(r"\+[0-9]{1,15}", self.phone_number):
            raise WrongSetting(f"phone_number must be a + and digits, such as +15005550100, not {self.phone_number!r}.")
        for name in ("voice_url", "voice_fallback_url", "status_callback"):
            url = urlsplit(given := getattr(self, name))
            if given and not (url.scheme in ("http", "https") and url.netloc):
                raise WrongSetting(f"{name}: {given!r} is not an absolute URL, such as http://127.0.0.1:5000/voice.")


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
    price_known: float = 300.0
    # In real seconds, as all of HTTP's: how long a status callback waits for those before it.
    callback_expires: float = 60.0


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
    """Calls that come in by themselves. No numbers named: all of the account's. `mix`: personas by weight."""

    calls_per_minute: float = 0.0
    numbers: list[str] = field(default_factory=list)
    at_most: int = 200
    mix: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        Chosen(mix=self.mix)  # who can come


@dataclass
class Behaviour(Chosen):
    """A rule about people: the first whose pattern fits an address holds, and takes the place of chance.

    They answer, unless it says otherwise, and hang up first only if it says so.

    `who` is an address with `*` and `?` as wildcards, such as `client:dana`, `sip:*@pbx.example`, `+1415*`.
    """

    who: str

    def __post_init__(self) -> None:
        Chosen.__post_init__(self)
        address(self.who, "who")


BARRED = (21203, 21211, 21214, 21215, 21216, 21217, 21219)


@dataclass
class Barred:
    """Addresses that the account must not call: `who` with wildcards, `code` Twilio's word for the reason.

    21215 is a country that is not opened, 21216 a number on the block list, 21219 one that is not verified (on trial).
    """

    who: str
    code: int = 21215

    def __post_init__(self) -> None:
        if self.code not in BARRED:
            raise WrongSetting(
                f"A barred address's code must be one of {', '.join(map(str, BARRED))}, not {self.code}."
            )


@dataclass
class Settings:
    account_sid: str = "AC" + "0" * 32
    auth_token: str = "simulated-auth-token"  # noqa: S105 - a made-up account's
    secondary_token: str = ""
    api_keys: dict[str, str] = field(default_factory=dict)
    host: str = "127.0.0.1"
    port: int = 9911
    speed: Speed = Speed(1.0)
    start: datetime | None = None
    lasts: float | None = None
    log: str = ""
    fail_on_errors: bool = False
    seed: str = "1"
    calls_per_second: float = 0.0
    rest_concurrency: int = 0
    base_url: str = ""
    doors_for_all: bool = False
    remembered: int = 10_000
    numbers: list[NumberSettings] = field(default_factory=list)
    verified_callers: list[str] = field(default_factory=list)
    barred: list[Barred] = field(default_factory=list)
    scenario: str = ""
    places: dict[str, str] = field(default_factory=dict)
    behaviour: list[Behaviour] = field(default_factory=list)
    personas: dict[str, Persona] = field(default_factory=dict)
    habits: Habits | None = None
    traffic: Traffic = field(default_factory=Traffic)
    faults: Faults = field(default_factory=Faults)
    timing: Timing = field(default_factory=Timing)
    choices: Choices = field(default_factory=Choices)

    def __post_init__(self) -> None:
        if not re.fullmatch(r"AC[0-9a-fA-F]{32}", self.account_sid):
            raise WrongSetting(f"account_sid must be AC and 32 hexadecimal digits, not {self.account_sid!r}.")
