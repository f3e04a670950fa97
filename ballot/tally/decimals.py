"""The one place where a count becomes a decimal number, for display only."""


def hundredths(numerator: int, denominator: int) -> str:
    """``numerator / denominator`` with two decimals, rounded half up, by integers.

    ``hundredths(100 * 77, 79)`` is ``"97.47"``. Both are counts: numerator >= 0,
    denominator > 0. Source: counting rules §11.
    """
    rounded = (200 * numerator + denominator) // (2 * denominator)
    return f"{rounded // 100}.{rounded % 100:02d}"
