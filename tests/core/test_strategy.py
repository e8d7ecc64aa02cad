"""What names a strategy's code with its parameters."""

import pickle

from core.strategy import digest_of
from tests.core.engine_driver import a_config


def test_digest_depends_on_code_and_parameters_and_not_on_their_order() -> None:
    digest = digest_of(b"code", {"a": 1, "b": 2})
    assert digest == digest_of(b"code", {"b": 2, "a": 1})
    assert len({digest, digest_of(b"other", {"a": 1, "b": 2}), digest_of(b"code", {"a": 2})}) == 3


def test_code_cannot_pass_for_parameters() -> None:
    assert digest_of(b'{"a":1}', {}) != digest_of(b"", {"a": 1})


def test_a_config_survives_pickling() -> None:
    assert pickle.loads(pickle.dumps(a_config())) == a_config()  # noqa: S301 - our own bytes.
