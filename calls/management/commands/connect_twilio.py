"""`manage.py connect_twilio +15550100200`: numbers of the account lead here, and can be led back."""

import re
from argparse import ArgumentParser
from collections.abc import Callable
from typing import IO, Any, TypeVar, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from rich.console import Console

from calls.management import numbers
from calls.models import Audit, Line, append_audit
from calls.twilio import gateway

T = TypeVar("T")
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
# Each entry holds what was before. `…ing` is written before Twilio is asked: an answer may be lost, or we may be.
CONNECT, RESTORE = ("number.connecting", "number.connected"), ("number.restoring", "number.restored")
REFUSED = "number.refused"


class Trouble(Exception):
    """Why a number is left alone, in a sentence."""


class Command(BaseCommand):
    help = (
        "Makes numbers of the Twilio account call this installation. Where they led before is kept in the audit,"
        " and --undo leads them back there."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("number", nargs="+", metavar="+15550100200", help="in E.164, as Twilio writes them")
        parser.add_argument("--undo", action="store_true", help="lead them back to where they led before")
        parser.add_argument(
            "--fallback", default="", metavar="URL", help="asked when we do not answer (docs/queues.md)"
        )
        parser.add_argument("--dry-run", action="store_true", help="only show what would be changed")

    def handle(self, *, number: list[str], undo: bool, dry_run: bool, fallback: str, **options: Any) -> None:
        self.console = Console(file=cast("IO[str]", self.stdout), highlight=False, markup=False, soft_wrap=True)
        left_alone = []
        for each in dict.fromkeys(number):
            self.console.print(each, Line.objects.filter(address=each).values_list("name", flat=True).first() or "")
            try:
                self.lead(each, undo=undo, dry_run=dry_run, fallback=fallback)
            except Trouble as trouble:
                self.console.print(f"  ✗ {trouble}", style="red")
                left_alone.append(each)
        if left_alone:
            raise CommandError(f"Not done: {', '.join(left_alone)}.")

    def lead(self, number: str, *, undo: bool, dry_run: bool, fallback: str) -> None:
        wanted = {} if undo else here(fallback)
        resource = find(number)
        after = led_before(number, numbers.leads_to(resource)) if undo else wanted
        before = numbers.leads_to(resource, after)
        self.show(before, after)
        if before != after and not dry_run:
            change(number, resource["sid"], before, after, wish_and_done=RESTORE if undo else CONNECT)
        done = "nothing to change" if before == after else "only shown, nothing is changed" if dry_run else "done"
        self.console.print(f"  ✓ {done}", style="green")
        if not undo:
            self.warn(number, resource)

    def show(self, before: dict[str, str], after: dict[str, str]) -> None:
        for what, address, method in (
            ("voice address", "VoiceUrl", "VoiceMethod"),
            ("status callback", "StatusCallback", "StatusCallbackMethod"),
            ("fallback", "VoiceFallbackUrl", "VoiceFallbackMethod"),
        ):
            if address not in after:
                continue
            self.console.print(f"  {what:<16} was {numbers.shown(before[address], before[method])}")
            self.console.print(f"  {'':<16} now {numbers.shown(after[address], after[method])}")

    def warn(self, number: str, resource: gateway.Resource) -> None:
        if other := numbers.overruled(resource):
            self.console.print(
                f"  ! {other} has this number, so Twilio ignores these addresses: take it off in Twilio's console.",
                style="yellow",
            )
        if not Line.objects.filter(address=number).exists():
            page = settings.DESK_ORIGINS[0] + reverse("admin:calls_line_add")
            self.console.print(
                f"  ! It is no line yet, so no team has its calls and nobody is rung: make it one at {page}",
                style="yellow",
            )


def find(number: str) -> gateway.Resource:
    if not re.fullmatch(r"\+[1-9]\d{7,14}", number, re.ASCII):
        raise Trouble("This is not a number in E.164. Write + and the country, without spaces: +15550100200.")
    found = asked(lambda: gateway.list_numbers(number))
    if not found:
        raise Trouble(
            f"The account {settings.TWILIO_ACCOUNT_SID} has no such number. Is it in another account or subaccount?"
        )
    return found[0]


def here(fallback: str = "") -> dict[str, str]:
    if settings.LOOPBACK and urlsplit(settings.TWILIO_API_URL).hostname not in LOOPBACK:
        raise Trouble(f"PUBLIC_URL is {settings.PUBLIC_URL}, where Twilio cannot call: set it to a public address.")
    if fallback and fallback.startswith(settings.PUBLIC_URL):
        raise Trouble("The fallback must be at another place than this installation: it is for when this one is away.")
    return numbers.leads_here(fallback)


def led_before(number: str, now: dict[str, str]) -> dict[str, str]:
    """Where the number led before we changed it last, if it has been left as we made it."""
    ours = Audit.objects.filter(what__in=(*CONNECT, RESTORE[1]), facts__number=number)
    last = ours.order_by("-pk").first()
    if last is None or last.what == RESTORE[1]:
        raise Trouble("The audit knows of no change to take back.")
    before, after = last.facts["before"], last.facts["after"]
    now = {name: now[name] for name in before}
    if now not in (before, after):
        raise Trouble(
            f"Somebody else has changed it since {last.at:%Y-%m-%d %H:%M} UTC: it leads to"
            f" {numbers.shown(now['VoiceUrl'], now['VoiceMethod'])}. It is left alone."
        )
    return before


def change(
    number: str, sid: str, before: dict[str, str], after: dict[str, str], *, wish_and_done: tuple[str, str]
) -> None:
    wish, done = wish_and_done
    facts = {"number": number, "sid": sid, "before": before, "after": after}
    note(wish, facts)
    try:
        resource = asked(lambda: gateway.set_number(sid, after), if_unknown="Run this again: it may have been done.")
    except NothingDone:
        note(REFUSED, {"number": number, "sid": sid})
        raise
    if numbers.leads_to(resource, after) != after:
        raise Trouble("Twilio said yes, but the number is not as asked for. Run this again, or look at its console.")
    note(done, facts)


class NothingDone(Trouble):
    """Twilio said no, or was never asked."""


def asked(request: Callable[[], T], *, if_unknown: str = "") -> T:
    try:
        return request()
    except gateway.Refused as error:
        if error.status in (401, 403):
            sentence = f"Twilio does not accept our credentials ({error.code}): `manage.py doctor` says more."
        else:
            sentence = f"Twilio refused: {error} ({error.code})"
        raise NothingDone(sentence) from error
    except gateway.Unreachable as error:
        if error.sent:
            raise Trouble(f"{error} {if_unknown}".strip()) from error
        raise NothingDone(str(error)) from error


def note(what: str, facts: dict[str, Any]) -> None:
    with transaction.atomic():
        append_audit([{"what": what, "facts": facts}], at=timezone.now())
