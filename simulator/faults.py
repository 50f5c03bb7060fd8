"""What can go wrong, by rule and by chance: with callbacks, with the REST API, with Twilio's clock, with everything.

All of it can be switched while the simulator runs (POST /sim/faults).
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase

from .clock import iso
from .events import KNOWN
from .from_json import Range, WrongSetting

CALLBACK_FAULTS = {
    "lost": "never sent",
    "late": "sent after `seconds`",
    "doubled": "sent twice, the second time after `seconds`",
    "reordered": "sent after the next one of the same call",
}


@dataclass
class CallbackRule:
    """What becomes of some status callbacks: the first rule that fits one, and whose chance comes, holds.

    `what` is one of CALLBACK_FAULTS. With wildcards: `url` is the address or its path; `event` what one subscribes to
    (answered, completed, join …), what is told (in-progress, busy, participant-join …) or the purpose in
    GET /sim/webhooks; `call` a SID, or who calls or is called. `times`: it hits
    so many and no more (counted down). `chance`: from 0 to 1. `seconds` are simulated ones, else as `late_seconds` has
    it.
    """

    what: str
    url: str = "*"
    event: str = "*"
    call: str = "*"
    times: int | None = None
    chance: float = 1.0
    seconds: float | None = None

    def __post_init__(self) -> None:
        _must_be_one_of(self.what, CALLBACK_FAULTS, "A callback rule's what")
        _must_be_a_probability(self.chance, "A callback rule's chance")
        if not any(fnmatchcase(word, self.event) for word in KNOWN):
            raise WrongSetting(f"A callback rule's event must fit one of {', '.join(KNOWN)}, not {self.event!r}.")
        if (self.times or 0) < 0 or (self.seconds or 0) < 0:
            raise WrongSetting("A callback rule's times and seconds must not be less than 0.")

    def fits(self, url: str, path: str, events: set[str], calls: set[str]) -> bool:
        return (
            self.times != 0
            and any(fnmatchcase(one, self.url) for one in (url, path))
            and any(fnmatchcase(one, self.event) for one in events)
            and any(fnmatchcase(one, self.call) for one in calls)
        )


@dataclass
class CallbackFaults:
    """How badly status callbacks are delivered: probabilities from 0 to 1, delays in simulated seconds; and by rule."""

    late: float = 0.0
    late_seconds: Range = (1.0, 10.0)
    doubled: float = 0.0
    reordered: float = 0.0
    lost: float = 0.0
    rules: list[CallbackRule] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name in CALLBACK_FAULTS:
            _must_be_a_probability(getattr(self, name), f"faults.callbacks.{name}")


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
        _must_be_one_of(self.what, {**NOT_DONE, **DONE}, "A fault's what")
        if self.method not in ("GET", "POST", "DELETE", "*"):
            raise WrongSetting(f"A fault's method must be GET, POST, DELETE or *, not {self.method!r}.")
        _must_be_a_probability(self.chance, "A fault's chance")
        if (self.times or 0) < 0 or (self.seconds or 0) < 0:
            raise WrongSetting("A fault's times and seconds must not be less than 0.")


# What is away in an outage. What Twilio would try again, it tries again; the rest is lost.
AWAY = {
    "all": "everything between Twilio and the application",
    "webhooks": "every request to the application: callbacks, and requests for TwiML",
    "callbacks": "status callbacks only",
    "rest": "the REST API",
}


@dataclass
class Outage:
    """For some time nothing gets through. From `begins` to `ends`, moments on the simulated clock (GET /sim/truth); or
    for `seconds`, `after` so many, both simulated, counted from when it is set. No end given: until it is taken out.

    `what` is one of AWAY. `rest` is what the REST API does meanwhile, one of NOT_DONE.
    """

    what: str = "all"
    begins: str | None = None
    ends: str | None = None
    after: float | None = None
    seconds: float | None = None
    rest: str = "503"

    def __post_init__(self) -> None:
        _must_be_one_of(self.what, AWAY, "An outage's what")
        _must_be_one_of(self.rest, NOT_DONE, "An outage's rest")
        if (self.after or 0) < 0 or (self.seconds or 0) < 0:
            raise WrongSetting("An outage's after and seconds must not be less than 0.")
        begins, ends = _moment(self.begins, "begins"), _moment(self.ends, "ends")
        if begins and ends and ends < begins:
            raise WrongSetting("An outage must not end before it begins.")

    def counted_from(self, now: datetime) -> "Outage":
        """The same with moments in place of seconds."""
        begins, ends = _moment(self.begins, "begins"), _moment(self.ends, "ends")
        begins = begins or now + timedelta(seconds=self.after or 0)
        if ends is None and self.seconds is not None:
            ends = begins + timedelta(seconds=self.seconds)
        return replace(self, begins=iso(begins), ends=iso(ends), after=None, seconds=None)

    def holds(self, now: datetime, *what: str) -> bool:
        begins, ends = _moment(self.begins, "begins"), _moment(self.ends, "ends")
        return self.what in what and (begins is None or begins <= now) and (ends is None or now < ends)


@dataclass
class Faults:
    """What goes wrong: with status callbacks, with requests of the REST API, and at times with everything.

    `clock_skew`: Twilio's clock is so many seconds fast (slow, if less than 0): in the Timestamp of callbacks, in the
    dates of REST and in its Date header.
    """

    callbacks: CallbackFaults = field(default_factory=CallbackFaults)
    rest: list[RestFault] = field(default_factory=list)
    clock_skew: float = 0.0
    outages: list[Outage] = field(default_factory=list)

    def begin(self, now: datetime) -> None:
        """From now on the seconds of the outages count."""
        self.outages = [outage.counted_from(now) for outage in self.outages]

    def outage(self, now: datetime, *what: str) -> Outage | None:
        """The one that holds now for any of these."""
        return next((outage for outage in self.outages if outage.holds(now, *what)), None)


def _must_be_one_of(given: str, known: dict[str, str], what: str) -> None:
    if given not in known:
        raise WrongSetting(f"{what} must be one of {', '.join(known)}, not {given!r}.")


def _must_be_a_probability(given: float, what: str) -> None:
    if not 0 <= given <= 1:
        raise WrongSetting(f"{what} must be from 0 to 1, not {given:g}.")


def _moment(text: str | None, name: str) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise WrongSetting(
            f"An outage's {name} must be a moment such as 2026-11-21T17:00:00+00:00, not {text!r}."
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
