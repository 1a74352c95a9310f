"""Compares what the views of a lake say with what a replayed site's CSV says, and prints the result as JSON.

    python second_opinion.py REPLAY VIEWS

REPLAY holds readings.csv.gz and site.json; VIEWS a Parquet file per view and flags.parquet, the readings with a flag.
Shares no code and no SQL with the product: readings are matrices of channels and slots, calendars are those of pandas.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from opinion_estimates import estimate
from opinion_site import Site, read_site
from opinion_views import UNITS, Table, energy_rollup, organization_rollup, readings_normalized

KEYS = ("channel_id", "organization_id", "timestamp", "hour_start", "date", "week", "month")


def read_column(file: Path, name: str) -> NDArray[Any]:
    """Numbers as floats, instants and dates as seconds since 1970, null as not a number; text as it is."""
    column = pq.read_table(file, columns=[name])[name]
    if pa.types.is_timestamp(column.type):
        return column.cast(pa.int64()).to_numpy() / 1e6
    if pa.types.is_date(column.type):
        return column.cast(pa.int32()).to_numpy() * 86400.0
    if pa.types.is_string(column.type) or pa.types.is_null(column.type):
        return column.to_numpy()
    return column.cast(pa.float64()).to_numpy()


def read_flags(file: Path, site: Site) -> NDArray[np.int64]:
    """The flags of every slot, channels × slots."""
    flags = np.zeros(site.readings["E"].shape, dtype=np.int64)
    channel_ids = site.channels["dataChannelId"].to_numpy()
    row = np.searchsorted(channel_ids, read_column(file, "channel_id").astype(np.int64))
    slot = ((read_column(file, "timestamp") - site.starts[0]) // site.interval_s).astype(np.int64)
    flags[row, slot] = read_column(file, "flags").astype(np.int64)
    return flags


def sort_order(keys: list[NDArray[Any]]) -> NDArray[np.intp]:
    """By the first key, then the next."""
    return np.lexsort([key.astype(np.float64) for key in reversed(keys)])


def is_time(name: str) -> bool:
    return name.endswith("_at") or name == "local_hour" or (name in KEYS and not name.endswith("_id"))


def is_same(name: str, found: NDArray[Any], expected: NDArray[Any]) -> NDArray[np.bool_]:
    """Texts and instants exactly, numbers to 1e-9 relative; null equals null alone."""
    if expected.dtype == object:
        return found == expected
    is_null = np.isnan(found) | np.isnan(expected)
    tolerance = 0 if is_time(name) else 1e-9 * np.abs(expected)
    is_near = np.abs(found - expected) <= tolerance
    return np.where(is_null, np.isnan(found) & np.isnan(expected), is_near)


def say(name: str, value: Any) -> str:
    """Instants and local times as people write them."""
    return str(np.datetime64(int(value), "s")) if is_time(name) and not np.isnan(value) else str(value)


def compare(view: str, file: Path, expected: Table) -> tuple[list[str], dict[str, int]]:
    """What differs, in words, one sentence a column, and how much was compared."""
    columns = pq.read_schema(file).names
    rows = pq.read_metadata(file).num_rows
    if sorted(columns) != sorted(expected):
        return [f"{view} has other columns: {sorted(set(columns) ^ set(expected))}"], {}
    # A channel has one organization.
    keys = [name for name in KEYS if name in expected and not (name == "organization_id" and "channel_id" in expected)]
    order = sort_order([expected[name] for name in keys])
    found_order = sort_order([read_column(file, name) for name in keys])
    if len(order) != rows:
        return [f"{view} has {rows} rows, should have {len(order)}"], {}
    differences = []
    # Keys first: with one of them wrong, nothing else can be right.
    for name in [*keys, *(name for name in expected if name not in keys)]:
        mine, theirs = expected[name][order], read_column(file, name)[found_order]
        wrong = np.flatnonzero(~is_same(name, theirs, mine))
        if len(wrong) > 0:
            row = wrong[0]
            place = " ".join(say(key, expected[key][order][row]) for key in keys)
            values = f"{name} is {say(name, theirs[row])}, should be {say(name, mine[row])}"
            differences.append(f"{view} of {place}: {values}; the first of {len(wrong)} rows")
    known = sum(int(pd.notna(values).sum()) for values in expected.values())
    return differences, {"rows": rows, "figures": rows * len(columns), "known": known}


def main(replay: Path, views: Path) -> None:
    site = read_site(replay)
    flags = read_flags(views / "flags.parquet", site)
    estimates = estimate(site, flags == 0)
    opinions = {
        **{f"energy_{name}": lambda unit=unit: energy_rollup(site, estimates, unit) for name, unit in UNITS.items()},
        **{
            f"organization_{name}": lambda unit=unit: organization_rollup(site, estimates, unit)
            for name, unit in UNITS.items()
        },
        "readings_normalized": lambda: readings_normalized(site, estimates, flags),
    }
    differences: list[str] = []
    compared = {}
    for view, form in opinions.items():
        found, compared[view] = compare(view, views / f"{view}.parquet", form())
        differences += found
    print(json.dumps({"differences": differences[:10], "compared": compared}))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
