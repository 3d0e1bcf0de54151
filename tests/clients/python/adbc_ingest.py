"""ADBC's PostgreSQL driver: Arrow tables ingested (binary COPY FROM) and read back (binary COPY TO), every mode."""

import datetime
import decimal

import adbc_driver_manager
import adbc_driver_postgresql.dbapi as adbc
import pyarrow as pa
from common import CA_FILE, DATABASE, HOST, ON_PINTAIL, PORT, TOKEN, check

uri = f"postgresql://postgres:{TOKEN}@{HOST}:{PORT}/{DATABASE}?sslmode=verify-full&sslrootcert={CA_FILE}"
conn = adbc.connect(uri, autocommit=True)
cur = conn.cursor()
UTC = datetime.timezone.utc

table = pa.table(
    {
        "flag": pa.array([True, False, None]),
        "small": pa.array([-32768, 32767, None], pa.int16()),
        "middle": pa.array([-(2**31), 2**31 - 1, None], pa.int32()),
        "big": pa.array([-(2**63), 2**63 - 1, None], pa.int64()),
        "single": pa.array([1.5, float("inf"), None], pa.float32()),
        "twice": pa.array([5e-324, -0.0, None], pa.float64()),
        "words": pa.array(["", "Ünï 🦆, \t\\N", None]),
        "bytes": pa.array([b"", bytes(range(256)), None]),
        "day": pa.array([datetime.date(1, 1, 1), datetime.date(9999, 12, 31), None]),
        "clock": pa.array([datetime.time(0, 0), datetime.time(23, 59, 59, 999999), None], pa.time64("us")),
        "moment": pa.array([datetime.datetime(1, 1, 1), datetime.datetime(2024, 2, 29, 12, 30, 0, 1), None], pa.timestamp("us")),
        "instant": pa.array([datetime.datetime(1970, 1, 1, tzinfo=UTC), datetime.datetime(2024, 2, 29, tzinfo=UTC), None], pa.timestamp("us", "UTC")),
        "numbers": pa.array([[], [1, None, 2**40], None], pa.list_(pa.int64())),
        "list": pa.array([["a b", None, ""], [], None], pa.list_(pa.string())),
    }
)


def rows(sql):
    cur.execute(sql)
    return cur.fetch_arrow_table()


# Created by the driver from the schema; the same values come back, and as the types they were.
check(cur.adbc_ingest("ingested", table, mode="create"), 3)
back = rows("SELECT * FROM ingested ORDER BY small NULLS LAST")
check(repr(back.to_pylist()), repr(table.to_pylist()))
check([str(field.type) for field in back.schema], [str(field.type) for field in table.schema])

# Every mode.
check(cur.adbc_ingest("ingested", table, mode="append"), 3)
check(rows("SELECT count(*) AS n FROM ingested").to_pylist(), [{"n": 6}])
try:
    cur.adbc_ingest("ingested", table, mode="create")
    raise AssertionError("no error")
except adbc_driver_manager.Error as error:
    # The driver takes no SQLSTATE from its CREATE TABLE: the message must say it.
    check(error.status_code.name, "ALREADY_EXISTS")
    assert '"ingested" already exists' in str(error), error
check(cur.adbc_ingest("ingested", table, mode="replace"), 3)
check(cur.adbc_ingest("ingested", table, mode="create_append"), 3)
check(rows("SELECT count(*) AS n FROM ingested").to_pylist(), [{"n": 6}])
check(cur.adbc_ingest("in_main", table.slice(0, 1), mode="create", db_schema_name="main" if ON_PINTAIL else "public"), 1)
# By name, into a table with columns that the data does not have.
cur.execute("CREATE TABLE partly(words text, other integer, big bigint)")
check(cur.adbc_ingest("partly", table.select(["big", "words"]), mode="append"), 3)
check(
    rows("SELECT * FROM partly ORDER BY big NULLS LAST").to_pylist(),
    [{"words": "", "other": None, "big": -(2**63)}, {"words": "Ünï 🦆, \t\\N", "other": None, "big": 2**63 - 1}, {"words": None, "other": None, "big": None}],
)
# Types that do not fit are refused, and the connection goes on.
try:
    cur.adbc_ingest("partly", pa.table({"words": ["x"], "other": pa.array(["no number"])}), mode="append")
    raise AssertionError("no error")
except adbc_driver_manager.Error as error:
    check(error.sqlstate[:2], "22")
check(rows("SELECT count(*) AS n FROM partly").to_pylist(), [{"n": 3}])

# Decimals go as numeric. The driver would make the column without a precision, which DuckDB takes for DECIMAL(18, 3).
cur.execute("CREATE TABLE prices(price numeric(38, 9))")
prices = pa.table({"price": pa.array([decimal.Decimal("12345678901234567890.123456789"), decimal.Decimal("-0.000000001"), None], pa.decimal128(38, 9))})
check(cur.adbc_ingest("prices", prices, mode="append"), 3)
check(
    [row["t"] for row in rows("SELECT CAST(CAST(price AS numeric(38,9)) AS text) AS t FROM prices ORDER BY price").to_pylist()],
    ["-0.000000001", "12345678901234567890.123456789", None],
)

# A million rows in batches; parameters; reading in batches.
MANY = 1_000_000 if ON_PINTAIL else 100_000
schema = pa.schema([("a", pa.int64()), ("b", pa.string()), ("c", pa.float64())])


def batches():
    for at in range(0, MANY, 100_000):
        numbers = range(at, at + 100_000)
        yield pa.record_batch([pa.array(numbers), pa.array([f"row {n}" for n in numbers]), pa.array([n + 0.25 for n in numbers])], schema)


check(cur.adbc_ingest("many", pa.RecordBatchReader.from_batches(schema, batches()), mode="create"), MANY)
check(
    rows("SELECT count(*) AS n, CAST(sum(a) AS bigint) AS s, count(DISTINCT b) AS d, sum(c) AS c FROM many").to_pylist(),
    [{"n": MANY, "s": MANY * (MANY - 1) // 2, "d": MANY, "c": MANY * (MANY - 1) / 2 + MANY / 4}],
)
cur.execute("SELECT a, b, c FROM many")
total = sum(sum(batch.column(0).to_pylist()) for batch in cur.fetch_record_batch())
check(total, MANY * (MANY - 1) // 2)
cur.execute("SELECT b FROM many WHERE a = $1", parameters=(4711,))
check(cur.fetchall(), [("row 4711",)])
cur.executemany("INSERT INTO partly VALUES ($1, $2, $3)", [("x", 1, 2), ("y", 3, 4)])
check(rows("SELECT count(*) AS n FROM partly").to_pylist(), [{"n": 5}])

# In a transaction: rolled back with it.
cur.close()
conn.close()
with adbc.connect(uri) as conn, conn.cursor() as cur:
    cur.adbc_ingest("partly", table.select(["big"]), mode="append")
    cur.execute("SELECT count(*) FROM partly")
    check(cur.fetchone(), (8,))
    conn.rollback()
    cur.execute("SELECT count(*) FROM partly")
    check(cur.fetchone(), (5,))
    # The catalog calls that tools use beside ingest.
    conn.rollback()
    check(conn.adbc_get_table_schema("many").names, ["a", "b", "c"])
print("ok")
