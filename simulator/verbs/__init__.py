"""The verbs that the machine can perform."""

from ..stage import Perform
from .dial import dial
from .flow import hang_up, redirect, reject
from .gather import gather
from .speak import speak

VERBS: dict[str, Perform] = {
    "Say": speak,
    "Play": speak,
    "Pause": speak,
    "Gather": gather,
    "Redirect": redirect,
    "Hangup": hang_up,
    "Reject": reject,
    "Dial": dial,
}
