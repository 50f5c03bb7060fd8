"""The verbs that the machine can perform."""

from ..stage import Perform
from .connect import connect
from .dial import dial
from .enqueue import enqueue, leave
from .flow import hang_up, redirect, refer, reject
from .gather import gather
from .record import record
from .speak import speak
from .start import start, stop

VERBS: dict[str, Perform] = {
    "Say": speak,
    "Play": speak,
    "Pause": speak,
    "Gather": gather,
    "Record": record,
    "Enqueue": enqueue,
    "Leave": leave,
    "Start": start,
    "Stop": stop,
    "Connect": connect,
    "Refer": refer,
    "Redirect": redirect,
    "Hangup": hang_up,
    "Reject": reject,
    "Dial": dial,
}
