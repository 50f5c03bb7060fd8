"""{{ sentence|said }}: what the program said, in the reader's language."""

from django import template

from calls.desk.said import said

register = template.Library()
register.filter("said", said)
