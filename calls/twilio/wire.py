"""The wire to Twilio's REST API: one host, the paths that are ours, hard limits on time and size."""

import logging
import re
import threading
import time

import requests
from django.conf import settings
from twilio.http import HttpClient
from twilio.http.response import Response
from urllib3.exceptions import HTTPError

DEADLINE = 12.0  # seconds for all that one wish asks: turns in our queue, tries and the answers' bodies included
CONNECT = 3.0  # seconds
AT_ONCE = 8
LARGEST = 4 * 1024 * 1024  # bytes of an answer: a page of 1,000 calls is one
NO_CONTENT = 204  # done, and nothing to add
# The SDK puts SIDs into the path as they are, and the URL library folds "..": what leaves must look like this.
PATH = re.compile(
    r"/2010-04-01/Accounts/(AC[0-9a-fA-F]{32})"
    r"(/Calls(/CA[0-9a-f]{32}(/(Recordings|Transcriptions|Streams)(/(RE|GT|MZ)[0-9a-f]{32})?)?)?"
    r"|/Conferences(/CF[0-9a-f]{32}|/call-[0-9a-f-]{36}/Participants|/CF[0-9a-f]{32}/Participants(/CA[0-9a-f]{32})?)?"
    r"|/IncomingPhoneNumbers(/PN[0-9a-f]{32})?)?\.json"
)
log = logging.getLogger(__name__)
deadline = threading.local()  # `until`: when (time.monotonic) the request of this thread is over


class Unreachable(Exception):
    """No answer. `sent`: the request may have reached Twilio, so it may have happened."""

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.sent = sent


class Wire(HttpClient):
    """One session. No redirects, no retries, no other host; the clock runs over the body too, which may drip.

    Answers of 2xx and 4xx are returned; anything else raises Unreachable. ValueError: that address is not one of ours.
    """

    base = ""  # scheme and host of all that leaves
    dated = ""  # the Date header of the last answer

    def __init__(self) -> None:
        super().__init__(log, False, DEADLINE)
        self.session = requests.Session()
        adapter = requests.adapters.HTTPAdapter(pool_maxsize=AT_ONCE, max_retries=0)
        self.session.mount("https://", adapter)
        self.session.mount("http://", adapter)

    def request(
        self,
        method: str,
        url: str,
        params: dict[str, str] | None = None,
        data: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        path = PATH.fullmatch(url.removeprefix(self.base)) if self.base and url.startswith(self.base) else None
        if path is None or path[1] != settings.TWILIO_ACCOUNT_SID:
            raise ValueError(f"Nothing of ours goes to {url[:200]!r}.")
        until = getattr(deadline, "until", time.monotonic() + DEADLINE)
        try:
            with self.session.request(
                method,
                url,
                params=params,
                data=data,
                headers=headers,
                auth=auth,
                timeout=(CONNECT, max(0.1, until - time.monotonic())),
                allow_redirects=False,
                stream=True,
            ) as answer:
                self.dated = answer.headers.get("Date", "")
                body = bytearray()
                # `read1` hands on what is there. `iter_content` waits until a piece is full, and an answer that drips
                # would hold its thread for as long as it likes: each byte has the whole of the time-out.
                while piece := answer.raw.read1(65536, decode_content=True):
                    body += piece
                    if time.monotonic() > until or len(body) > LARGEST:
                        raise Unreachable("Twilio's answer took too long.", sent=True)
                if answer.status_code // 100 not in (2, 4):
                    raise Unreachable(f"Twilio answered {answer.status_code}.", sent=True)
                said = "{}" if answer.status_code == NO_CONTENT else body.decode("utf-8", "replace")
                return Response(answer.status_code, said)
        except requests.exceptions.ConnectTimeout as error:
            raise Unreachable("Twilio cannot be reached.", sent=False) from error
        except requests.exceptions.ConnectionError as error:
            if never_connected(error):
                raise Unreachable("Twilio cannot be reached.", sent=False) from error
            raise Unreachable("The connection to Twilio broke.", sent=True) from error
        except (requests.RequestException, HTTPError) as error:
            raise Unreachable("Twilio did not answer in time.", sent=True) from error


def never_connected(error: BaseException) -> bool:
    """Refused or unresolved before a byte was sent; a connection that broke later is another matter."""
    return "NewConnectionError" in repr(error) or "NameResolutionError" in repr(error)
