"""For tests of an application: a simulator of one's own, on a free port of this machine, that is met over HTTP only.

with RunningSimulator(numbers=[{"phone_number": "+15005550100", "voice_url": …}], speed=50) as twilio:
    twilio.ring(from_="+14155550123", to="+15005550100", talks=30)
    twilio.eventually(lambda: all(call["over"] for call in twilio.calls()))
"""

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlencode

import requests

from .scenario import settings_of
from .server import listen, run

T = TypeVar("T")


class RunningSimulator:
    """Runs in a thread with a loop of its own. Takes the settings that `--config` takes."""

    def __init__(self, **settings: Any):
        self.settings = settings_of({"port": 0, "speed": 50.0, **settings})
        self._listening = listen(self.settings.host, self.settings.port)
        self._stop: Callable[[], None] | None = None
        self._thread = threading.Thread(target=self._run, name="simulator", daemon=True)
        self._http = requests.Session()
        host, port = self._listening.getsockname()[:2]
        self.url = f"http://{host}:{port}"

    def __enter__(self) -> Self:
        self._thread.start()
        self.eventually(lambda: self.get("/sim/health"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stop is not None:
            self._stop()
        self._http.close()
        self._thread.join(5)

    def get(self, path: str) -> Any:
        return self._answer(self._http.get(self.url + path, timeout=10))

    def post(self, path: str, **content: Any) -> Any:
        return self._answer(self._http.post(self.url + path, json=content, timeout=10))

    def ring(self, *, from_: str, to: str = "", **script: Any) -> dict[str, Any]:
        """Places an inbound call; `script` as at POST /sim/calls: hang_up_after, talks, waits (seconds), digits, says.

        With `application` (a SID) and `parameters` in place of `to`, a Voice SDK client connects.
        """
        return self.post("/sim/calls", **{"from": from_, "to": to, **script})

    def hang_up(self, sid: str) -> None:
        self.post(f"/sim/calls/{sid}/hangup")

    def key(self, sid: str, digits: str) -> bool:
        """Whether anything was listening."""
        return self.post(f"/sim/calls/{sid}/digits", digits=digits)["heard"]

    def say(self, sid: str, words: str) -> bool:
        """Whether a verb was listening."""
        return self.post(f"/sim/calls/{sid}/digits", speech=words)["heard"]

    def truth(self) -> dict[str, Any]:
        return self.get("/sim/truth")

    def calls(self) -> list[dict[str, Any]]:
        return self.truth()["calls"]

    def call(self, sid: str) -> dict[str, Any]:
        return self.get(f"/sim/calls/{sid}")

    def webhooks(self, purpose: str | None = None, subject: str | None = None) -> list[dict[str, Any]]:
        """The requests made to the application, oldest first."""
        wanted = {"purpose": purpose, "subject": subject}
        query = urlencode({name: value for name, value in wanted.items() if value})
        return self.get(f"/sim/webhooks?{query}")["webhooks"]

    def asked(self) -> list[dict[str, Any]]:
        """The REST requests that came in, oldest first."""
        return self.get("/sim/asked")["asked"]

    def eventually(self, look: Callable[[], T], *, within: float = 10.0, what: str = "it") -> T:
        """Looks again and again until it sees something true; `within` is in real seconds.

        Who waits in vain reads `what` was not seen, which calls there are and the debugger's last words.
        """
        deadline = time.monotonic() + within
        while True:
            try:
                seen = look()
            except requests.ConnectionError:
                seen = None
            if seen:
                return seen
            if time.monotonic() > deadline:
                raise AssertionError(f"{what} was not seen within {within:g} s; {self._picture()}")
            time.sleep(0.01)

    def _picture(self) -> str:
        try:
            truth = self.truth()
        except requests.RequestException as error:
            return f"the simulator does not answer: {error}"
        live = [f"{c['sid']} from {c['from']} to {c['to']}: {c['status']}" for c in truth["calls"] if not c["over"]]
        notes = [f"{n['code']} {n['subject']} {n['url']} {n['detail']}" for n in truth["notes"][-5:]]
        return "\n  ".join(["live calls:", *(live or ["none"])]) + "\n  ".join(["\nlast notes:", *(notes or ["none"])])

    def _run(self) -> None:
        run(self.settings, self._listening, on_stop=self._keep)

    def _keep(self, stop: Callable[[], None]) -> None:
        self._stop = stop

    @staticmethod
    def _answer(response: requests.Response) -> Any:
        content = response.json()
        if not response.ok:
            raise AssertionError(f"{response.status_code}: {content}")
        return content
