"""A replayed site from its CSV: readings as matrices of channels and slots of time, and the calendars of its zones."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Seconds = NDArray[np.int64]


@dataclass(frozen=True)
class Site:
    """Channels in the order of their ids, as DataFrames; `organizations` is by id as well."""

    channels: pd.DataFrame
    organizations: pd.DataFrame
    interval_s: int
    # The start of every slot, epoch seconds; all channels were asked for all of them.
    starts: Seconds
    # Per code of the API (E, P, V, I, PF, T), channels × slots, in the lake's units; not a number: not measured.
    readings: dict[str, Matrix]

    def members(self, organization_id: int) -> list[int]:
        """Rows of the channels of an organization and of all below it."""
        below = {organization_id}
        while True:
            children = set(self.organizations.index[self.organizations["parentId"].isin(below)])
            if children <= below:
                return list(np.flatnonzero(self.channels["organizationId"].isin(below)))
            below |= children


def read_site(folder: Path) -> Site:
    """Reads site.json and readings.csv.gz, and sets to null what cannot be (docs/quality.md)."""
    described = json.loads((folder / "site.json").read_text())
    channels = pd.DataFrame(described["channels"]).sort_values("dataChannelId", ignore_index=True)
    organizations = pd.DataFrame(described["organizations"]).set_index("organizationId").sort_index()
    channels = channels.join(organizations[["organizationName", "timeZone"]], on="organizationId")
    carbon = organizations["carbonRatio"] if "carbonRatio" in organizations else pd.Series(dtype=float)
    channels["carbon"] = channels["organizationId"].map(pd.to_numeric(carbon)).astype(float)

    rows = pd.read_csv(folder / "readings.csv.gz")
    (interval_s,) = channels["interval_s"].unique()
    starts = np.arange(rows["ts"].min(), rows["ts"].max() + interval_s, interval_s)
    row = pd.Index(channels["dataChannelId"]).get_indexer(rows["channel_id"])
    slot = ((rows["ts"] - starts[0]) // interval_s).to_numpy()

    def spread(code: str) -> Matrix:
        matrix = np.full((len(channels), len(starts)), np.nan)
        if code in rows:
            matrix[row, slot] = rows[code]
        return matrix

    readings = {code: spread(code) for code in ("E", "P", "V", "I", "PF", "T")}
    return Site(channels, organizations, int(interval_s), starts, only_possible(readings))


def only_possible(readings: dict[str, Matrix]) -> dict[str, Matrix]:
    """Energy in kWh and power in kW, neither below zero; 0 V, or 50 to 600 V; a power factor within ±1."""
    energy, power, volts, factor = readings["E"] / 1000, readings["P"] / 1000, readings["V"], readings["PF"]
    return {
        **readings,
        "E": np.where(energy >= 0, energy, np.nan),
        "P": np.where(power >= 0, power, np.nan),
        "V": np.where((volts == 0) | ((volts >= 50) & (volts <= 600)), volts, np.nan),
        "PF": np.where(np.abs(factor) <= 1, factor, np.nan),
    }


@dataclass(frozen=True)
class Periods:
    """Consecutive periods of a zone's calendar, each with at least one slot."""

    first_slot: NDArray[np.intp]
    slots: NDArray[np.intp]
    # The wall clock at its beginning, as if it were UTC: midnight of its first day, or its hour.
    label: Seconds
    # Its first instant, and the first after it.
    from_s: Seconds
    to_s: Seconds


def wall_clock(starts: Seconds, zone: str) -> pd.DatetimeIndex:
    """What clocks in the zone show at these instants."""
    instants = pd.DatetimeIndex(starts.astype("datetime64[s]"), tz="UTC")
    return instants.tz_convert(zone).tz_localize(None)


def to_seconds(times: pd.DatetimeIndex) -> Seconds:
    return times.as_unit("s").asi8


def first_instant(midnights: pd.DatetimeIndex, zone: str) -> Seconds:
    """The first instant of local days: at the first of two midnights, at the end of a skipped one."""
    first = np.ones(len(midnights), dtype=bool)
    return to_seconds(midnights.tz_localize(zone, ambiguous=first, nonexistent="shift_forward").tz_convert("UTC"))


def divide(starts: Seconds, zone: str, unit: str) -> Periods:
    """Cuts the slots into the hours, days, weeks (from Monday) or months of a zone."""
    clock = wall_clock(starts, zone)
    offset = to_seconds(clock) - starts
    if np.any(offset % 3600):
        raise ValueError(f"{zone} is not whole hours from UTC, for which nothing here is prepared")
    day = clock.normalize()
    if unit == "hour":
        begins = clock.floor("h")
    elif unit == "day":
        begins, ends = day, day + pd.Timedelta(days=1)
    elif unit == "week":
        begins = day - pd.to_timedelta(clock.dayofweek, unit="D")
        ends = begins + pd.Timedelta(days=7)
    else:
        begins = day - pd.to_timedelta(clock.day - 1, unit="D")
        ends = begins + pd.offsets.MonthBegin(1)
    # The hour that autumn repeats is two periods: the offset tells them apart.
    key = to_seconds(begins) - (offset if unit == "hour" else 0)
    first_slot = np.flatnonzero(np.diff(key, prepend=key[0] - 1))
    label = to_seconds(begins)[first_slot]
    if unit == "hour":
        from_s = key[first_slot]
        to_s = from_s + 3600
    else:
        from_s, to_s = first_instant(begins[first_slot], zone), first_instant(ends[first_slot], zone)
    return Periods(first_slot, np.diff(first_slot, append=len(starts)), label, from_s, to_s)
