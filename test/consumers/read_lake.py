"""Reads a lake with pandas and pyarrow and prints what it found as JSON.

    python read_lake.py LAKE CHANNEL FROM TO      (FROM included, TO excluded, UTC)

The recipe is the first function; it needs nothing of eniscope-lake.
"""

import json
import sys
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds


def read_readings(lake, channel_id, start, end):
    """The readings of one channel as a DataFrame. Only the files of the channel and the months asked are opened."""
    # Without this schema pyarrow would read the ids as integers.
    folders = ds.partitioning(pa.schema([("channel_id", pa.string()), ("month", pa.string())]), flavor="hive")
    readings = ds.dataset(Path(lake) / "readings", format="parquet", partitioning=folders)
    wanted = (
        (ds.field("channel_id") == channel_id)
        & (ds.field("month") >= start.strftime("%Y-%m"))
        & (ds.field("month") <= end.strftime("%Y-%m"))
        & (ds.field("timestamp") >= pa.scalar(start, pa.timestamp("us", "UTC")))
        & (ds.field("timestamp") < pa.scalar(end, pa.timestamp("us", "UTC")))
    )
    return readings.to_table(filter=wanted).to_pandas()


def describe(frame):
    return {name: str(dtype) for name, dtype in frame.dtypes.items()}


def main(lake, channel_id, start, end):
    start, end = pd.Timestamp(start, tz="UTC"), pd.Timestamp(end, tz="UTC")
    frame = read_readings(lake, channel_id, start, end)
    # The short way: fine for a look at the whole lake; the partition columns come as categories.
    plain = pd.read_parquet(Path(lake) / "readings")
    short = pd.read_parquet(Path(lake) / "readings", filters=[("timestamp", ">=", start), ("timestamp", "<", end)])
    daily = frame.set_index("timestamp")["energy_kwh"].resample("1D").sum(min_count=1)
    channels = pd.read_parquet(Path(lake) / "reference" / "channels.parquet")
    print(
        json.dumps(
            {
                "types": describe(frame),
                "rows": len(frame),
                "all_rows": len(plain),
                "filtered_rows": len(short),
                "plain_types": describe(plain),
                "first": frame["timestamp"].min().isoformat(),
                "last": frame["timestamp"].max().isoformat(),
                "sorted": bool(frame["timestamp"].is_monotonic_increasing),
                "channel_ids": sorted(frame["channel_id"].unique().tolist()),
                "energy_kwh": frame["energy_kwh"].sum(),
                "nulls": {name: int(count) for name, count in frame.isna().sum().items()},
                "utc_days": {str(day.date()): kwh for day, kwh in daily.items()},
                "channel_name": channels.set_index("channel_id").loc[channel_id, "channel_name"],
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
