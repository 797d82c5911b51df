"""Benchmarks. Each module has `run(rows: int) -> dict`; `python3 dev.py bench NAME` runs one.

`run` finds Django set up and an empty, migrated database of its own. Its figures hold at least
seconds (what was measured), limit_seconds (the physical limit, measured in the same run) and ratio.
"""
