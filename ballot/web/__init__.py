"""The public result page."""
