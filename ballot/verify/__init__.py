"""A stranger's reader: what a public file proves, check by check (protocol §11)."""
