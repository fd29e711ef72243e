"""What `/metrics` tells: how much, how fast and how full, and nothing of what was typed."""

import os

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

SHARED_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Environment variable that names the folder in which several processes add up their figures."""

_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class Metrics:
    """Figures of one process; of all of them where they share a folder."""

    def __init__(self) -> None:
        own = CollectorRegistry()
        self._registry = own
        self.requests = Counter("wordgru_requests", "Requests answered.", ("path", "status"), registry=own)
        self.seconds = Histogram(
            "wordgru_request_seconds", "From request to answer.", ("path",), buckets=_SECONDS, registry=own
        )
        self.edits = Counter("wordgru_edits", "Edits over WebSocket, by what became of them.", ("fate",), registry=own)
        self.sockets = self._gauge("wordgru_sockets", "WebSockets open.")
        self.waiting = self._gauge("wordgru_waiting", "Requests that wait for the model.")
        self.remembered = self._gauge("wordgru_remembered_bytes", "Bytes of the sessions kept.")
        self.failures = Counter("wordgru_failures", "Faults of the service itself.", registry=own)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(name, text, registry=self._registry, multiprocess_mode="livesum")

    def page(self) -> bytes:
        """As Prometheus reads it."""
        registry = self._registry
        if os.environ.get(SHARED_VARIABLE):
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)
