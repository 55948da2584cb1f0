"""Studio: a web page for looking at the data and, when that is asked for, for changing it.

It is starlette-admin on our models, for the one person who starts it: on 127.0.0.1, behind a link that works once, with
nothing loaded from elsewhere. It reads in database sessions that can't write unless it was started to write; then every
change is an audit entry in the same transaction. Secrets never leave the process (``tables``). What means more than
its row (a ban, the end of a session) goes through the core, never around it.
"""

from core.studio.gate import Gate
from core.studio.opening import opened
from core.studio.pages import application
from core.studio.serving import serve

__all__ = ["Gate", "application", "opened", "serve"]
