"""Reads Parquet files with pyarrow as long as their names come, one a line, and answers with a line of JSON each."""

import json
import sys

import pyarrow.compute as pc
import pyarrow.parquet as pq

for line in sys.stdin:
    try:
        table = pq.ParquetFile(line.rstrip("\n")).read()
        nulls = sum(column.null_count for column in table.columns)
        energy = pc.sum(table["energy_kwh"]).as_py() if "energy_kwh" in table.column_names else None
        answer = {"rows": table.num_rows, "nulls": nulls, "energy": energy}
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
