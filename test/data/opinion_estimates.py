"""What is estimated where a channel has no energy, by the rules of docs/views.md (readings_normalized)."""

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
    energy = np.full(site.readings["E"].shape, np.nan)
    method = np.full(energy.shape, MEASURED, dtype=np.int8)
    for row, zone in enumerate(site.channels["timeZone"]):
        if np.any(~np.isnan(site.readings["E"][row])):
            estimate_channel(site, row, zone, is_clean[row], energy[row], method[row])
    return Estimates(energy, method)


def estimate_channel(
    site: Site, row: int, zone: str, is_clean: NDArray[np.bool_], energy: Matrix, method: NDArray[np.int8]
) -> None:
    """Fills the channel's rows. Nothing is estimated before its first energy or after its last."""
    measured, power = site.readings["E"][row], site.readings["P"][row]
    hours = site.interval_s / 3600
    first, last = np.flatnonzero(~np.isnan(measured))[[0, -1]]
    between = np.arange(first, last + 1)
    mean_kw = np.where(np.isnan(measured), power, measured / hours)
    known = between[~np.isnan(mean_kw[between])]
    # A straight line between the middles of the neighbours; power that was measured without energy lies on it.
    line = np.interp(between, known, mean_kw[known]) * hours
    gaps = runs(between[np.isnan(mean_kw[between])])
    is_linear = np.isnan(measured)
    for gap in gaps:
        if len(gap) * site.interval_s > LONGEST_SHORT_GAP_S:
            is_linear[gap] = False
    linear = between[is_linear[between]]
    energy[linear] = line[linear - first]
    method[linear] = LINEAR

    local = to_seconds(wall_clock(site.starts, zone))
    day, slot_of_day = local // 86400, local % 86400 // site.interval_s
    profiles = day_profiles(np.where(is_clean, measured, np.nan), day - day[0], slot_of_day)
    for gap in gaps:
        if is_linear[gap[0]]:
            continue
        for part in np.split(gap, np.flatnonzero(np.diff(day[gap])) + 1):
            reference = mean_of_near_days(profiles, day[part[0]] - day[0], slot_of_day[part])
            if reference is not None:
                energy[part] = reference
                method[part] = REFERENCE_DAY


def runs(slots: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """Cuts ascending slots where they are not consecutive."""
    if len(slots) == 0:
        return []
    return np.split(slots, np.flatnonzero(np.diff(slots) > 1) + 1)


def day_profiles(energy: Matrix, day: NDArray[np.int64], slot_of_day: NDArray[np.int64]) -> Matrix:
    """Energy by local day and local time; the mean of two where autumn has a time twice."""
    shape = (day.max() + 1, slot_of_day.max() + 1)
    total, count = np.zeros(shape), np.zeros(shape)
    known = ~np.isnan(energy)
    np.add.at(total, (day[known], slot_of_day[known]), energy[known])
    np.add.at(count, (day[known], slot_of_day[known]), 1)
    return np.divide(total, count, out=np.full(shape, np.nan), where=count > 0)


def mean_of_near_days(profiles: Matrix, day: int, slots_of_day: NDArray[np.int64]) -> Matrix | None:
    """The mean of the three nearest days of the same weekday that know all of these times; None where there are fewer."""
    found: list[Matrix] = []
    for distance in NEAR_DAYS:
        if not 0 <= day + distance < len(profiles):
            continue
        candidate = profiles[day + distance, slots_of_day]
        if not np.any(np.isnan(candidate)):
            found.append(candidate)
        if len(found) == 3:
            return (found[0] + found[1] + found[2]) / 3
    return None
