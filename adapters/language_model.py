"""A language model behind an OpenAI-compatible endpoint: one question, one answer, bounded.

In:  address, key and name of a model; instructions and a text.
Out: the model's text; a `ModelError` that says what was in the way, never the key or the text.
Next: `functions/conversion.py`, which asks for strategies.

Whatever the model says is somebody else's word: it is read as text and checked like any paste.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from core.errors import TradingError

if TYPE_CHECKING:
    import httpx

_CONNECT_SECONDS: Final = 5.0
_SILENT_SECONDS: Final = 20.0
_MAX_ANSWER_BYTES: Final = 256 * 1024
_MAX_TOKENS: Final = 8_000
_SHOWN: Final = 120


class ModelError(TradingError):
    """Raised when the model gave no answer that can be used."""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation: `role` is ``system``, ``user`` or ``assistant``."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """A model that can be asked.

    Parameters
    ----------
    url
        Up to and with the version, such as ``https://api.example.com/v1``.
    key
        Shown as a bearer token.
    model
        Its name there.
    seconds
        How long one answer may take in all; two must fit into what a function may run.
    """

    url: str
    key: str = field(repr=False)
    model: str
    seconds: float = 24.0

    def ask(self, conversation: Sequence[Message]) -> str:
        """Return the model's answer to a conversation.

        Raises
        ------
        ModelError
            If there is none in time, it is too long, or it is refused.
        """
        import httpx  # noqa: PLC0415 - see adapters.

        body = {
            "model": self.model,
            "messages": [{"role": each.role, "content": each.content} for each in conversation],
            "max_completion_tokens": _MAX_TOKENS,
        }
        timeout = httpx.Timeout(_SILENT_SECONDS, connect=_CONNECT_SECONDS)
        began = time.monotonic()
        try:
            with (
                httpx.Client(timeout=timeout) as client,
                client.stream(
                    "POST",
                    f"{self.url}/chat/completions",
                    json=body,
                    headers={"Authorization": f"Bearer {self.key}"},
                ) as reply,
            ):
                text = _read(reply, began + self.seconds)
        except httpx.HTTPError as error:
            raise ModelError(f"the model cannot be reached ({type(error).__name__})") from error
        if not reply.is_success:
            raise ModelError(f"the model's endpoint refused with HTTP {reply.status_code}")
        return _content(text)


def _read(reply: "httpx.Response", until: float) -> str:
    """Return the answer's body, unless it is too long or takes too long."""
    parts = bytearray()
    for part in reply.iter_bytes():
        parts += part
        if len(parts) > _MAX_ANSWER_BYTES:
            raise ModelError(f"the model's answer is longer than {_MAX_ANSWER_BYTES:,} bytes")
        if time.monotonic() > until:
            raise ModelError("the model took too long to answer")
    return parts.decode("utf-8", "replace")


def _content(text: str) -> str:
    try:
        body: Any = json.loads(text)
        content = body["choices"][0]["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError) as error:
        raise ModelError(
            f"the model's answer cannot be read: {type(error).__name__} {str(error)[:_SHOWN]}"
        ) from None
    if not isinstance(content, str) or not content.strip():
        raise ModelError("the model answered without a text")
    return content
