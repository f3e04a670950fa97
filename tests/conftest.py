"""What every test shares: hypothesis profiles, and tests that need a foreign program.

``@pytest.mark.needs("belenios-tool")`` marks a test that runs a program which is not a Python
package. Where the program is missing the test fails, unless ``BALLOT_WITHOUT`` names it
(blank-separated); then the test is deselected and the end of the run says so. With ``CI=true``
or ``BALLOT_REQUIRE_ALL=1`` nothing may be left out.
"""

import os
import shutil

import pytest
from hypothesis import HealthCheck, settings

from tests.databases import database, postgresql, server_programs, url

__all__ = ["database", "postgresql", "url"]

WITHOUT = frozenset(os.environ.get("BALLOT_WITHOUT", "").split())
IN_CI = os.environ.get("CI", "").lower() in {"1", "true"}
REQUIRE_ALL = IN_CI or os.environ.get("BALLOT_REQUIRE_ALL") == "1"

# Time decides nothing: a modular power takes what the machine gives it.
_UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("dev", _UNTIMED, max_examples=30)
# The same examples in every run, so that a red build is red for everyone.
settings.register_profile("ci", _UNTIMED, max_examples=60, derandomize=True, database=None)
settings.register_profile("thorough", _UNTIMED, max_examples=1000)
settings.load_profile("ci" if IN_CI else "dev")  # --hypothesis-profile=thorough overrides


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker; refuse to leave something out where all is required."""
    config.addinivalue_line("markers", "needs(program): runs a program that is no Python package")
    if WITHOUT and REQUIRE_ALL:
        raise pytest.UsageError(f"all tests are required, but missing: {_names()}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what needs a program that ``BALLOT_WITHOUT`` names."""
    left_out = [item for item in items if not WITHOUT.isdisjoint(_needs(item))]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fail, not skip, when a program is missing."""
    for program in _needs(item):
        if not _is_here(program):
            pytest.fail(f"{program} is not installed (Debian: apt-get install {program})", False)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end what was left out."""
    if WITHOUT:
        terminalreporter.section("left out")
        terminalreporter.line(f"tests that need {_names()}, which is not installed")


def _is_here(program: str) -> bool:
    if program == "postgresql":
        return server_programs() is not None
    return shutil.which(program) is not None


def _needs(item: pytest.Item) -> set[str]:
    return {program for marker in item.iter_markers("needs") for program in marker.args}


def _names() -> str:
    return ", ".join(sorted(WITHOUT))
