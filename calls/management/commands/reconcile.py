"""`manage.py reconcile`: compare our live calls with Twilio's, in a process of its own."""

import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from calls.intake.reconcile.sweep import MISSING, Reconciler
from calls.intake.reconcile.threads import healer


class Command(BaseCommand):
    help = (
        "Compares live calls with Twilio's own list and follows up open wishes, until it is stopped. The web processes "
        "do the same; of all processes over one PostgreSQL one compares, so this is for servers without ASGI lifespan."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help=f"{MISSING} comparisons, then tell and go")

    def handle(self, *, once: bool, **options: Any) -> None:
        if once:
            return self.compare()
        stop = threading.Event()
        for caught in (signal.SIGINT, signal.SIGTERM):
            signal.signal(caught, lambda *_: stop.set())
        healer.ensure_started()
        self.stdout.write("Comparing. Ctrl-C stops it.")
        stop.wait()
        healer.stop()

    def compare(self) -> None:
        reconciler = Reconciler()
        for _ in range(MISSING):  # what one list does not name may just have begun
            reconciler.sweep()
            if reconciler.down_since is not None:
                raise CommandError("Twilio's API does not answer: nothing was compared.")
        reconciler.look()
        done = reconciler.done
        self.stdout.write(
            f"{done['requests']} requests, {done['fetches']} of them for one leg; {done['reports']} answers recorded."
        )
