"""`manage.py doctor`: is everything right, from the settings to Twilio and back? And if not, what is to be done."""

import itertools
import json
import sys
from argparse import ArgumentParser
from typing import IO, Any, cast

from django.core.management.base import BaseCommand
from rich.console import Console
from rich.table import Table
from rich.text import Text

from calls.management import inside, outside
from calls.management.findings import Finding, no_secrets

STYLES = {True: "green", False: "red", None: "dim"}


class Command(BaseCommand):
    help = "Looks at the whole installation and says what to do. Changes nothing. Exit code 1 if anything is wrong."
    requires_system_checks: list[str] = []  # a finding among others

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print what is found as JSON, for machines")

    def handle(self, **options: Any) -> None:
        findings = []
        console = Console(file=cast("IO[str]", self.stdout), highlight=False)
        for finding in itertools.chain(inside.look(), outside.look()):
            findings.append(finding)
            if not options["json"]:
                console.print(line(finding))
        good = all(finding.good is not False for finding in findings)
        if options["json"]:
            found = json.dumps({"good": good, "findings": [each.as_json() for each in findings]}, ensure_ascii=False)
            self.stdout.write(no_secrets(found))
        if not good:
            sys.exit(1)


def line(finding: Finding) -> Table:
    row = Table.grid(padding=(0, 1))
    row.add_column(width=1)
    row.add_column(width=12)
    row.add_column()
    says = Text(no_secrets(finding.says))
    if finding.do and not finding.good:
        says.append("\n" + no_secrets(finding.do), style="dim")
    row.add_row(Text(finding.mark, style=STYLES[finding.good]), finding.about, says)
    return row
