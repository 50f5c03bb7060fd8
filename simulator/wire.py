"""One request to the application: signed, with Twilio's headers, redirects followed, failures named.

Source: https://www.twilio.com/docs/usage/security
"""

import asyncio
import contextlib
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import quote_plus, unquote, urljoin, urlsplit, urlunsplit

import aiohttp
from yarl import URL

from .overrides import Overrides
from .settings import Settings
from .signature import sign, signed_url

Params = list[tuple[str, str]]

MOST_REDIRECTS = 10
MOST_BODY = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `code` is the debugger's word for a failure (0: none), `reason` the overrides' word for it."""

    url: str
    status: int | None = None
    body: bytes = b""
    content_type: str = ""
    code: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Received:
    """What came back for one request; redirects are not followed."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    cookies: dict[str, str]
    broken_off: Exception | None = None


Socket = aiohttp.ClientWebSocketResponse
Patience = aiohttp.ClientTimeout


@dataclass
class SocketFailed(Exception):
    """A WebSocket that could not be opened; `code` as in Twilio's debugger."""

    code: int


class Wire:
    def __init__(self, settings: Settings):
        self._settings = settings
        self._session: aiohttp.ClientSession | None = None
        self._sockets: list[Socket] = []

    async def open(self) -> None:
        # A connection for each request: one kept alive may be closed by the application just as it is used again.
        connector = aiohttp.TCPConnector(force_close=True, limit=0)
        self._session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())

    async def close(self) -> None:
        await self.hang_up()
        if self._session is not None:
            await self._session.close()

    async def web_socket(self, url: str) -> Socket:
        """Opens a WebSocket, its handshake signed over the URL alone. Raises SocketFailed."""
        assert self._session is not None  # noqa: S101 - opened before the first call
        headers = {"User-Agent": "TwilioProxy/1.1", "X-Twilio-Signature": sign(self._settings.auth_token, url)}
        patience = aiohttp.ClientWSTimeout(ws_close=1.0)
        try:
            socket = await self._session.ws_connect(url, headers=headers, timeout=patience)
        except (aiohttp.ClientError, OSError, ValueError):
            raise SocketFailed(31920) from None
        self._sockets = [one for one in self._sockets if not one.closed] + [socket]
        return socket

    async def hang_up(self) -> None:
        """Closes all WebSockets that are still open."""
        sockets, self._sockets = self._sockets, []
        await asyncio.gather(*(one.close() for one in sockets), return_exceptions=True)

    def signature(self, method: str, url: str, params: Params) -> str:
        """What the application has to come to by itself. Raises ValueError if it is not a URL."""
        form, asked = (params, url) if method == "POST" else ([], _with_query(url, params))
        return sign(self._settings.auth_token, signed_url(asked), form)

    async def ask(
        self,
        method: str,
        url: str,
        params: Params,
        token: str,
        signature: str,
        overrides: Overrides,
        seconds_left: float,
        cookies: dict[str, str],
    ) -> Answer:
        """One try, with the token of all tries; `cookies` grow. What fails is an Answer too, with its code."""
        patience = Patience(total=seconds_left, sock_connect=overrides.ct / 1000, sock_read=overrides.rt / 1000)
        try:
            return await self._follow(method, url, params, token, signature, patience, cookies)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return _failure(url, error)

    async def _follow(
        self,
        method: str,
        url: str,
        params: Params,
        token: str,
        signature: str,
        patience: Patience,
        cookies: dict[str, str],
    ) -> Answer:
        login: dict[str, str] = {}
        for _ in range(MOST_REDIRECTS + 1):
            answer, location = await self._request(
                method, url, params, token, signature, patience, {**login, **_cookie(cookies)}, cookies
            )
            if answer.status == 401 and not login and (login := _login(url)):
                # User and password in the URL are told only to who asks for them.
                answer, location = await self._request(
                    method, url, params, token, signature, patience, {**login, **_cookie(cookies)}, cookies
                )
            if location is None:
                return answer
            # Whatever the method was, the new place is asked by GET and the parameters are gone.
            method, url, params = "GET", urljoin(url, location), []
            signature = self.signature(method, url, params)
        return Answer(url, code=11215, reason="redirects")

    async def _request(
        self,
        method: str,
        url: str,
        params: Params,
        token: str,
        signature: str,
        patience: Patience,
        also: dict[str, str],
        cookies: dict[str, str],
    ) -> tuple[Answer, str | None]:
        asked = url if method == "POST" else _with_query(url, params)
        headers = {
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
            "Accept-Encoding": "gzip",
            "X-Twilio-Signature": signature,
            "I-Twilio-Idempotency-Token": token,
            "X-Home-Region": "us1",
            **also,
        }
        if method == "POST":
            headers["Content-Type"] = "application/x-www-form-urlencoded; charset=UTF-8"
        body = _encoded(params).encode() if method == "POST" else b""
        came = await self._carry(method, _without_login(asked), body, headers, patience)
        cookies.update(came.cookies)
        if came.broken_off is not None:
            return replace(_failure(url, came.broken_off), status=came.status, reason="partial"), None
        kind = came.headers.get("Content-Type", "")
        if came.status >= 400:
            return Answer(url, came.status, came.body, kind, 11200, f"{came.status // 100}xx"), None
        location = came.headers.get("Location") if came.status in (301, 302, 303, 307, 308) else None
        return Answer(url, came.status, came.body, kind), location

    async def _carry(self, method: str, url: str, body: bytes, headers: dict[str, str], patience: Patience) -> Received:
        assert self._session is not None  # noqa: S101 - opened before the first call
        async with self._session.request(
            method,
            URL(url, encoded=True),
            data=body or None,
            headers=headers,
            allow_redirects=False,
            timeout=patience,
        ) as response:
            cookies = {name: morsel.value for name, morsel in response.cookies.items()}
            try:
                body = await _read(response.content)
            except (aiohttp.ClientError, OSError) as error:
                return Received(response.status, b"", response.headers, cookies, broken_off=error)
            return Received(response.status, body, response.headers, cookies)


async def say(socket: Socket | None, message: dict[str, object]) -> None:
    """Sends JSON, unless the other side has gone."""
    if socket is not None and not socket.closed:
        with contextlib.suppress(OSError):
            await socket.send_str(json.dumps(message))


async def _read(content: aiohttp.StreamReader) -> bytes:
    """The whole body: a single read gives what has arrived so far."""
    body = bytearray()
    async for piece in content.iter_any():
        body += piece
        if len(body) >= MOST_BODY:
            break
    return bytes(body)


def _with_query(url: str, params: Params) -> str:
    if not params:
        return url
    return url + ("&" if urlsplit(url).query else "?") + _encoded(params)


def _encoded(params: Params) -> str:
    return "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in params)


# Most of what is told of a call is told again and again.
_quoted = lru_cache(maxsize=10_000)(quote_plus)


def _login(url: str) -> dict[str, str]:
    parts = urlsplit(url)
    if not parts.username:
        return {}
    return {"Authorization": aiohttp.encode_basic_auth(unquote(parts.username), unquote(parts.password or ""))}


def _cookie(cookies: dict[str, str]) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())} if cookies else {}


def _without_login(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _failure(url: str, error: Exception) -> Answer:
    """Names a failure in the words of the connection overrides and of the debugger."""
    if isinstance(error, aiohttp.InvalidURL | ValueError):
        return Answer(url, code=11100, reason="url")
    if isinstance(error, aiohttp.ClientConnectorDNSError | socket.gaierror):
        return Answer(url, code=11210, reason="dns")
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        mismatch = "mismatch" in str(error.certificate_error)
        return Answer(url, code=11235 if mismatch else 11237, reason="ct")
    if isinstance(error, aiohttp.ClientConnectorSSLError):
        return Answer(url, code=11220, reason="ct")
    if isinstance(error, aiohttp.ConnectionTimeoutError | aiohttp.ClientConnectorError):
        return Answer(url, code=11205, reason="ct")
    if isinstance(error, aiohttp.SocketTimeoutError):
        return Answer(url, code=11205, reason="rt")
    if isinstance(error, TimeoutError):
        return Answer(url, code=11203, reason="tt")
    return Answer(url, code=11206, reason="protocol")
