"""{{ sentence|said }}: what the program said, in the reader's language; a name in it shows what it holds."""

from django import template

from calls.desk import words
from calls.desk.said import said

register = template.Library()


@register.filter("said")
def shown(sentence: str) -> str:
    return str(words.visible(said(sentence)))
