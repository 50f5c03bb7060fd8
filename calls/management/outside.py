"""The doctor looks at Twilio from here, and at us as Twilio would."""

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from urllib.parse import urlencode, urlsplit

import requests
from django.conf import settings
from django.db import Error
from django.urls import reverse
from django.utils import timezone

from calls.management import numbers
from calls.management.findings import Finding, ago
from calls.models import Line
from calls.twilio import gateway
from calls.twilio.signature import FORM, sign, signed_url

PATIENCE = 10  # seconds
CLOCK = 2.0  # seconds that our clock may be off
RENEW = 7  # days before a certificate ends


def look() -> Iterator[Finding]:
    found = list(knows_us())
    yield from found
    if found[-1].good:
        yield from clock()
    yield from reachable()
    yield from signature()
    if found[-1].good:
        yield from lines()
    else:
        yield Finding("lines", None, "Whether the numbers lead here could not be asked.")


# Twilio --------------------------------------------------------------------------------------------------------


def knows_us() -> Iterator[Finding]:
    """One GET. An API key may not read the account itself, so it reads the numbers (twilio.com/docs/iam/api-keys)."""
    where = urlsplit(settings.TWILIO_API_URL).netloc
    keyed = bool(settings.TWILIO_API_KEY)
    request: Callable[[], object] = gateway.list_numbers if keyed else gateway.account
    began = time.monotonic()
    try:
        answer = request()
    except gateway.Refused as error:
        names = "TWILIO_API_KEY and TWILIO_API_SECRET" if keyed else "TWILIO_AUTH_TOKEN"
        yield Finding(
            "Twilio",
            False,
            f"{where} does not let us in ({error.code}).",
            f"Copy TWILIO_ACCOUNT_SID and {names} from Twilio's console: they must be of one account.",
        )
    except gateway.Unreachable as error:
        yield Finding("Twilio", False, f"{where}: {error}", "Let this machine reach it, or see status.twilio.com.")
    else:
        took = f"{where} answered in {(time.monotonic() - began) * 1000:.0f} ms"
        state = answer.get("status", "active") if isinstance(answer, dict) else "active"
        if state != "active":
            yield Finding("Twilio", False, f"{took}, but the account is {state}.", "See Twilio's console.")
        elif keyed:
            yield Finding("Twilio", True, f"{took} and knows the API key. (The auth token only Twilio's calls prove.)")
        else:
            yield Finding("Twilio", True, f"{took} and knows account and token.")


def clock() -> Iterator[Finding]:
    theirs = gateway.twilios_time()
    if theirs is None:
        yield Finding("clock", None, "Twilio's answer has no date.")
        return
    # A date has no fraction: on average it is half a second old when it is written.
    off = (timezone.now() - theirs).total_seconds() - 0.5
    if abs(off) - 0.5 > CLOCK:
        side = "fast" if off > 0 else "slow"
        yield Finding("clock", False, f"It is {abs(off):.0f} s {side} by Twilio's.", "Keep it right by NTP.")
    else:
        yield Finding("clock", True, "It is right, as far as a date in whole seconds tells.")


def lines() -> Iterator[Finding]:
    try:
        addresses = list(Line.objects.values_list("address", flat=True))
    except Error:
        yield Finding("lines", None, "The database does not tell which there are.")
        return
    if not addresses:
        yield Finding("lines", None, "There is none yet.", "Make your numbers lines in the administration.")
        return
    try:
        known = {each.get("phone_number"): each for each in gateway.list_numbers()}
    except (gateway.Refused, gateway.Unreachable) as error:
        yield Finding("lines", False, f"Twilio did not list the account's numbers: {error}")
        return
    for address in sorted(addresses):
        if address.startswith("+"):
            yield leads_here(address, known.get(address))
            yield from kept(address, known.get(address))
        else:
            yield Finding("lines", None, f"{address} is no number: where it leads is set elsewhere at Twilio.")


def leads_here(address: str, resource: gateway.Resource | None) -> Finding:
    connect = f"Run `manage.py connect_twilio {address}`."
    if resource is None:
        return Finding("lines", False, f"{address} is not of this account.", "Take it off the lines, or get it back.")
    if other := numbers.overruled(resource):
        return Finding("lines", False, f"{address} leads to {other}.", "Take that off the number in Twilio's console.")
    wanted = numbers.leads_here()
    is_ = numbers.leads_to(resource, wanted)
    if is_ == wanted:
        return Finding("lines", True, f"{address} leads here.")
    if bare(is_) == bare(wanted):
        return Finding("lines", None, f"{address} leads here, but what fails once is not sent again.", connect)
    wrong = {"VoiceUrl", "VoiceMethod"} & {name for name in wanted if bare(is_)[name] != bare(wanted)[name]}
    method = "VoiceMethod" if wrong else "StatusCallbackMethod"
    where = numbers.shown(is_["VoiceUrl" if wrong else "StatusCallback"], is_[method])
    return Finding("lines", False, f"{address} leads to {where}{'' if wrong else ' when a call ends'}.", connect)


def kept(address: str, resource: gateway.Resource | None) -> Iterator[Finding]:
    """Who waits while nobody answers here, Twilio keeps by the number's fallback. Without it nothing is wrong."""
    if resource is None or numbers.overruled(resource):
        return
    fallback = numbers.leads_to(resource)["VoiceFallbackUrl"]
    do = f"Run `manage.py connect_twilio {address} --fallback` and a document's address at Twilio (docs/queues.md)."
    if not fallback:
        says = f"{address} has none: who waits, or phones in, while this server restarts may be hung up."
        yield Finding("fallback", None, says, do)
    elif fallback.startswith(settings.PUBLIC_URL):
        yield Finding("fallback", None, f"That of {address} leads here, and is away when this server is.", do)
    else:
        yield Finding("fallback", True, f"{address} has one: who waits stays while this server restarts.")


def bare(addresses: dict[str, str]) -> dict[str, str]:
    """Without what follows #: how often Twilio tries, not where."""
    return {name: value.partition("#")[0] for name, value in addresses.items()}


# PUBLIC_URL ----------------------------------------------------------------------------------------------------


def reachable() -> Iterator[Finding]:
    url = urlsplit(settings.PUBLIC_URL)
    host, port = url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
    try:
        resolved = {str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except OSError:
        yield Finding("name", False, f"{host} is no name that can be resolved here.", "Look at PUBLIC_URL and its DNS.")
        return
    if settings.LOOPBACK:
        says = f"{host} is this machine only: a simulator on it can call us, Twilio cannot."
        yield Finding("name", None, says, "For Twilio, set PUBLIC_URL to a public address.")
    elif any(not ip_address(address.partition("%")[0]).is_global for address in resolved):
        says = f"{host} is {', '.join(sorted(resolved))} here: no public address. From outside it may be another."
        yield Finding("name", None, says, "See that its public DNS leads to your proxy.")
    else:
        yield Finding("name", True, f"{host} is {', '.join(sorted(resolved))}.")
    if url.scheme == "https":
        yield certificate(host, port)
    yield alive()


def certificate(host: str, port: int) -> Finding:
    try:
        with socket.create_connection((host, port), timeout=PATIENCE) as plain:
            context = ssl.create_default_context()
            with context.wrap_socket(plain, server_hostname=host) as wrapped:
                ends = ssl.cert_time_to_seconds(str((wrapped.getpeercert() or {}).get("notAfter")))
    except ssl.SSLError as error:
        why = getattr(error, "verify_message", "") or error.reason or "it cannot be read"
        return Finding("certificate", False, f"It is not accepted: {why}.", "Twilio refuses it too: get a public one.")
    except (OSError, ValueError) as error:
        return Finding("certificate", None, f"It could not be looked at from here ({type(error).__name__}).")
    left = ends - timezone.now().timestamp()
    return Finding("certificate", left > RENEW * 86_400, f"It ends in {ago(left)}.", "Renew it.")


def alive() -> Finding:
    address = settings.PUBLIC_URL + reverse("healthz")
    try:
        with outside() as session:
            answer = session.get(address, timeout=PATIENCE, allow_redirects=False)
    except requests.RequestException as error:
        says = f"Nobody answers at {address} ({type(error).__name__})."
        return Finding("address", False, says, "Start the server, and let the proxy lead to it.")
    if answer.status_code == 200 and answer.text == "ok":
        return Finding("address", True, f"{address} answers, as seen from here. Twilio's view may differ.")
    says = f"{address} answers {answer.status_code}, and not as we do."
    return Finding("address", False, says, "Let the proxy lead to this installation, without a redirect.")


def signature() -> Iterator[Finding]:
    """A signed status callback that lacks CallStatus: 400 and its reason come after the signature, 403 instead of it.

    Nothing is kept of it. What has no CallStatus is no statement.
    """
    path = reverse("twilio-status")
    said = {"AccountSid": settings.TWILIO_ACCOUNT_SID, "CallSid": "CA" + "0" * 32}
    headers = {
        "Content-Type": FORM,
        "X-Twilio-Signature": sign(signed_url(settings.PUBLIC_URL, path, ""), said, settings.TWILIO_AUTH_TOKENS[0]),
    }
    try:
        with outside() as session:
            answer = session.post(
                settings.PUBLIC_URL + path,
                data=urlencode(said),
                headers=headers,
                timeout=PATIENCE,
                allow_redirects=False,
            )
    except requests.RequestException as error:
        yield Finding("signature", None, f"It could not be tried ({type(error).__name__}).")
        return
    if answer.status_code == 400 and answer.text == "CallStatus is missing":
        yield Finding("signature", True, "What our token signs is let in.")
    elif answer.status_code == 403:
        do = "Run the server with these very settings: PUBLIC_URL, TWILIO_AUTH_TOKEN. Let the proxy keep path and body."
        yield Finding("signature", False, "What our token signs is turned away (403).", do)
    elif answer.status_code == 400 and answer.text == "AccountSid is not ours":
        yield Finding("signature", False, "The server is set to another account.", "Give both one TWILIO_ACCOUNT_SID.")
    else:
        says = f"{settings.PUBLIC_URL}{path} answers {answer.status_code}, which is not ours to say."
        yield Finding("signature", False, says, "Let the proxy pass on what is posted as it is, without a redirect.")


def outside() -> requests.Session:
    session = requests.Session()
    session.trust_env = not settings.LOOPBACK  # a proxy for the world knows nothing of this machine
    return session
