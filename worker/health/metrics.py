"""A worker's figures in the words of Prometheus.

In:  a report, and how long things take.
Out: the text that Prometheus reads; nothing is counted here.
Next: `worker/health/health_server.py`.

Names carry their unit. Labels are bounded: sockets, kinds of counters, and configs, of which at
most `MOST_CONFIGS` are shown and the rest counted.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from worker.answer_times import AnswerTimes
from worker.health.figures import Report
from worker.health.health import Verdict, judged

MOST_CONFIGS: Final = 500
_BOUNDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_PERCENT: Final = 100

_TOTALS: Final = {
    "ticks": "Packets of market data taken.",
    "messages": "Messages of the feed taken.",
    "dropped": "Packets that nobody could take.",
    "pauses": "Times that the feed was asked to wait.",
    "malformed": "Packets that could not be read.",
    "unknown_packets": "Packets of a kind nobody knows.",
    "rounds": "Rounds in which strategies were asked.",
    "restarts": "Strategy processes started again after a crash.",
}
_KINDS: Final = {
    "odd": "Odd things in the feed.",
    "engine": "What the engine counts.",
    "effects": "What happened in the engine.",
    "feed": "What happened to the sockets.",
    "gaps": "Gaps of the feed, and what became of them.",
    "store": "Events by outcome, calls and retries of the store.",
    "chains": "What happened to option chains.",
    "deltas": "What happened to deltas of options.",
}
_TIMES: Final = {
    "candle_to_signal": "From a completed candle to a strategy's answer.",
    "decision": "The engine's decision about a signal.",
    "store_write": "One write to the database.",
    "command": "From a command being found to its end.",
    "loop_lag": "How late the event loop is: so long a tick may wait.",
}
_OF_A_CONFIG: Final = {
    "open_trades": "Open trades.",
    "rounds_waiting": "Answers that are awaited.",
    "bytes_waiting": "Bytes that its process has not taken yet.",
}


def exposition(report: Report, times: Mapping[str, AnswerTimes]) -> bytes:
    """Return the text of one scrape."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Worker(report, times))
    return generate_latest(registry)


class _Worker(Collector):
    """One look at a worker."""

    def __init__(self, report: Report, times: Mapping[str, AnswerTimes]) -> None:
        self._row: Final = report.supervisor
        self._figures: Final[dict[str, Any]] = report.supervisor["figures"]
        self._report: Final = report
        self._times: Final = times

    def collect(self) -> Iterator[Metric]:
        """Yield everything."""
        yield from self._gauges()
        yield from self._totals()
        yield from self._sockets()
        yield from self._health()
        yield from self._configs()
        for name, times in self._times.items():
            yield _histogram(f"tradebase_{name}_seconds", _TIMES[name], times)

    def _gauges(self) -> Iterator[Metric]:
        figures, lease = self._figures, self._figures.get("lease") or {}
        values = {
            "feed_age_seconds": ("Since the last message.", self._row["feed_age_seconds"]),
            "ticks_per_second": ("Packets of market data.", figures.get("ticks_per_second")),
            "outbox_events": ("Events not in the database yet.", figures.get("outbox")),
            "lease_left_seconds": ("Until the lease ends.", lease.get("seconds_left")),
            "lease_token": ("Grows with each acquisition.", lease.get("token")),
            "clock_drift_seconds": (
                "Ahead of the database's clock.",
                figures.get("clock_drift_seconds"),
            ),
            "token_left_seconds": (
                "Until the access token expires.",
                (figures.get("token") or {}).get("seconds_left"),
            ),
            "memory_bytes": ("Resident memory of the supervisor.", self._row.get("memory_bytes")),
            "cpu_ratio": ("Share of one core.", _ratio(self._row.get("cpu_percent"))),
            "market_trading": ("1 while the market trades.", int(figures.get("trading", False))),
        }
        for name, (meaning, value) in values.items():
            if value is not None:
                yield GaugeMetricFamily(f"tradebase_{name}", meaning, value=value)
        journal = GaugeMetricFamily("tradebase_journal", "Of the journal.", labels=["kind"])
        for kind, value in _numbers(figures.get("journal") or {}):
            journal.add_metric([kind], value)
        yield journal

    def _totals(self) -> Iterator[Metric]:
        for name, meaning in _TOTALS.items():
            yield CounterMetricFamily(f"tradebase_{name}", meaning, value=self._figures[name])
        for name, meaning in _KINDS.items():
            family = CounterMetricFamily(f"tradebase_{name}", meaning, labels=["kind"])
            for kind, value in _numbers(self._figures.get(name) or {}):
                family.add_metric([kind], value)
            yield family

    def _sockets(self) -> Iterator[Metric]:
        ages = GaugeMetricFamily(
            "tradebase_socket_age_seconds", "Since its last message.", labels=["socket"]
        )
        states = GaugeMetricFamily("tradebase_socket_up", "1 while it is open.", labels=["socket"])
        instruments = GaugeMetricFamily(
            "tradebase_socket_instruments", "Instruments on it.", labels=["socket"]
        )
        for each in self._figures.get("sockets") or []:
            label = [str(each["number"])]
            ages.add_metric(label, each["age_seconds"])
            states.add_metric(label, int(each["is_up"]))
            instruments.add_metric(label, each["instruments"])
        yield from (ages, states, instruments)

    def _health(self) -> Iterator[Metric]:
        family = GaugeMetricFamily(
            "tradebase_health", "0 ok, 1 warn, 2 fail; /healthz says why.", labels=["check"]
        )
        for check in judged(self._report).checks:
            family.add_metric([check.name], list(Verdict).index(check.verdict))
        yield family

    def _configs(self) -> Iterator[Metric]:
        labels = ["config_id", "name"]
        shown = self._report.configs[:MOST_CONFIGS]
        yield GaugeMetricFamily(
            "tradebase_configs_not_shown",
            f"Configs beyond the first {MOST_CONFIGS}.",
            value=len(self._report.configs) - len(shown),
        )
        states = GaugeMetricFamily(
            "tradebase_config_status", "1 for the status it has.", labels=[*labels, "status"]
        )
        restarts = CounterMetricFamily("tradebase_config_restarts", "After crashes.", labels=labels)
        ticks = CounterMetricFamily(
            "tradebase_config_ticks_conflated", "Left out for newer ones.", labels=labels
        )
        gauges = {
            name: GaugeMetricFamily(f"tradebase_config_{name}", meaning, labels=labels)
            for name, meaning in {
                "profit_rupees": "Today's, what is open included.",
                "memory_bytes": "Resident memory of its process.",
                "cpu_ratio": "Share of one core.",
                **_OF_A_CONFIG,
            }.items()
        }
        for row in shown:
            figures = row["figures"]
            label = [row["process"], str(figures.get("name", ""))]
            states.add_metric([*label, row["status"]], 1)
            restarts.add_metric(label, figures["restarts"])
            ticks.add_metric(label, figures.get("ticks_conflated", 0))
            values = {
                "profit_rupees": figures.get("pnl"),
                "memory_bytes": row.get("memory_bytes"),
                "cpu_ratio": _ratio(row.get("cpu_percent")),
                **{name: figures.get(name) for name in _OF_A_CONFIG},
            }
            for name, value in values.items():
                if value is not None:
                    gauges[name].add_metric(label, float(value))
        yield from (states, restarts, ticks, *gauges.values())


def _histogram(name: str, meaning: str, times: AnswerTimes) -> HistogramMetricFamily:
    buckets = [(str(bound), float(times.within(bound))) for bound in _BOUNDS]
    family = HistogramMetricFamily(name, meaning)
    family.add_metric([], [*buckets, ("+Inf", float(times.count))], sum_value=times.total)
    return family


def _numbers(values: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Yield what is a number, by name."""
    for name, value in values.items():
        if isinstance(value, int | float):
            yield str(name), float(value)


def _ratio(percent: float | None) -> float | None:
    return None if percent is None else percent / _PERCENT
