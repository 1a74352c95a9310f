"""Reads a lake's readings with pandas again and again until its input ends; prints what is in each partition as JSON."""

import json
import sys
import threading
from pathlib import Path

import pandas as pd

folder = Path(sys.argv[1]) / "readings"
stopped = threading.Event()


def wait_for_end():
    sys.stdin.read()
    stopped.set()


threading.Thread(target=wait_for_end, daemon=True).start()
while not stopped.is_set():
    try:
        frame = pd.read_parquet(folder)
        parts = frame.groupby(["channel_id", "month"], observed=True).agg(
            n=("timestamp", "size"),
            keys=("timestamp", "nunique"),
            lo=("energy_kwh", "min"),
            hi=("energy_kwh", "max"),
            volts=("voltage_v", "sum"),
        )
        print(parts.reset_index().to_json(orient="records"), flush=True)
    except Exception as error:
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)
