"""Serve the built dashboard as its host does: static files, strict headers, settings of its own.

In:  `web/out`, addresses of Supabase and the API.
Out: pages on loopback.
Next: `devstack/web/policy.py`; `web/lib/settings.ts`, which reads the settings.
"""

from pathlib import Path

from aiohttp import web

from devstack.web.policy import page_headers, sources_of

_FOR_EVER = "public, max-age=31536000, immutable"
_SETTINGS = "/settings.json"


class Dashboard:
    """The dashboard as a web application.

    Parameters
    ----------
    folder
        The static export.
    supabase_url, supabase_key
        Where its data are; the key is the publishable one.
    api_url
        Origin of the functions.
    """

    def __init__(self, folder: Path, supabase_url: str, supabase_key: str, api_url: str) -> None:
        self._folder = folder.resolve()
        self._headers = page_headers(sources_of(supabase_url, api_url))
        self._settings = {
            "supabaseUrl": supabase_url,
            "supabaseKey": supabase_key,
            "apiUrl": api_url,
        }

    def application(self) -> web.Application:
        """Return what aiohttp serves."""
        application = web.Application()
        application.router.add_get(_SETTINGS, self._answer_settings)
        application.router.add_get("/{path:.*}", self._answer_file)
        return application

    async def _answer_settings(self, _request: web.Request) -> web.StreamResponse:
        return web.json_response(self._settings, headers={"Cache-Control": "no-store"})

    async def _answer_file(self, request: web.Request) -> web.StreamResponse:
        file = self._find(request.match_info["path"])
        headers = dict(self._headers)
        is_hashed = "/_next/static/" in request.path
        headers["Cache-Control"] = _FOR_EVER if is_hashed else "no-cache"
        if file is None:
            missing = self._folder / "404.html"
            return web.Response(
                status=404, text=missing.read_text(), content_type="text/html", headers=headers
            )
        return web.FileResponse(file, headers=headers)

    def _find(self, path: str) -> Path | None:
        """Return the file for a path; a folder stands for its index, nothing outside is served."""
        file = (self._folder / path).resolve()
        if file.is_dir():
            file /= "index.html"
        is_ours = file.is_relative_to(self._folder)
        return file if is_ours and file.is_file() else None
