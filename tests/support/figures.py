"""What the trust tests count, told at the end of a session."""

from collections import Counter

FIGURES: Counter[str] = Counter()
EXPECTED_NONE = {  # what must not happen, told even if it did not
    "kills": ("files damaged", "not resumed equal", "leftovers"),
    "sweep kills": (
        "trials lost",
        "trials twice",
        "trials not equal to train",
        "processes left after 10 s",
    ),
    "fuzzed configs": ("tracebacks", "TensorFlow imports"),
    "hostile cases": ("escapes",),
    "signals": ("tracebacks or wrong ends",),
    "crashes": ("silent",),
    "streams": ("tracebacks or wrong ends",),
    "memory limits": ("silent or called a bug",),
}


def lines() -> list[str]:
    """A line for each suite that ran."""
    told = []
    for suite, bad in EXPECTED_NONE.items():
        kinds = {name: n for name, n in FIGURES.items() if name.startswith(f"{suite}: ")}
        if FIGURES[suite]:
            parts = [f"{FIGURES[suite]:,} {suite}"]
            parts += [f"{FIGURES[f'{suite}, {name}']} {name}" for name in bad]
            told.append(", ".join(parts))
        told += [f"  {name.partition(': ')[2]}: {n:,}" for name, n in sorted(kinds.items())]
    return told
