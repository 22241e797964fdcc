"""A Django project in one file: the administration site, plain or behind django-two-factor-auth.

    site.py plain|two-factor migrate|seed|serve PORT

The database is in the folder $DOORWARD_APP_WORK. `seed` reads user name, password and seed (base32 or
empty), a line each, from stdin.
"""

import base64
import os
import secrets
import sys

import django
from django.conf import settings
from django.core.management import execute_from_command_line

variant, command = sys.argv[1:3]
two_factor = variant == "two-factor"

# django-two-factor-auth asks each project for a page of its own around its forms.
BASE = """<!DOCTYPE html><html><head><title>{% block title %}{% endblock %}</title>{% block extra_media %}{% endblock %}
</head><body>{% block content_wrapper %}{% block content %}{% endblock %}{% endblock %}</body></html>"""

apps = ["admin", "auth", "contenttypes", "sessions", "messages", "staticfiles"]
settings.configure(
    SECRET_KEY=secrets.token_hex(32),
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=[f"django.contrib.{app}" for app in apps]
    + (["django_otp", "django_otp.plugins.otp_totp", "django_otp.plugins.otp_static", "two_factor"] if two_factor else []),
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ]
    + (["django_otp.middleware.OTPMiddleware"] if two_factor else [])
    + ["django.contrib.messages.middleware.MessageMiddleware"],
    TEMPLATES=[{
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            "loaders": [
                ("django.template.loaders.locmem.Loader", {"two_factor/_base.html": BASE}),
                "django.template.loaders.app_directories.Loader",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }],
    DATABASES={"default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.path.join(os.environ["DOORWARD_APP_WORK"], "site.sqlite3"),
    }},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    STATIC_URL="/static/",
    USE_TZ=True,
    LOGIN_URL="two_factor:login" if two_factor else "admin:login",
    LOGIN_REDIRECT_URL="admin:index",
    # With it the page of the code has a box that is ticked: trust this device.
    TWO_FACTOR_REMEMBER_COOKIE_AGE=3600,
)
django.setup()

from django.contrib import admin  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.contrib.staticfiles.handlers import StaticFilesHandler  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.urls import include, path  # noqa: E402

if two_factor:
    from two_factor.admin import AdminSiteOTPRequired
    from two_factor.urls import urlpatterns as two_factor_urls

    admin.site.__class__ = AdminSiteOTPRequired
    urlpatterns = [path("", include(two_factor_urls)), path("admin/", admin.site.urls)]
else:
    urlpatterns = [path("admin/", admin.site.urls)]


def seed():
    """An administrator, with a device for one-time codes where there is a seed."""
    username, password, code_seed = (sys.stdin.readline().rstrip("\n") for _ in range(3))
    user = get_user_model().objects.create_superuser(username, password=password)
    if two_factor:
        from django_otp.plugins.otp_totp.models import TOTPDevice

        TOTPDevice.objects.create(user=user, name="default", key=base64.b32decode(code_seed).hex(), confirmed=True)


if command == "seed":
    seed()
elif command == "serve":
    import waitress

    waitress.serve(StaticFilesHandler(get_wsgi_application()), listen=f"127.0.0.1:{sys.argv[3]}")
else:
    execute_from_command_line([sys.argv[0], *sys.argv[2:]])
