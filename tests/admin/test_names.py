"""What Django calls rows and columns by itself has to be said in other languages, too."""

from django.contrib import admin
from django.utils import translation

from calls.admin import names
from calls.models.library import LANGUAGES, VOICES


def test_each_name_that_the_admin_shows_stands_where_it_is_translated():
    inlines = {inline.model for shown in admin.site._registry.values() for inline in shown.inlines}
    models = {model for model in {*admin.site._registry, *inlines} if model.__module__.startswith("calls.")}
    rows, columns = set(), set()
    with translation.override("en"):
        for options in (model._meta for model in models if not model._meta.auto_created):
            rows |= {str(options.verbose_name), str(options.verbose_name_plural)}
            fields = (*options.fields, *options.many_to_many)
            columns |= {str(field.verbose_name) for field in fields if field._verbose_name is None}
    assert sorted(rows) == names.ROWS
    assert sorted(columns - rows) == names.COLUMNS


def test_each_language_of_an_announcement_stands_there_as_well():
    assert [name for _, name in (*LANGUAGES, *VOICES)] == names.SPOKEN
