"""Traces: how long a request, its queries and its jobs take, for whoever collects OpenTelemetry.

What is sent has no values (``core.tracing.sending``). The rest is in the log, under the correlation id that spans have
as well. The extra ``otel`` is imported when tracing is on, and never before.
"""

import threading
from typing import TYPE_CHECKING

from core.errors import Unavailable
from core.settings import settings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

_PATIENCE = 3.0
"""Seconds."""

_provider: "TracerProvider | None" = None


class TracingMissing(Unavailable):
    """Tracing is on, and OpenTelemetry is not installed."""


def setup(service: str) -> None:
    """Begin to trace, if ``settings().tracing`` says so: queries, jobs, and the requests of a FastAPI app.

    Where the spans go, OpenTelemetry's own variables say. What sends them is a thread, so in a process that forks call
    it in each child. Called again, it does nothing.

    Args:
        service: what this process is, ``stylobate-worker``, where ``OTEL_SERVICE_NAME`` does not say.

    Raises:
        TracingMissing: the extra ``otel`` is not installed.
    """
    global _provider  # noqa: PLW0603  OpenTelemetry knows one for each process, too
    if not settings().tracing or _provider is not None:
        return
    try:
        from core.tracing import sending  # noqa: PLC0415  the extra
    except ImportError:
        raise TracingMissing(
            "STYLOBATE_TRACING is on, and OpenTelemetry is not installed", remedy="pip install 'stylobate[otel]'"
        ) from None
    _provider = sending.instrumented(service)


def shutdown() -> None:
    """Send what has not been sent yet, and wait for it a little. After that nothing is traced in this process any more.

    A process that just ends does it by itself; a child of a worker does not.
    """
    if _provider is not None:
        # By itself it would wait for a collector that is away ten seconds, and more.
        sending = threading.Thread(target=_provider.shutdown, daemon=True)
        sending.start()
        sending.join(_PATIENCE)
