"""What is sent to a collector, and what is not: of a statement its text without literals, of an error its class, and of
an address nothing behind the question mark. There are the values of rows, people's addresses and the tokens of links.
"""

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.asyncpg import AsyncPGInstrumentor
from opentelemetry.instrumentation.celery import CeleryInstrumentor
from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Status
from opentelemetry.util.types import Attributes, AttributeValue

from core import correlation, masking

CORRELATION_ID = "stylobate.correlation_id"

_UNTOLD = frozenset({"db.statement.parameters", "exception.message", "exception.stacktrace", "url.query"})
_STATEMENTS = frozenset({"db.query.text", "db.statement"})
_ADDRESSES = frozenset({"http.target", "http.url", "url.full"})


def instrumented(service: str) -> TracerProvider:
    """Trace asyncpg's queries and Celery's messages and tasks. FastAPI does so by itself where there is a provider."""
    resource = Resource.create({SERVICE_NAME: service}).merge(OTELResourceDetector().detect())
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(_Discreet(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    AsyncPGInstrumentor().instrument()  # type: ignore[no-untyped-call]
    CeleryInstrumentor().instrument()  # type: ignore[no-untyped-call]
    return provider


class _Discreet(BatchSpanProcessor):
    """Sends spans in batches, without values, and with the correlation id of what they belong to."""

    def on_end(self, span: ReadableSpan) -> None:
        """Take it for sending."""
        # At its end, since the span of a request begins before the request has its id.
        attributes = _told(span.attributes)
        if (correlation_id := correlation.current()) is not None:
            attributes[CORRELATION_ID] = correlation_id
        super().on_end(
            ReadableSpan(
                name=span.name,
                context=span.context,
                parent=span.parent,
                resource=span.resource,
                attributes=attributes,
                events=[Event(event.name, _told(event.attributes), event.timestamp) for event in span.events],
                links=span.links,
                kind=span.kind,
                status=Status(span.status.status_code),
                start_time=span.start_time,
                end_time=span.end_time,
                instrumentation_scope=span.instrumentation_scope,
            )
        )


def _told(attributes: Attributes) -> dict[str, AttributeValue]:
    told = {name: value for name, value in (attributes or {}).items() if name not in _UNTOLD}
    for name, value in told.items():
        if not isinstance(value, str):
            continue
        if name in _STATEMENTS:
            told[name] = masking.without_values(value)
        elif name in _ADDRESSES:
            told[name] = masking.masked(value.partition("?")[0])
        else:
            told[name] = masking.masked(value)
    return told
