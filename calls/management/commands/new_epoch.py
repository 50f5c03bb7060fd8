"""`manage.py new_epoch`: run once after a restore from backup."""

from typing import Any

from django.core.management.base import BaseCommand

from calls.models.board import turn_epoch


class Command(BaseCommand):
    help = "Run once after a restore from backup: revisions are given a second time now, so every desk reads anew."

    def handle(self, **options: Any) -> None:
        epoch = turn_epoch()
        if options["verbosity"]:
            self.stdout.write(f"The board's epoch is now {epoch}: every open desk reads its picture anew.")
