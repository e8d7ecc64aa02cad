"""What a browser lets the dashboard do: the headers of every page.

In:  the origins it may speak to.
Out: headers. `vercel.json` sends the same ones; `tests/devstack/web/test_policy.py` compares.
Next: `devstack/web/server.py`.

Scripts come from our own files only: the build leaves no inline script (see
`web/scripts/finish-build.mjs`), so a script that somebody injects does not run. Styles may be
inline, because charts and animations set them.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit


def page_headers(connect: Sequence[str]) -> dict[str, str]:
    """Return the headers of a page that may speak to some origins and to its own.

    Parameters
    ----------
    connect
        Sources of the policy's ``connect-src``, such as ``https://abc.supabase.co``.
    """
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "manifest-src": "'self'",
        "connect-src": " ".join(["'self'", *connect]),
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    }


def sources_of(*addresses: str) -> list[str]:
    """Return the sources for some HTTP addresses: the origin, and the same for WebSockets."""
    found: list[str] = []
    for address in addresses:
        parts = urlsplit(address)
        if not parts.netloc:
            continue
        socket = "wss" if parts.scheme == "https" else "ws"
        found += [f"{parts.scheme}://{parts.netloc}", f"{socket}://{parts.netloc}"]
    return list(dict.fromkeys(found))
