"""`manage.py verify_audit`: has anybody changed, taken away, added or moved a row of the audit?"""

from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from calls.models import Audit, AuditHead


class Command(BaseCommand):
    help = "Walks the chain of the audit and names the first row that does not fit. Exit code 1 if there is one."

    def handle(self, **options: Any) -> None:
        self.rows, self.last, self.hash = 0, 0, ""
        self.walk(Audit.objects.order_by("id").iterator())
        with transaction.atomic():  # only for what was appended meanwhile: nobody waits for the whole walk
            head = AuditHead.objects.select_for_update().get(pk=1)
            self.walk(Audit.objects.filter(id__gt=self.last).order_by("id"))
        if self.hash != head.hash:
            raise CommandError(f"The chain does not end where it should: look at what came after row {self.last}.")
        # Whoever can rewrite every row can rewrite the head as well: only a note kept elsewhere shows that.
        self.stdout.write(f"{self.rows} rows, unbroken. Note down the end of the chain: {self.hash or 'none yet'}")

    def walk(self, rows: Iterable[Audit]) -> None:
        for row in rows:
            if row.previous != self.hash:
                raise CommandError(f"Row {row.pk} does not follow the one before it: one is gone, added or moved.")
            if row.seal() != row.hash:
                raise CommandError(f"Row {row.pk} ({row}) is not what was written.")
            self.rows, self.last, self.hash = self.rows + 1, row.pk, row.hash
