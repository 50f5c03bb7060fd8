"""The gateway: the only way to Twilio's REST API. One account, one host, hard limits on time."""

import json
import logging
import re
import time
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

DEADLINE = 12.0  # seconds for a whole request: its turn in our queue and the answer's body included
CONNECT = 3.0  # seconds
AT_ONCE = 8
LARGEST = 2 * 1024 * 1024  # bytes of an answer
# The SDK puts SIDs into the path as they are, and the URL library folds "..": what leaves must look like this.
PATH = re.compile(
    r"/2010-04-01/Accounts/(AC[0-9a-fA-F]{32})/(Calls(/CA[0-9a-f]{32})?|Conferences(/CF[0-9a-f]{32})?)\.json"
)
SID = re.compile(r"CA[0-9a-f]{32}")
NOT_OURS = "Unable to update record: "  # the SDK's own words before Twilio's
log = logging.getLogger(__name__)


class Refused(Exception):
    """Twilio said no: nothing happened. `code` is Twilio's error code, `status` the HTTP status."""

    def __init__(self, code: int, status: int, message: str) -> None:
        super().__init__(message)
        self.code, self.status = code, status


class Unreachable(Exception):
    """No answer. `sent`: the request may have reached Twilio, so it may have happened."""

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.sent = sent


def end_leg(sid: str, status: str) -> dict[str, Any]:
    """End one leg: `completed`, or `canceled` while it is queued or ringing (twilio.com/docs/voice/api/call-resource).

    Returns the Call resource at that moment (it usually still says in-progress). Raises Refused (21220: not in
    progress any more, 20404: unknown), Unreachable, or ValueError for what is no SID: then nothing leaves.
    """
    if not SID.fullmatch(sid):
        raise ValueError(f"Not a CallSid: {sid!r}")
    return _post(f"/Accounts/{settings.TWILIO_ACCOUNT_SID}/Calls/{sid}.json", {"Status": status})


def _post(uri: str, values: dict[str, str]) -> dict[str, Any]:
    asked: Future[dict[str, Any]] = _threads().submit(_client().api.v2010.update, "POST", uri, data=values)
    try:
        answer = asked.result(timeout=DEADLINE)
    except TimeoutError as error:
        # What could be cancelled was still waiting for its turn.
        raise Unreachable("Twilio did not answer in time.", sent=not asked.cancel()) from error
    except TwilioRestException as error:
        raise Refused(error.code or error.status, error.status, error.msg.removeprefix(NOT_OURS)) from error
    except TwilioServiceException as error:
        raise Refused(error.code, error.status, error.detail or error.title) from error
    except (TwilioException, json.JSONDecodeError, requests.RequestException) as error:
        raise Unreachable("Twilio's answer could not be read.", sent=True) from error
    if not isinstance(answer, dict):
        raise Unreachable("Twilio's answer could not be read.", sent=True)
    return answer


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="gateway")


@cache
def _client() -> Client:
    key, secret = settings.TWILIO_API_KEY, settings.TWILIO_API_SECRET
    wire = Wire()
    client = Client(
        key or settings.TWILIO_ACCOUNT_SID,
        secret if key else settings.TWILIO_AUTH_TOKENS[0],
        settings.TWILIO_ACCOUNT_SID,
        http_client=wire,
    )
    # The SDK writes edge and region into any host, ours on loopback too, and takes them from the environment itself.
    at_twilio = (urlsplit(settings.TWILIO_API_URL).hostname or "").endswith(".twilio.com")
    client.edge, client.region = (settings.TWILIO_EDGE, settings.TWILIO_REGION) if at_twilio else ("", "")
    client.api.base_url = settings.TWILIO_API_URL
    wire.base = client.get_hostname(settings.TWILIO_API_URL)
    return client


class Wire(HttpClient):
    """One session. No redirects, no retries, no other host; the clock runs over the body too, which may drip.

    Answers of 2xx and 4xx are returned; anything else raises Unreachable. ValueError: that address is not one of ours.
    """

    base = ""  # scheme and host of all that leaves

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
        until = time.monotonic() + DEADLINE
        try:
            with self.session.request(
                method,
                url,
                params=params,
                data=data,
                headers=headers,
                auth=auth,
                timeout=(CONNECT, DEADLINE),
                allow_redirects=False,
                stream=True,
            ) as answer:
                body = bytearray()
                for piece in answer.iter_content(4096):
                    body += piece
                    if time.monotonic() > until or len(body) > LARGEST:
                        raise Unreachable("Twilio's answer took too long.", sent=True)
                if answer.status_code // 100 not in (2, 4):
                    raise Unreachable(f"Twilio answered {answer.status_code}.", sent=True)
                return Response(answer.status_code, body.decode("utf-8", "replace"))
        except requests.exceptions.ConnectTimeout as error:
            raise Unreachable("Twilio cannot be reached.", sent=False) from error
        except requests.exceptions.ConnectionError as error:
            if never_connected(error):
                raise Unreachable("Twilio cannot be reached.", sent=False) from error
            raise Unreachable("The connection to Twilio broke.", sent=True) from error
        except requests.RequestException as error:
            raise Unreachable("Twilio did not answer in time.", sent=True) from error


def never_connected(error: BaseException) -> bool:
    """Refused or unresolved before a byte was sent; a connection that broke later is another matter."""
    return "NewConnectionError" in repr(error) or "NameResolutionError" in repr(error)
