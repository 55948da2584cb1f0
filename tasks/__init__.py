"""When it is done by itself: Celery, with an asynchronous core.

``celery -A tasks worker`` does the work, ``celery -A tasks beat`` says when.
"""

from tasks import sessions, verifications
from tasks.app import app as celery

__all__ = ["celery", "sessions", "verifications"]
