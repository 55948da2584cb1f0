"""Mail: a row first, a letter later.

``send`` promises a mail in the transaction of what it is about, so it goes out if and only if that happened. A job
composes and delivers it (``deliver_waiting``), and tries again while the server is away. A mail may arrive twice, when
a worker dies between the server's OK and our note of it; both copies have the same Message-ID.
"""

from core.mail.delivery import Delivered, deliver_waiting
from core.mail.links import link
from core.mail.outbox import pretend, prune, send

__all__ = ["Delivered", "deliver_waiting", "link", "pretend", "prune", "send"]
