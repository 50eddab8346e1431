#!/usr/bin/env python3
"""The questions of a dashboard asked of DuckDB, which must be installed (`pip install duckdb`).

    duckdb.py EVENTS.csv RUNS FIRST_DAY LAST_WEEK LAST_DAY

Loads the file into a database of its own, asks all questions once to warm up and then RUNS times, of all
days and of the last week, and prints one JSON object; times in milliseconds.
"""

import json
import os
import sys
import tempfile
import time

# This file has the name of the module, and its folder stands first on the path.
del sys.path[0]
import duckdb

QUESTIONS = [
    "SELECT count(*), count(DISTINCT ip), avg(process_time), min(process_time), max(process_time),"
    " count(*) FILTER (WHERE status_code >= 400) * 100.0 / count(*) {of}",
    "SELECT method, count(*) {of} GROUP BY method",
    "SELECT status_code, count(*) {of} GROUP BY status_code",
    "SELECT endpoint, count(*) AS n, avg(process_time), count(*) FILTER (WHERE status_code >= 400)"
    " {of} GROUP BY endpoint ORDER BY n DESC, endpoint LIMIT 5",
    "SELECT ip, count(*) AS n {of} AND ip IS NOT NULL GROUP BY ip ORDER BY n DESC, ip LIMIT 5",
    "SELECT CAST(created_at AS DATE) AS day, count(*), avg(process_time),"
    " count(*) FILTER (WHERE status_code >= 400) * 100.0 / count(*) {of} GROUP BY day ORDER BY day",
    "SELECT quantile_disc(process_time, [0.5, 0.95, 0.99]) {of}",
]
COLUMNS = {
    "created_at": "TIMESTAMP",
    "method": "VARCHAR",
    "endpoint": "VARCHAR",
    "ip": "VARCHAR",
    "process_time": "DOUBLE",
    "status_code": "SMALLINT",
}


def ask(connection, first, last):
    of = f"FROM events WHERE created_at >= DATE '{first}' AND created_at < DATE '{last}' + INTERVAL 1 DAY"
    started = time.perf_counter()
    answers = [connection.execute(question.format(of=of)).fetchall() for question in QUESTIONS]
    return (time.perf_counter() - started) * 1000, answers[0][0][0]


def main():
    csv, runs, first, week, last = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="bench-duckdb-", dir=os.path.dirname(csv)) as folder:
        path = os.path.join(folder, "events.duckdb")
        connection = duckdb.connect(path)
        columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
        connection.execute(f"CREATE TABLE events ({columns})")
        started = time.perf_counter()
        rows = "SELECT * FROM read_csv(?, header = true, columns = ?)"
        connection.execute(f"INSERT INTO events {rows}", [csv, COLUMNS])
        connection.execute("CHECKPOINT")
        load_seconds = time.perf_counter() - started
        _, total = ask(connection, first, last)
        spans = {"all": first, "week": week}
        times = {
            name: [ask(connection, start, last)[0] for _ in range(int(runs))]
            for name, start in spans.items()
        }
        connection.close()
        figures = {
            "version": duckdb.__version__,
            "total": total,
            "load_seconds": load_seconds,
            "bytes": os.path.getsize(path),
        }
        print(json.dumps(figures | times))


if __name__ == "__main__":
    main()
