"""What a service is started with: its model, its limits, and whom it answers."""

from dataclasses import dataclass
from pathlib import Path

from wordgru.config import Range, check_ranges, ranged
from wordgru.search.suggestions import SearchOptions

_COUNT = Range(1, 1_000_000, whole=True)
_SECONDS = Range(0, 3600, above=True)

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
"""Names by which this machine alone is asked; others are refused unless they are allowed."""


@dataclass(frozen=True)
class ServeSettings:
    """How a service runs. Every process of it has limits of its own.

    Attributes:
        model: the bundle, as `find_model` takes it; several with commas between them answer as one.
        device: cpu or cuda.
        threads: cores that one call of the model may use.
        block: heed the bundle's block list.
        glossaries: files of words to offer more.
        max_text: characters of one text.
        max_seconds: that one search may take.
        max_writing: seconds that one completion may take, and the correction of one text.
        rate: requests a second of one client address, and edits a second of one WebSocket; 0: as many as come.
        sockets: WebSockets open at once.
        client_sockets: of one client address.
        remembered: sessions kept for texts that go on; 0: every text is read from its beginning.
        waiting: requests that may wait for the model; the next is told to come again.
        patience: seconds that a sender may take for its headers, and for its body.
        hosts: names in the Host header that are answered; "*" for any.
        origins: pages of other origins that may ask; "*" for any.
        proxies: addresses of proxies whose X-Forwarded-For is believed.
        token: what a client must send as `Authorization: Bearer …`; None for nobody has to.
    """

    model: str | None = None
    device: str = "cpu"
    threads: int = 1
    block: bool = True
    glossaries: tuple[Path, ...] = ()
    max_text: int = ranged(20_000, Range(1, 10_000_000, whole=True))
    max_seconds: float = ranged(1.0, _SECONDS)
    max_writing: float = ranged(10.0, _SECONDS)
    rate: float = ranged(100.0, Range(0))
    sockets: int = ranged(1000, _COUNT)
    client_sockets: int = ranged(100, _COUNT)
    remembered: int = ranged(1000, Range(0, 1_000_000, whole=True))
    waiting: int = ranged(256, _COUNT)
    patience: float = ranged(10.0, _SECONDS)
    hosts: tuple[str, ...] = LOOPBACK
    origins: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()
    token: str | None = None

    def __post_init__(self) -> None:
        """Refuse numbers out of their ranges."""
        check_ranges(self)

    @property
    def max_body(self) -> int:
        r"""Bytes of a body: a character outside the basic plane takes 12 of them as JSON may escape it."""
        return 12 * self.max_text + 4096

    @property
    def search(self) -> SearchOptions:
        """The options of a search where a request says nothing."""
        return SearchOptions(max_seconds=self.max_seconds)
