"""The body of a request, within its limits."""

import asyncio

from starlette.requests import ClientDisconnect, Request

from wordgru.serving.fields import RequestError
from wordgru.serving.settings import ServeSettings

_DROPPED = 10_000_000  # bytes of a body that are read though it is too long: a client that still sends reads no answer


async def body(request: Request, settings: ServeSettings) -> bytes:
    """What a client sends.

    Raises:
        RequestError: it is too long, or takes too long.
    """
    data, size = bytearray(), 0
    try:
        async with asyncio.timeout(settings.patience):
            async for part in request.stream():
                size += len(part)
                if size <= settings.max_body:
                    data += part
                elif size > _DROPPED:
                    break
    except TimeoutError:
        raise RequestError(f"the body took more than {settings.patience:g} s; send it at once.", status=408) from None
    except ClientDisconnect:
        raise RequestError("the client has gone.", status=400) from None
    if size > settings.max_body:
        raise _too_long(settings)
    return bytes(data)


def _too_long(settings: ServeSettings) -> RequestError:
    return RequestError(
        f"the body has more than {settings.max_body:,} bytes; expected one text of at most {settings.max_text:,} "
        "characters.", status=413,
    )  # fmt: skip
