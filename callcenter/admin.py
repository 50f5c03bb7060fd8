"""Django's admin under our name."""

from django.contrib.admin import AdminSite


class CallcenterAdmin(AdminSite):
    site_header = site_title = "Livedesk administration"
    index_title = "People, lines and what happened"
