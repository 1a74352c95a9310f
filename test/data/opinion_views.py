"""What each view must say about a replayed site, column by column, by the rules in docs/views.md."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from opinion_estimates import LINEAR, REFERENCE_DAY, Estimates
from opinion_site import Matrix, Periods, Seconds, Site, divide

# The columns of a view, flat and of one length. Instants and dates are seconds since 1970.
Table = dict[str, NDArray[Any]]

UNITS = {"hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month"}


def repeat(values: Any, count: int) -> NDArray[Any]:
    """One value per row for each of its periods."""
    return np.repeat(np.asarray(values, dtype=object), count)


def known_sum(matrix: Matrix, periods: Periods) -> Matrix:
    """Sum per period, null where nothing is known."""
    total = np.add.reduceat(np.nan_to_num(matrix), periods.first_slot, axis=1)
    return np.where(count(matrix, periods) > 0, total, np.nan)


def count(matrix: Matrix, periods: Periods) -> Matrix:
    return np.add.reduceat((~np.isnan(matrix)).astype(np.float64), periods.first_slot, axis=1)


def divided(above: Matrix, below: Matrix) -> Matrix:
    """Null unless the lower is above zero."""
    return np.divide(above, below, out=np.full(np.broadcast(above, below).shape, np.nan), where=below > 0)


def total(measured: Matrix, estimated: Matrix) -> Matrix:
    """Sum of what is known; null where neither is."""
    both = np.nan_to_num(measured) + np.nan_to_num(estimated)
    return np.where(np.isnan(measured) & np.isnan(estimated), np.nan, both)


def peak_of(power: Matrix, periods: Periods, starts: Seconds) -> tuple[Matrix, Matrix]:
    """The highest power of each period, and when its first interval with it begins."""
    peak = np.fmax.reduceat(power, periods.first_slot, axis=1)
    is_peak = power == np.repeat(peak, periods.slots, axis=1)
    peak_at = np.minimum.reduceat(np.where(is_peak, starts.astype(np.float64), np.inf), periods.first_slot, axis=1)
    return peak, np.where(np.isnan(peak), np.nan, peak_at)


def period_columns(unit: str, periods: Periods, rows: int) -> Table:
    label, instant = np.tile(periods.label, rows), np.tile(periods.from_s, rows)
    if unit == "hour":
        return {"hour_start": instant, "local_hour": label}
    return {{"day": "date", "week": "week", "month": "month"}[unit]: label}


def flat(columns: dict[str, Matrix]) -> Table:
    return {name: matrix.ravel() for name, matrix in columns.items()}


def stack(tables: list[Table]) -> Table:
    return {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}


def unpriced(length: int) -> Table:
    """No channel of these sites has a tariff."""
    return {"cost": np.full(length, np.nan), "currency": repeat([None], length)}


def energy_rollup(site: Site, estimates: Estimates, unit: str) -> Table:
    """Energy per channel and period of its site's calendar; all figures but three are of measured readings alone."""
    tables = []
    for zone, channels in site.channels.groupby("timeZone"):
        periods = divide(site.starts, str(zone), unit)
        rows = channels.index.to_numpy()
        figures = energy_figures(site, estimates, rows, periods)
        names = {
            "channel_id": channels["dataChannelId"].astype(str),
            "channel_name": channels["channelName"],
            "organization_id": channels["organizationId"].astype(str),
            "organization_name": channels["organizationName"],
            "time_zone": channels["timeZone"],
        }
        length = len(periods.label)
        tables.append(
            {name: repeat(values, length) for name, values in names.items()}
            | period_columns(unit, periods, len(rows))
            | flat(figures)
            | unpriced(len(rows) * length)
        )
    return stack(tables)


def energy_figures(site: Site, estimates: Estimates, rows: NDArray[np.intp], periods: Periods) -> dict[str, Matrix]:
    energy, power, volts, factor = (site.readings[code][rows] for code in ("E", "P", "V", "PF"))
    estimated = estimates.energy_kwh[rows]
    measured_kwh, estimated_kwh = known_sum(energy, periods), known_sum(estimated, periods)
    reading_count = count(energy, periods)
    measured_s, period_s = reading_count * site.interval_s, periods.to_s - periods.from_s
    by_power = divided(known_sum(power, periods), count(power, periods))
    average = np.where(reading_count > 0, divided(3600 * measured_kwh, measured_s), by_power)
    peak, peak_at = peak_of(power, periods, site.starts)
    weight = np.where(np.isnan(factor), np.nan, energy)
    total_kwh = total(measured_kwh, estimated_kwh)
    return {
        "energy_kwh": measured_kwh,
        "avg_power_kw": average,
        "min_power_kw": np.fmin.reduceat(power, periods.first_slot, axis=1),
        "peak_power_kw": peak,
        "peak_at": peak_at,
        "avg_voltage_v": divided(known_sum(volts, periods), count(volts, periods)),
        "min_voltage_v": np.fmin.reduceat(volts, periods.first_slot, axis=1),
        "max_voltage_v": np.fmax.reduceat(volts, periods.first_slot, axis=1),
        "avg_power_factor": divided(known_sum(factor * energy, periods), known_sum(weight, periods)),
        "reading_count": reading_count,
        "expected_count": reading_count + np.round((period_s - measured_s) / site.interval_s),
        "coverage": measured_s / period_s,
        "energy_measured_kwh": measured_kwh,
        "energy_estimated_kwh": estimated_kwh,
        "energy_total_kwh": total_kwh,
        "estimated_count": count(estimated, periods),
        "load_factor": divided(average, peak),
        "carbon_kg": total_kwh * site.channels["carbon"].to_numpy()[rows, np.newaxis],
    }


def organization_rollup(site: Site, estimates: Estimates, unit: str) -> Table:
    """Energy per organization and period of its own calendar: its channels and those below it, each once."""
    tables = []
    for organization in site.organizations.itertuples():
        rows = site.members(organization.Index)
        if not rows:
            continue
        periods = divide(site.starts, organization.timeZone, unit)
        length = len(periods.label)
        names = {
            "organization_id": [str(organization.Index)],
            "organization_name": [organization.organizationName],
            "time_zone": [organization.timeZone],
        }
        tables.append(
            {name: repeat(values, length) for name, values in names.items()}
            | period_columns(unit, periods, 1)
            | flat(organization_figures(site, estimates, np.array(rows), periods))
            | unpriced(length)
        )
    return stack(tables)


def together(matrix: Matrix) -> Matrix:
    """The sum of all channels per slot, null where none is known; still a matrix, of one row."""
    return np.where(np.isnan(matrix).all(axis=0), np.nan, np.nansum(matrix, axis=0))[np.newaxis]


def organization_figures(
    site: Site, estimates: Estimates, rows: NDArray[np.intp], periods: Periods
) -> dict[str, Matrix]:
    """Channels are added up per instant first, so the peak is that of the sum."""
    energy, power, volts, factor = (site.readings[code][rows] for code in ("E", "P", "V", "PF"))
    estimated = estimates.energy_kwh[rows]
    # To the microwatt: sums of the same figures in another order differ in the last digit, and would not be equal.
    energies, powers = together(energy), together(power).round(9)
    measured_kwh, estimated_kwh = known_sum(energies, periods), known_sum(together(estimated), periods)
    each_count = count(energy, periods)
    reading_count = each_count.sum(axis=0, keepdims=True)
    measured_s = count(energies, periods) * site.interval_s
    by_power = divided(known_sum(powers, periods), count(powers, periods))
    average = np.where(measured_s > 0, divided(3600 * measured_kwh, measured_s), by_power)
    peak, peak_at = peak_of(powers, periods, site.starts)
    weight = np.where(np.isnan(factor), np.nan, energy)
    expected_s = expected_seconds(site, rows, periods)
    all_expected_s = expected_s.sum(axis=0, keepdims=True)
    expected_count = np.maximum(np.round(all_expected_s / site.interval_s), reading_count)
    # Unknown as soon as one channel with energy has no factor.
    each_total = total(known_sum(energy, periods), known_sum(estimated, periods))
    each_carbon = each_total * site.channels["carbon"].to_numpy()[rows, np.newaxis]
    is_carbon_known = np.all(np.isnan(each_total) | ~np.isnan(each_carbon), axis=0)
    return {
        "energy_kwh": measured_kwh,
        "avg_power_kw": average,
        "min_power_kw": lowest_where_most_is_known(power, periods),
        "peak_power_kw": peak,
        "peak_at": peak_at,
        "avg_voltage_v": divided(
            known_sum(together(volts), periods), count(volts, periods).sum(axis=0, keepdims=True)
        ),
        "min_voltage_v": np.fmin.reduceat(np.fmin.reduce(volts)[np.newaxis], periods.first_slot, axis=1),
        "max_voltage_v": np.fmax.reduceat(np.fmax.reduce(volts)[np.newaxis], periods.first_slot, axis=1),
        "avg_power_factor": divided(
            known_sum(together(factor * energy), periods), known_sum(together(weight), periods)
        ),
        "reading_count": reading_count,
        "expected_count": np.where(all_expected_s > 0, expected_count, np.nan),
        "coverage": np.minimum(divided(reading_count * site.interval_s, all_expected_s), 1),
        "energy_measured_kwh": measured_kwh,
        "energy_estimated_kwh": estimated_kwh,
        "energy_total_kwh": total(measured_kwh, estimated_kwh),
        "estimated_count": count(estimated, periods).sum(axis=0, keepdims=True),
        "load_factor": divided(average, peak),
        "carbon_kg": np.where(is_carbon_known, together(each_carbon), np.nan),
        "channel_count": (expected_s > 0).sum(axis=0, keepdims=True).astype(np.float64),
    }


def lowest_where_most_is_known(power: Matrix, periods: Periods) -> Matrix:
    """The lowest power of the sum among the slots in which the most channels are known."""
    known = (~np.isnan(power)).sum(axis=0)
    most = np.repeat(np.maximum.reduceat(known, periods.first_slot), periods.slots)
    return np.fmin.reduceat(np.where(known == most, together(power), np.nan), periods.first_slot, axis=1)


def expected_seconds(site: Site, rows: NDArray[np.intp], periods: Periods) -> Matrix:
    """Per channel: the time of each period that ends after its first reading; none where it never measured energy."""
    has_begun = periods.to_s > first_reading_s(site)[rows, np.newaxis]
    has_energy = ~np.isnan(site.readings["E"][rows]).all(axis=1, keepdims=True)
    return np.where(has_energy & has_begun, periods.to_s - periods.from_s, 0).astype(np.float64)


def first_reading_s(site: Site) -> Seconds:
    """Start of the first interval with any measure, per channel."""
    is_measured = np.any([~np.isnan(matrix) for matrix in site.readings.values()], axis=0)
    return site.starts[is_measured.argmax(axis=1)]


def readings_normalized(site: Site, estimates: Estimates, flags: NDArray[np.int64]) -> Table:
    """Each channel on its grid, from its first reading to the end of what was asked."""
    is_there = site.starts >= first_reading_s(site)[:, np.newaxis]
    row, slot = np.nonzero(is_there)
    measured, estimated, method = site.readings["E"], estimates.energy_kwh, estimates.method
    energy = total(measured, estimated)
    power = np.where(np.isnan(estimated), site.readings["P"], estimated * 3600 / site.interval_s)
    quality = np.select(
        [method == LINEAR, method == REFERENCE_DAY, np.isnan(energy), flags != 0], [9.0, 8.0, np.nan, 10.0], 0.0
    )
    names = np.array([None, "linear", "reference_day"], dtype=object)
    months = pd.DatetimeIndex(site.starts.astype("datetime64[s]")).strftime("%Y-%m").to_numpy(dtype=object)
    return {
        "channel_id": site.channels["dataChannelId"].astype(str).to_numpy(dtype=object)[row],
        "timestamp": site.starts[slot],
        "interval_s": np.full(len(row), site.interval_s),
        "energy_kwh": energy[is_there],
        "power_kw": power[is_there],
        "voltage_v": site.readings["V"][is_there],
        "current_a": site.readings["I"][is_there],
        "power_factor": site.readings["PF"][is_there],
        "temperature_c": site.readings["T"][is_there],
        "quality": quality[is_there],
        "flags": flags[is_there],
        "period": months[slot],
        "frequency_hz": np.full(len(row), np.nan),
        "estimated_kwh": estimated[is_there],
        "method": names[method[is_there]],
    }
