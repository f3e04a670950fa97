"""The browser's verifier under Node, asked as the pages ask it."""

import base64
from collections.abc import Mapping
from typing import Any

from tests.js.client import Bridge

Statuses = dict[str, str]


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def verify(bridge: Bridge, data: bytes, code: str | None) -> Any:
    """The browser's report on a record."""
    return bridge("record", data=b64(data), code=code)


def statuses(report: Mapping[str, Any]) -> Statuses:
    return {check["id"]: check["status"] for check in report["checks"]}


def codes(report: Mapping[str, Any], name: str) -> set[str]:
    """All codes that a check of the report names."""
    check = next(check for check in report["checks"] if check["id"] == name)
    found = check["evidence"].get("findings", [])
    return {entry["code"] for entry in found} | ({check["code"]} if check["code"] else set())
