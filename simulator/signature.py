"""X-Twilio-Signature, from Twilio's side.

Source: https://www.twilio.com/docs/usage/security (validating requests).
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from urllib.parse import urlsplit, urlunsplit


def sign(token: str, url: str, form: Iterable[tuple[str, str]] = ()) -> str:
    """Signs a request: the URL as `signed_url` gives it, then every form field, sorted, name and value run together.

    `form` is empty for GET (its parameters are part of the URL) and for a JSON body (its hash is).
    """
    text = url + "".join(name + value for name, value in sorted(set(form)))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def signed_url(url: str) -> str:
    """The URL as voice requests sign it: without fragment and user info; HTTPS drops the port, HTTP keeps it."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    if parts.scheme == "https" and parts.port is not None:
        host = host.removesuffix(f":{parts.port}")
    return urlunsplit((parts.scheme, host, parts.path, parts.query, ""))
