"""What the workers count themselves: CPU time by part, messages and batches."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import httpx
from run.layout import SERVICES
from run.system import System

_SAMPLE = re.compile(r"(?P<name>souk_\w+)(?:\{(?P<labels>.*)\})? (?P<value>[0-9.e+-]+)")
_PART = re.compile(r'part="(\w+)"')


@dataclass(frozen=True)
class Counted:
    """Counters of all workers: CPU-milliseconds by part, messages and batches by service."""

    cpu: Mapping[str, float]
    messages: Mapping[str, float]
    batches: Mapping[str, float]

    def since(self, before: Counted) -> Counted:
        return Counted(
            _difference(self.cpu, before.cpu),
            _difference(self.messages, before.messages),
            _difference(self.batches, before.batches),
        )

    @property
    def batch_sizes(self) -> dict[str, float]:
        """Return the mean number of messages handled together, by service."""
        return {name: self.messages[name] / count for name, count in self.batches.items() if count}


def count(system: System) -> Counted:
    """Read the counters of all workers. One that was restarted begins again at zero."""
    cpu: dict[str, float] = {}
    messages: dict[str, float] = {}
    batches: dict[str, float] = {}
    for service in SERVICES:
        for name, labels, value in _samples(system, service):
            if name == "souk_cpu_seconds_total":
                part = _PART.findall(labels)[0]
                cpu[part] = cpu.get(part, 0.0) + 1000 * value
            elif name == "souk_messages_batch_size_sum":
                messages[service] = value
            elif name == "souk_messages_batch_size_count":
                batches[service] = value
    return Counted(cpu, messages, batches)


def _samples(system: System, service: str) -> list[tuple[str, str, float]]:
    text = httpx.get(f"http://127.0.0.1:{system.settings.ports.metrics_of(service)}/metrics").text
    return [(found["name"], found["labels"] or "", float(found["value"])) for found in _SAMPLE.finditer(text)]


def _difference(now: Mapping[str, float], before: Mapping[str, float]) -> dict[str, float]:
    return {name: value - before.get(name, 0.0) for name, value in now.items()}
