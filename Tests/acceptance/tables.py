"""Reads every CSV below the given directories as a user would, without arguments.

With pandas when it is installed, else with the csv module. A column without a name, a row of another
length, or a column that the columns.json beside it does not explain ends with 1. A CSV that stands
alone, such as a trace, is only read.
"""
import csv
import json
import pathlib
import sys

try:
    import pandas
except ImportError:
    pandas = None


def columns_of(path):
    if pandas:
        return list(pandas.read_csv(path).columns)
    with open(path, newline="") as file:
        rows = list(csv.reader(file))
    if any(len(row) != len(rows[0]) for row in rows):
        sys.exit(f"{path}: rows of different lengths")
    return rows[0]


tables = [path for top in sys.argv[1:] for path in sorted(pathlib.Path(top).rglob("*.csv"))]
explained = 0
for path in tables:
    columns = columns_of(path)
    if not columns or any(not name or name.startswith("Unnamed") for name in columns):
        sys.exit(f"{path}: a column has no name: {columns}")
    beside = path.parent / "columns.json"
    if not beside.exists():
        continue
    known = json.loads(beside.read_text()).get(path.name, {})
    missing = [name for name in columns if name not in known]
    if missing:
        sys.exit(f"{path}: columns.json does not explain {missing}")
    explained += 1
if explained == 0:
    sys.exit("there was no table to check")
print(f"{len(tables)} tables, {explained} explained, read by {'pandas' if pandas else 'csv'}")
