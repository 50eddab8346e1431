#!/usr/bin/env python3
"""Ready file formats on the events of the engine's micro-benchmarks, as figures for ADR 3.

    EVENTS_CSV=events.csv cargo bench -p analytics --bench engine
    formats.py events.csv [RUNS]

Needs `pip install pyarrow duckdb numpy`. Each form holds the same six columns with the types that suit it best:
instants, durations in integer microseconds, dictionaries of texts. Files are read from the page cache. Prints a
table of medians (least ... most); times in milliseconds.
"""

import os
import statistics
import sys
import tempfile
import time

# A neighbour of this file has the name of a module, and their folder stands first on the path.
del sys.path[0]
import duckdb
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

TEXTS = ["method", "endpoint", "ip"]
QUESTIONS = [
    "SELECT count(*), count(DISTINCT ip), avg(duration_us), min(duration_us), max(duration_us),"
    " count(*) FILTER (WHERE status_code >= 400) * 100.0 / count(*) FROM events",
    "SELECT method, count(*) FROM events GROUP BY method",
    "SELECT status_code, count(*) FROM events GROUP BY status_code",
    "SELECT endpoint, count(*) AS n, avg(duration_us), count(*) FILTER (WHERE status_code >= 400)"
    " FROM events GROUP BY endpoint ORDER BY n DESC, endpoint LIMIT 5",
    "SELECT ip, count(*) AS n FROM events WHERE ip IS NOT NULL GROUP BY ip ORDER BY n DESC, ip LIMIT 5",
    "SELECT CAST(created_at AS DATE) AS day, count(*), avg(duration_us),"
    " count(*) FILTER (WHERE status_code >= 400) * 100.0 / count(*) FROM events GROUP BY day ORDER BY day",
    "SELECT quantile_disc(duration_us, [0.5, 0.95, 0.99]) FROM events",
]
# What to tell the writer besides the compression. Two threads share the work by groups of rows.
GROUPS = {"row_group_size": 1 << 17}
PLAIN = {"use_dictionary": True}
DELTAS = {
    "use_dictionary": [*TEXTS, "status_code"],
    "column_encoding": {"created_at": "DELTA_BINARY_PACKED", "duration_us": "DELTA_BINARY_PACKED"},
}
PARQUET = {
    "Parquet, snappy": {"compression": "snappy", **PLAIN, **GROUPS},
    "Parquet, zstd": {"compression": "zstd", **PLAIN, **GROUPS},
    "Parquet, zstd, deltas": {"compression": "zstd", **DELTAS, **GROUPS},
    "Parquet, zstd, deltas, one group of rows": {"compression": "zstd", **DELTAS},
    "Parquet, no compression, deltas": {"compression": "none", **DELTAS, **GROUPS},
}


def timed(runs, call):
    """Milliseconds of each run but the first."""
    times = []
    for _ in range(runs + 1):
        started = time.perf_counter()
        call()
        times.append((time.perf_counter() - started) * 1000)
    return times[1:]


def shown(times):
    return f"{statistics.median(times):.1f} ({min(times):.1f} ... {max(times):.1f})"


def read_events(path):
    types = {"created_at": pa.timestamp("us"), "duration_us": pa.int32(), "status_code": pa.int16()}
    types |= dict.fromkeys(TEXTS, pa.string())
    options = pa.csv.ConvertOptions(column_types=types, strings_can_be_null=True, null_values=[""])
    table = pa.csv.read_csv(path, convert_options=options)
    for name in TEXTS:
        column = table.column(name).combine_chunks().dictionary_encode()
        table = table.set_column(table.schema.get_field_index(name), name, column)
    return table


def questions(connection):
    return [sorted(connection.execute(question).fetchall(), key=str) for question in QUESTIONS]


def asked(connection, runs):
    """Figures of the question set on one thread and on two, and the answers."""
    figures = []
    for threads in (1, 2):
        connection.execute(f"SET threads = {threads}")
        figures.append(shown(timed(runs, lambda: questions(connection))))
    return figures, questions(connection)


def parquet(path, table, options, runs):
    write = timed(runs, lambda: pq.write_table(table, path, **options))
    read = [
        shown(timed(runs, lambda: pq.read_table(path, read_dictionary=TEXTS, use_threads=threads)))
        for threads in (False, True)
    ]
    with duckdb.connect() as connection:
        connection.execute(f"CREATE VIEW events AS SELECT * FROM read_parquet('{path}')")
        figures, answers = asked(connection, runs)
    return [shown(write), *read, *figures], answers


def native(path, table, runs):
    # DuckDB compresses plain texts better than those of a dictionary, which become an enumeration.
    loaded = table
    for name in TEXTS:
        plain = loaded.column(name).cast(pa.string())
        loaded = loaded.set_column(loaded.schema.get_field_index(name), name, plain)
    def write():
        if os.path.exists(path):
            os.remove(path)
        with duckdb.connect(path) as connection:
            connection.register("loaded", loaded)
            connection.execute("CREATE TABLE events AS SELECT * FROM loaded")

    # Closing the file writes it out.
    times = timed(runs, write)
    with duckdb.connect(path, read_only=True) as connection:
        read = []
        for threads in (1, 2):
            connection.execute(f"SET threads = {threads}")
            read.append(shown(timed(runs, lambda: connection.sql("FROM events").to_arrow_table())))
        figures, answers = asked(connection, runs)
    return [shown(times), *read, *figures], answers


def main():
    csv, runs = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 7
    table = read_events(csv)
    print(f"pyarrow {pa.__version__}, DuckDB {duckdb.__version__}, {table.num_rows} events, {runs} runs")
    head = ["form", "bytes an event", "write", "read, 1 thread", "2", "questions, 1 thread", "2"]
    print("|".join(["", *head, ""]))
    print("|---" * len(head) + "|")
    seen = None
    with tempfile.TemporaryDirectory(prefix="formats-") as folder:
        for number, name in enumerate([*PARQUET, "DuckDB's own file"]):
            path = os.path.join(folder, f"{number}.events")
            if name in PARQUET:
                figures, answers = parquet(path, table, PARQUET[name], runs)
            else:
                figures, answers = native(path, table, runs)
            if seen is not None and answers != seen:
                sys.exit(f"{name} answers otherwise than the forms before")
            seen = answers
            size = os.path.getsize(path) / table.num_rows
            print("|".join(["", name, f"{size:.2f}", *figures, ""]), flush=True)


if __name__ == "__main__":
    main()
