"""`manage.py drill "distressed caller"`: a simulated call goes wrong, and who watches the desk is scored."""

import time
from argparse import ArgumentParser
from typing import IO, Any, cast

import requests
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from calls.management.drilling import Run, Script, scripts
from calls.management.outside import outside
from calls.models import FORGOTTEN_AFTER, Drill, Line, simulated

LOOKS_EVERY = 0.3  # seconds


class Command(BaseCommand):
    help = "Has a simulated call go wrong, and scores what whoever watches the desk does about it. Alone: lists them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?", help='which, such as "distressed caller"')
        parser.add_argument("--line", help="the name of the line that is called (the first one of a team)")

    def handle(self, *, name: str | None, line: str | None, **options: Any) -> None:
        console = Console(file=cast("IO[str]", self.stdout), highlight=False, soft_wrap=True)
        if name is None:
            return listed(console)
        script = scripts().get(name.strip().lower().replace("-", " "))
        if script is None:
            raise CommandError(f"There is no drill {name!r}; there are: {', '.join(scripts())}.")
        must_be_simulated()
        called = line_named(line)
        speed = speed_of_simulator()
        none_may_run()
        play(script, called, speed, console)


def play(script: Script, line: Line, speed: float, console: Console) -> None:
    began = time.monotonic()

    def say(sentence: str) -> None:
        console.print(f"[dim]{time.monotonic() - began:5.0f} s[/dim]  {sentence}", markup=True)

    run = Run(script, line, speed=speed, say=say)
    console.print(f"[bold]Drill: {script.name}[/bold], on {line.name} ({line.team}). Ctrl-C stops it.")
    why = "It could not begin."
    try:
        ask("POST", "/sim/scenario", {"name": script.scenario, "to": [line.address]})
        why = "It was stopped by hand."
        while not run.look():
            time.sleep(LOOKS_EVERY)
    except KeyboardInterrupt:
        pass
    finally:
        if run.drill.ended_at is None:
            run.stop(why)
    result(run.drill, console)


def result(drill: Drill, console: Console) -> None:
    console.print()
    if drill.score is None:
        console.print(f"No score: {' '.join(drill.remarks)}")
        return
    console.print(f"[bold]{drill.score} of 100[/bold], the caller was {drill.outcome}.")
    for remark in drill.remarks:
        console.print(f"  {remark}")


def listed(console: Console) -> None:
    table = Table("drill", "what happens", "right", box=None, pad_edge=False, header_style="dim")
    for name, script in scripts().items():
        table.add_row(name, script.about, " or ".join(script.right))
    console.print(table)


def must_be_simulated() -> None:
    if not simulated():
        raise CommandError(
            f"TWILIO_API_URL is Twilio itself ({settings.TWILIO_API_URL}): a drill is played by made-up people, and "
            "never on a desk that real callers reach. Start `make demo`, or name a simulator there."
        )


def line_named(name: str | None) -> Line:
    lines = Line.objects.select_related("team").exclude(team=None).order_by("address")
    found = lines.filter(name=name).first() if name else lines.first()
    if found is None:
        there = ", ".join(lines.values_list("name", flat=True)) or "none"
        raise CommandError(f"There is no line {name!r} of a team; there are: {there}.")
    return found


def speed_of_simulator() -> float:
    speed = ask("GET", "/sim/health")["speed"]
    if not isinstance(speed, int | float):
        raise CommandError("The simulator's clock is virtual (--speed max): nobody could react in time.")
    return float(speed)


def none_may_run() -> None:
    """Two at once would be scored by one another's actions."""
    for open_one in Drill.objects.filter(ended_at=None):
        if timezone.now() - open_one.started_at < FORGOTTEN_AFTER:
            raise CommandError(f"A drill is on already: {open_one}.")
        open_one.ended_at, open_one.outcome = timezone.now(), Drill.Outcome.STOPPED
        open_one.save(update_fields=["ended_at", "outcome"])


def ask(method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """A control door of the simulator. What Twilio itself would answer there is no JSON of ours."""
    where = f"{settings.TWILIO_API_URL}{path}"
    try:
        answer = outside().request(method, where, json=body, timeout=10)
        told = answer.json()
    except (requests.RequestException, ValueError) as error:
        raise CommandError(
            f"No simulator answers at {settings.TWILIO_API_URL} ({type(error).__name__}). Is `make demo` running?"
        ) from None
    if not answer.ok:
        raise CommandError(f"The simulator did not do as asked: {told.get('error', answer.status_code)}")
    return dict(told)
