"""Who is signed in: a user's access token, verified here before anything is done with it.

In:  a token as the browser got it from Supabase Auth.
Out: the user's id, or 401/403.
Next: `functions/access.py`.

The algorithm is taken from a fixed list and decides the kind of key; a token's own header never
turns a public key into a shared secret (key confusion).
"""

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from functions.key_set import KeySet
from functions.problems import ApiError
from functions.settings import Settings

if TYPE_CHECKING:
    from jwt.types import Options

_AUDIENCE: Final = "authenticated"
_LEEWAY_SECONDS: Final = 10.0
_REQUIRED: Final = ["exp", "sub", "aud", "iss", "role"]


class TokenVerifier:
    """Verify access tokens of one project.

    Parameters
    ----------
    settings
        Issuer, and the shared secret where HS256 is still allowed.
    keys
        Published keys.
    """

    def __init__(self, settings: Settings, keys: KeySet) -> None:
        self._issuer: Final = settings.jwt_issuer
        self._secret: Final = settings.jwt_secret
        self._keys: Final = keys

    def user_id(self, token: str) -> UUID:
        """Return whose token it is.

        Raises
        ------
        ApiError
            401 for a token that is malformed, expired, or not this project's; 403 for one that is
            not a signed-in user's; 503 when the keys cannot be had.
        """
        import jwt  # noqa: PLC0415 - with its cryptography 0.1 s that open routes do not need.

        try:
            algorithm, key = self._key(jwt.get_unverified_header(token))
            options: Options = {"require": _REQUIRED}
            claims = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=_AUDIENCE,
                issuer=self._issuer,
                leeway=_LEEWAY_SECONDS,
                options=options,
            )
            user_id = UUID(claims["sub"])
        except jwt.ExpiredSignatureError as error:
            raise unauthorised("token_expired", "the access token has expired") from error
        except (jwt.PyJWTError, ValueError, TypeError, KeyError) as error:
            raise unauthorised("invalid_token", "the access token cannot be used") from error
        if claims["role"] != _AUDIENCE:
            raise ApiError(403, "not_a_user", "the access token is not a signed-in user's")
        return user_id

    def _key(self, header: dict[str, Any]) -> tuple[str, Any]:
        """Return the one algorithm and key that may verify a token with this header.

        Raises
        ------
        jwt.PyJWTError
            If there is none.
        """
        import jwt  # noqa: PLC0415 - as in `user_id`.

        algorithm = header.get("alg")
        if algorithm == "HS256" and self._secret:
            return algorithm, self._secret
        if algorithm != "ES256":
            raise jwt.InvalidAlgorithmError
        published = self._keys.find(str(header.get("kid")))
        if published is None:
            raise jwt.InvalidKeyError
        # Refuses a key that is not of this algorithm's kind.
        return algorithm, jwt.PyJWK(dict(published), algorithm=algorithm).key


def unauthorised(code: str, detail: str) -> ApiError:
    """Return a 401 that says how to sign in."""
    return ApiError(401, code, detail, headers={"WWW-Authenticate": 'Bearer realm="tradebase"'})
