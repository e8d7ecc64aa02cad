"""The local HTTP server that says how this worker is.

In:  an address; how to look.
Out: `/healthz` (200, or 503 when it does not trade as it should), `/metrics` for Prometheus,
     `/status` with every figure, which `python -m worker top` shows.
Next: `worker/health/health.py`, which judges; `worker/health/metrics.py`, which translates.

It listens on loopback unless told otherwise, and tells figures only: no secret, no order can be
reached through it. There is one look at most every half second, however many ask, and ticks pass
between one config and the next.
"""

import logging
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Final, Self

from aiohttp import web

from core.errors import ConfigError
from worker.answer_times import AnswerTimes
from worker.health.figures import Figures, Report
from worker.health.health import Verdict, judged
from worker.health.metrics import exposition

STARTING: Final = "starting"
STANDBY: Final = "standby"
ACTIVE: Final = "active"

_FRESH_SECONDS: Final = 0.5

_log: Final = logging.getLogger(__name__)


class HealthServer:
    """Serve how a worker is, from before it begins to work until after it has ended.

    Parameters
    ----------
    address
        Host and port; None serves nothing.

    Attributes
    ----------
    role
        What it is doing while there are no figures to show.
    """

    def __init__(self, address: tuple[str, int] | None) -> None:
        self._address: Final = address
        self._runner: web.AppRunner | None = None
        self._figures: Figures | None = None
        self._looked_at = 0.0
        self._report: Report | None = None
        self.role = STARTING
        self.port = 0

    def show(self, figures: Figures) -> None:
        """Begin to show figures."""
        self._figures, self.role = figures, ACTIVE

    async def __aenter__(self) -> Self:
        """Listen.

        Raises
        ------
        ConfigError
            If the address cannot be listened on.
        """
        if self._address is None:
            return self
        app = web.Application()
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/metrics", self._metrics)
        app.router.add_get("/status", self._status)
        self._runner = web.AppRunner(
            app, access_log=None, handle_signals=False, shutdown_timeout=1.0
        )
        await self._runner.setup()
        host, port = self._address
        try:
            await web.TCPSite(self._runner, host, port).start()
        except OSError as error:
            await self._runner.cleanup()
            raise ConfigError(
                f"WORKER_HEALTH_ADDRESS {host}:{port} cannot be listened on: "
                f"{error.strerror or error}; choose another, or off"
            ) from error
        self.port = self._runner.addresses[0][1]
        _log.info("health", extra={"facts": {"address": f"http://{host}:{self.port}"}})
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _look(self) -> tuple[Report, Mapping[str, AnswerTimes]] | None:
        if self._figures is None:
            return None
        now = time.monotonic()
        if self._report is None or now - self._looked_at > _FRESH_SECONDS:
            self._report, self._looked_at = await self._figures.report(), now
        return self._report, self._figures.times

    async def _healthz(self, _: web.Request) -> web.Response:
        seen = await self._look()
        if seen is None:
            # Whoever waits for another worker is well; whoever has not begun yet is not ready.
            status = 200 if self.role == STANDBY else 503
            return web.json_response({"role": self.role, "status": self.role}, status=status)
        health = judged(seen[0])
        body = {"role": self.role, **health.as_json()}
        return web.json_response(body, status=503 if health.verdict is Verdict.FAIL else 200)

    async def _metrics(self, _: web.Request) -> web.Response:
        seen = await self._look()
        text = exposition(*seen) if seen is not None else b""
        return web.Response(body=text, headers={"Content-Type": "text/plain; version=0.0.4"})

    async def _status(self, _: web.Request) -> web.Response:
        seen = await self._look()
        if seen is None:
            return web.json_response({"role": self.role})
        report = seen[0]
        rows = [report.supervisor, *report.configs]
        return web.json_response({"role": self.role, "rows": rows})
