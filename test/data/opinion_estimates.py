"""What is estimated where a channel has no energy, by the rules of docs/views.md (found_grid_gaps, grid_reference_days)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from opinion_site import Matrix, Site, to_seconds, wall_clock

LONGEST_SHORT_GAP_S = 7200
MEASURED, LINEAR, REFERENCE_DAY = 0, 1, 2
# Nearest first, the earlier of two equally near.
NEAR_DAYS = [7 * weeks * sign for weeks in range(1, 9) for sign in (-1, 1)]


@dataclass(frozen=True)
class Estimates:
    """Channels × slots."""

    energy_kwh: Matrix
    # LINEAR or REFERENCE_DAY where there is an estimate, else MEASURED.
    method: NDArray[np.int8]


def estimate(site: Site, is_clean: NDArray[np.bool_]) -> Estimates:
    """`is_clean` tells which readings carry no flag: only these may stand in for others."""
    measured, power = site.readings["E"], site.readings["P"]
    hours = site.interval_s / 3600
    mean_kw = np.where(np.isnan(measured), power, measured / hours)
    energy = np.full(measured.shape, np.nan)
    method = np.full(measured.shape, MEASURED, dtype=np.int8)
    for row, zone in enumerate(site.channels["timeZone"]):
        known = np.flatnonzero(~np.isnan(measured[row]))
        if len(known) == 0:
            continue
        # Nothing is estimated before the first energy or after the last.
        between = np.arange(known[0], known[-1] + 1)
        line = on_a_line(between, mean_kw[row]) * hours
        gaps = runs(between[np.isnan(mean_kw[row, between])])
        is_long = np.zeros(len(site.starts), dtype=bool)
        for gap in gaps:
            is_long[gap] = len(gap) * site.interval_s > LONGEST_SHORT_GAP_S
        is_linear = np.isnan(measured[row, between]) & ~is_long[between]
        energy[row, between[is_linear]] = line[is_linear]
        method[row, between[is_linear]] = LINEAR

        clean = np.where(is_clean[row], measured[row], np.nan)
        days = LocalDays.of(site, zone, clean)
        for gap in gaps:
            for part in days.split(gap) if is_long[gap[0]] else []:
                reference = days.mean_of_near_days(part)
                if reference is not None:
                    energy[row, part] = reference
                    method[row, part] = REFERENCE_DAY
    return Estimates(energy, method)


def on_a_line(slots: NDArray[np.intp], mean_kw: Matrix) -> Matrix:
    """Power between the middles of the neighbours; where power was measured without energy, that."""
    known = slots[~np.isnan(mean_kw[slots])]
    return np.interp(slots, known, mean_kw[known])


def runs(slots: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """Cuts ascending slots where they are not consecutive."""
    if len(slots) == 0:
        return []
    return np.split(slots, np.flatnonzero(np.diff(slots) > 1) + 1)


@dataclass(frozen=True)
class LocalDays:
    """The clean energy of one channel by local day and local time."""

    # Per slot, counted from the first day, and from midnight on.
    day: NDArray[np.int64]
    time: NDArray[np.int64]
    # Days × times; the mean of two where autumn has a time twice.
    energy_kwh: Matrix

    @staticmethod
    def of(site: Site, zone: str, energy: Matrix) -> "LocalDays":
        local = to_seconds(wall_clock(site.starts, zone))
        day, time = local // 86400 - local[0] // 86400, local % 86400 // site.interval_s
        shape = (day[-1] + 1, time.max() + 1)
        total, count = np.zeros(shape), np.zeros(shape)
        known = ~np.isnan(energy)
        np.add.at(total, (day[known], time[known]), energy[known])
        np.add.at(count, (day[known], time[known]), 1)
        return LocalDays(day, time, np.divide(total, count, out=np.full(shape, np.nan), where=count > 0))

    def split(self, slots: NDArray[np.intp]) -> list[NDArray[np.intp]]:
        """Cuts consecutive slots at midnight."""
        return np.split(slots, np.flatnonzero(np.diff(self.day[slots])) + 1)

    def mean_of_near_days(self, slots: NDArray[np.intp]) -> Matrix | None:
        """The mean of the three nearest days of the same weekday that know all these times of one day, if there are three."""
        found: list[Matrix] = []
        for distance in NEAR_DAYS:
            day = self.day[slots[0]] + distance
            if not 0 <= day < len(self.energy_kwh):
                continue
            candidate = self.energy_kwh[day, self.time[slots]]
            if not np.any(np.isnan(candidate)):
                found.append(candidate)
            if len(found) == 3:
                return (found[0] + found[1] + found[2]) / 3
        return None
