"""Django's own sessions in the database, read as its middlewares read them: ``SessionStore`` and ``get_user``.

Synchronous, with psycopg and connections that stay open; several at once are as many threads.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from urllib.parse import unquote, urlsplit

import django
from django.conf import settings

from benchmarks.peers import turns

where = urlsplit(turns.database_url("postgresql"))
settings.configure(
    SECRET_KEY="s" * 50,
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": where.hostname,
            "PORT": where.port,
            "USER": where.username,
            "PASSWORD": unquote(where.password or ""),
            "NAME": where.path[1:],
            "CONN_MAX_AGE": None,
        }
    },
    USE_TZ=True,
)
django.setup()

from django.contrib.auth import get_user, login  # noqa: E402  they need the settings
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.http import HttpRequest  # noqa: E402

SessionStore = import_module(settings.SESSION_ENGINE).SessionStore
FILL = """
INSERT INTO django_session (session_key, session_data, expire_date)
SELECT md5(n::text), s.session_data, s.expire_date FROM django_session s, generate_series(1, %s) n
"""


def main() -> None:
    """Fill, and take turns."""
    call_command("migrate", verbosity=0)
    request = HttpRequest()
    request.session = SessionStore()
    login(request, User.objects.create_user("ada", turns.EMAIL, turns.PASSWORD))
    request.session.save()
    key = request.session.session_key
    with connection.cursor() as cursor:
        cursor.execute(FILL, [turns.sessions()])
        cursor.execute("ANALYZE")

    def who() -> str:
        request = HttpRequest()
        request.session = SessionStore(key)
        email: str = get_user(request).email
        return email

    def ask(times: int) -> None:
        for _ in range(times):
            who()

    turns.expect(who())
    with ThreadPoolExecutor(8) as threads:
        for times, at_once in turns.turns():
            began = time.perf_counter()
            if at_once == 1:
                ask(times)
            else:
                list(threads.map(ask, [times // at_once] * at_once))
            print(time.perf_counter() - began, flush=True)


main()
