"""A pasted strategy turned into code that can be run here, checked and explained.

In:  Python, Pine or plain English.
Out: `Conversion`.
Next: `functions/conversion.py`.
"""

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from core.errors import ConfigError
from functions.code_answers import Conversion, Language
from functions.models import Body
from functions.problems import ApiError
from functions.routing import Call
from functions.settings import Settings

if TYPE_CHECKING:
    from adapters.language_model import LanguageModel


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
    language: Language | None = None
    parameters: dict[str, Any] = Field(default_factory=dict)


def convert_paste(call: Call, body: Paste) -> Conversion:
    """Turn a paste into strategy code.

    Python that can run is checked and explained from its text. Anything else needs a language
    model; without one it says so. Nothing is stored.
    """
    # Not before they are needed: see `functions/code_answers.py`.
    from adapters.language_model import ModelError  # noqa: PLC0415
    from functions.conversion import convert  # noqa: PLC0415

    try:
        return convert(body.source, body.language, body.parameters, _model(call.settings))
    except ModelError as error:
        raise ApiError(503, "model_unavailable", str(error)) from error
    except ConfigError as error:
        raise ApiError(503, "sandbox_unavailable", str(error)) from error


def _model(settings: Settings) -> "LanguageModel | None":
    from adapters.language_model import LanguageModel  # noqa: PLC0415 - as above.

    if not settings.llm_api_url or not settings.llm_api_key:
        return None
    return LanguageModel(settings.llm_api_url, settings.llm_api_key, settings.llm_model)
