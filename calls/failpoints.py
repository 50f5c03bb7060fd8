"""Places at which a test may let the process die. In production `crash` is one `if`.

What a named point does: `raise` a SimulatedCrash, `exit` the process as kill -9 would, or sleep for some seconds.
"""

import os
import time

armed: dict[str, str | float] = {}
if os.environ.get("LIVEDESK_FAILPOINT"):  # "intake.before_commit=exit", for processes that a test started
    _name, _, _what = os.environ["LIVEDESK_FAILPOINT"].partition("=")
    armed[_name] = _what


class SimulatedCrash(BaseException):
    """Not an Exception: nothing that handles errors may survive it."""


def crash(point: str) -> None:
    if armed and point in armed:
        what = armed[point]
        if what == "exit":
            os._exit(137)
        if what == "raise":
            raise SimulatedCrash(point)
        time.sleep(float(what))
