"""`manage.py verify_audit`: has anybody changed, taken away, added or moved a row of the audit?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from calls.models import Audit, AuditHead


class Command(BaseCommand):
    help = "Walks the chain of the audit and names the first row that does not fit. Exit code 1 if there is one."

    def handle(self, **options: Any) -> None:
        # Read before the rows: what is appended meanwhile comes after it.
        head = AuditHead.objects.get(pk=1).hash
        previous, rows, reached = "", 0, head == ""
        for row in Audit.objects.order_by("id").iterator():
            if row.previous != previous:
                raise CommandError(f"Row {row.pk} does not follow the row before it: one was taken away, added or moved.")
            if row.seal() != row.hash:
                raise CommandError(f"Row {row.pk} ({row}) was changed after it was written.")
            previous, rows = row.hash, rows + 1
            reached = reached or row.hash == head
        if not reached:
            raise CommandError(f"The end of the chain is missing: rows after number {rows} were taken away.")
        # Whoever can rewrite every row can rewrite the head: only a note kept elsewhere shows that.
        self.stdout.write(f"{rows} rows, unbroken. Note down the end of the chain: {previous or '(empty)'}")
