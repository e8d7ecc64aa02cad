"""A pasted strategy turned into code that can be run here, checked and explained.

In:  Python, Pine or plain English.
Out: `Conversion`.
Next: `functions/conversion.py`.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from adapters.language_model import LanguageModel, ModelError
from core.errors import ConfigError
from functions.conversion import Conversion, convert
from functions.models import Body
from functions.problems import ApiError
from functions.routing import Call
from functions.settings import Settings


class Paste(Body):
    """What was pasted; `language` says what it is, absent: it is looked at."""

    source: Annotated[
        str,
        Field(
            min_length=1,
            max_length=65536,
            pattern=r"^[^\x00]*$",
            examples=["Buy when the price crosses above its 20-candle average."],
        ),
    ]
    language: Literal["python", "pine", "english"] | None = None
    parameters: dict[str, Any] = Field(default_factory=dict)


def convert_paste(call: Call, body: Paste) -> Conversion:
    """Turn a paste into strategy code.

    Python that can run is checked and explained from its text. Anything else needs a language
    model; without one it says so. Nothing is stored.
    """
    try:
        return convert(body.source, body.language, body.parameters, _model(call.settings))
    except ModelError as error:
        raise ApiError(503, "model_unavailable", str(error)) from error
    except ConfigError as error:
        raise ApiError(503, "sandbox_unavailable", str(error)) from error


def _model(settings: Settings) -> LanguageModel | None:
    if not settings.llm_api_url or not settings.llm_api_key:
        return None
    return LanguageModel(settings.llm_api_url, settings.llm_api_key, settings.llm_model)
