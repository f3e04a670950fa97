"""One file per step of a branch."""
