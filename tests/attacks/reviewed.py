"""Refusals whose deletion no case shows, each with the reason; patterns match whole ids."""

OUTSIDE: dict[str, str] = {}
"""What no verification runs."""

SURVIVORS: dict[str, str] = {}
"""What a verification runs and no false record needs."""
