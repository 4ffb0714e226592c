"""`make test`: every suite, two at a time, with a summary and a list of everything that could not run."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field

from rich.console import Console

from run.layout import ROOT, default_home, real_engines
from run.suites import Suite, suites, suites_on

console = Console(highlight=False, soft_wrap=True)
_LONGEST_SECONDS = 1500
_OUTCOMES = re.compile(r"(\d+) (passed|failed|errors?|skipped|xfailed|xpassed|deselected)")
_SKIPPED = re.compile(r"^SKIPPED \[(\d+)\] (.*)$", re.MULTILINE)
#: A test of one engine or one kind of service, in a suite that runs on another.
_ELSEWHERE = re.compile(r": only on ")
#: Variables that tests read.
_FOR_TESTS = {"SOUK_TEST_PORT_BASE", "SOUK_TEST_HOME", "SOUK_PROVIDER_SPECS", "SOUK_STRIPE_MOCK", "SOUK_RUNS"}
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)
_NO_TESTS = 5


@dataclass
class Result:
    suite: Suite
    code: int
    output: str
    seconds: float
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def good(self) -> bool:
        return self.code in {0, _NO_TESTS}

    @property
    def notes(self) -> list[str]:
        """The tests that did not run, with their reasons."""
        return [f"{count} in {self.suite.name}: {reason}" for count, reason in _SKIPPED.findall(self.output)]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m run.test_all", description=__doc__)
    parser.add_argument("names", nargs="*", help="suites to run; all when none is named")
    parser.add_argument("--without", action="append", default=[], metavar="SUITE")
    parser.add_argument("--whole", action="store_true", help="what cannot run is a failure")
    options = parser.parse_args(arguments)
    engines = real_engines(default_home())
    known = {suite.name: suite for suite in (suites_on(engines) if engines else suites())}
    unknown = [name for name in [*options.names, *options.without] if name not in known]
    if unknown:
        parser.error(f"no suite {', '.join(unknown)}; there are: {', '.join(known)}")
    chosen = [known[name] for name in options.names or known if name not in options.without]

    began = time.monotonic()
    results = [*_run([suite for suite in chosen if not suite.heavy], at_once=2)]
    results += _run([suite for suite in chosen if suite.heavy], at_once=1)
    return _close(results, time.monotonic() - began, options.without, whole=options.whole)


def _run(chosen: list[Suite], *, at_once: int) -> list[Result]:
    results = []
    with ThreadPoolExecutor(at_once) as pool:
        for job in as_completed([pool.submit(_run_one, suite) for suite in chosen]):
            result = job.result()
            results.append(result)
            state = "[green]ok[/]    " if result.good else "[red]FAILED[/]"
            told = ", ".join(f"{count} {what}" for what, count in result.counts.items()) or "no tests"
            console.print(f"{state} {result.suite.name:<14} {result.seconds:>5.0f} s   {told}")
            if not result.good:
                console.print(_indented(result.output), markup=False)
    return results


def environment_of(suite: Suite) -> dict[str, str]:
    """Return the suite's environment and the shell's, of which no setting of a running Souk but what tests read."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name in _FOR_TESTS or not name.startswith(("SOUK_", "DJANGO_"))
    }
    return inherited | suite.environment


def _run_one(suite: Suite) -> Result:
    began = time.monotonic()
    command = [sys.executable, "-m", "pytest", *suite.arguments, "-rsfE", "--color=no", "-p", "no:cacheprovider"]
    try:
        done = subprocess.run(
            command,
            cwd=suite.folder,
            env=environment_of(suite),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=_LONGEST_SECONDS,
            check=False,
        )
        code, output = done.returncode, done.stdout
    except subprocess.TimeoutExpired as error:
        written = error.stdout or b""
        output = written.decode(errors="replace") if isinstance(written, bytes) else written
        code, output = 1, f"{output}\nended after {_LONGEST_SECONDS} s"
    result = Result(suite, code, output, time.monotonic() - began)
    last = output.strip().splitlines()[-1] if output.strip() else ""
    for count, what in _OUTCOMES.findall(last):
        result.counts[what.removesuffix("s") if what == "errors" else what] += int(count)
    if not result.good and not result.counts["failed"] + result.counts["error"]:
        result.counts["error"] += 1  # it did not start
    return result


def _close(results: list[Result], seconds: float, without: list[str], *, whole: bool = False) -> int:
    total: Counter[str] = sum((result.counts for result in results), Counter())
    failed = total["failed"] + total["error"]
    notes = [note for result in results for note in result.notes]
    notes += [f"the suite {name}: left out by --without" for name in without]
    if notes:
        console.print("\n[bold yellow]NOT RUN HERE:[/]")
        for note in notes:
            console.print(f"  - {note}", markup=False)
    for result in results:
        if not result.good:
            where = os.path.relpath(result.suite.folder, ROOT)
            again = " ".join(["python -m pytest", *result.suite.arguments])
            console.print(f"[red]{result.suite.name}[/]: cd {where}; {again}")
            for name in _FAILED.findall(result.output):
                console.print(f"    {name}", markup=False)
    missing = [note for note in notes if whole and not _ELSEWHERE.search(note)]
    if missing:
        console.print(f"[red]{len(missing)} could not run (above); here everything must[/]")
    color = "red" if failed or missing else "green"
    console.print(f"\n[bold {color}]{total['passed']} passed, {failed} failed[/] in {seconds:.0f} s")
    return 1 if failed or missing or not total["passed"] else 0


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.strip().splitlines()[-120:])


if __name__ == "__main__":
    sys.exit(main())
