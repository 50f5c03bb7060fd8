#!/usr/bin/env python
"""The operator's door: `manage.py help` lists what it can do."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callcenter.settings")
    if sys.argv[1:2] == ["demo"]:
        # It makes settings of its own, so it must not need any to start.
        from calls.management.commands.demo import Command

        Command().run_from_argv(sys.argv)
    else:
        if sys.argv[1:2] == ["drill"] and "TWILIO_API_URL" not in os.environ:
            # Nobody who runs the demo has set anything, and a drill belongs to it before it belongs to a real desk.
            from calls.management.commands.demo import borrowed

            os.environ.update(borrowed())

        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line

        try:
            execute_from_command_line(sys.argv)
        except ImproperlyConfigured as error:
            sys.exit(str(error))
