"""Answering-machine detection: what it finds, when, and to whom it is told.

Source: https://www.twilio.com/docs/voice/answering-machine-detection
"""

from collections.abc import Callable
from dataclasses import dataclass

from .calls import Call, CallbackPlan
from .chance import between
from .exchange import Exchange

MODES = ("Enable", "DetectMessageEnd")
# The least and most of each setting, and what it is unless somebody says otherwise: seconds, then milliseconds.
SETTINGS = {
    "MachineDetectionTimeout": (3, 59, 30),
    "MachineDetectionSpeechThreshold": (1000, 6000, 2400),
    "MachineDetectionSpeechEndThreshold": (500, 5000, 1200),
    "MachineDetectionSilenceTimeout": (2000, 10_000, 5000),
}


@dataclass(frozen=True, slots=True)
class Detection:
    """`callback`: it is asynchronous, the call goes on meanwhile and the verdict is told there."""

    mode: str
    timeout: float = 30.0
    callback: CallbackPlan | None = None
    asynchronous: bool = False


def wrong_in(given: Callable[[str], str]) -> str | None:
    """The first setting that is out of its range; `given` gets each by its name in REST."""
    for name, (least, most, _) in SETTINGS.items():
        text = given(name)
        if text and not (text.isascii() and text.isdigit() and least <= int(text) <= most):
            return name
    return None


def seconds_to_decide(given: Callable[[str], str]) -> float:
    return float(given("MachineDetectionTimeout") or SETTINGS["MachineDetectionTimeout"][2])


async def detect(exchange: Exchange, call: Call, detection: Detection) -> list[tuple[str, str]]:
    """Listens on the call's own line until it is decided: AnsweredBy and MachineDetectionDuration."""
    verdict, seconds = _verdict(exchange, call, detection)
    call.detecting = True
    try:
        await call.line.hold(seconds=seconds)
    finally:
        call.detecting = False
    call.answered_by = verdict
    return _params(verdict, seconds)


def detect_beside(exchange: Exchange, call: Call, detection: Detection) -> None:
    """Decides while the call goes on; a call that ends first is never decided."""
    verdict, seconds = _verdict(exchange, call, detection)

    def tell() -> None:
        call.detecting = False
        if call.over:
            return
        call.answered_by = verdict
        if detection.callback is not None:
            about = [("CallSid", call.sid), ("AccountSid", exchange.settings.account_sid), *_params(verdict, seconds)]
            exchange.post.tell(call.sid, "amd", detection.callback.url, detection.callback.method, about)

    call.detecting = True
    exchange.later(seconds, tell)


def _params(verdict: str, seconds: float) -> list[tuple[str, str]]:
    return [("AnsweredBy", verdict), ("MachineDetectionDuration", str(round(seconds * 1000)))]


def _verdict(exchange: Exchange, call: Call, detection: Detection) -> tuple[str, float]:
    kind = call.person.manner.answered_by if call.person else "unknown"
    timing = exchange.settings.timing
    dice = exchange.chance.dice("amd", call.sid)
    seconds = between(dice, timing.machine_detected)
    if detection.mode == "DetectMessageEnd" and kind.startswith("machine"):
        seconds = between(dice, timing.machine_greeting)
    if seconds > detection.timeout:
        return "unknown", detection.timeout
    return _worded(detection.mode, kind), seconds


def _worded(mode: str, kind: str) -> str:
    """The verdict on somebody of this kind, in the only words that this mode has."""
    if not kind.startswith("machine"):
        return kind
    if mode == "Enable":
        return "machine_start"
    return kind if kind.startswith("machine_end_") else "machine_end_beep"
