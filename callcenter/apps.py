from django.contrib.admin.apps import AdminConfig


class CallcenterAdminConfig(AdminConfig):
    default_site = "callcenter.admin.CallcenterAdmin"
