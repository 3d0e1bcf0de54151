"""psycopg 3: the reference's example, URI, transactions, parameters in text and binary, COPY, a million rows."""

import datetime
import decimal
import uuid

import psycopg
from common import BEST_STORY, CA_FILE, HOST, MILLION, MILLION_SUM, PORT, STORIES, TAXI, TAXI_TOTALS, TOKEN, check

# SSL_CERT_FILE makes libpq's `system` the development CA.
for root in ("system", CA_FILE):
    with psycopg.connect(
        host=HOST, port=PORT, dbname="md:", user="postgres", password=TOKEN, sslmode="verify-full", sslrootcert=root
    ) as conn:
        with conn.cursor() as cur:
            cur.execute(STORIES)
            check(cur.fetchall()[0], BEST_STORY)

uri = f"postgresql://postgres:{TOKEN}@{HOST}:{PORT}/md:?sslmode=verify-full&sslrootcert=system"
with psycopg.connect(uri) as conn:
    check(conn.execute("SELECT current_database()").fetchone(), ("my_db",))
    check(conn.info.transaction_status, psycopg.pq.TransactionStatus.INTRANS)

with psycopg.connect(uri) as conn:
    check(conn.execute(TAXI.format("%s", "%s"), ("2022-11-01", "2022-12-01")).fetchone(), TAXI_TOTALS)
    dates = (datetime.datetime(2022, 11, 1), datetime.datetime(2022, 12, 1))
    check(conn.execute(TAXI.format("%s", "%s"), dates).fetchone(), TAXI_TOTALS)

    # Values of many types there and back, text and binary, prepared after the fifth time.
    values = (
        1, 2**40, 1.5, "tëxt", b"\x00\xff", True, None, decimal.Decimal("12.34"), datetime.date(2024, 2, 29),
        datetime.datetime(2024, 2, 29, 12, 30), datetime.timedelta(days=1, seconds=5),
        uuid.UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"), [1, 2, 3],
    )
    for binary in (False, True):
        for _ in range(7):
            for value in values:
                cur = conn.cursor(binary=binary)
                check(cur.execute("SELECT %s AS v", (value,)).fetchone()[0], value)
            words = ["a b", "c,d", None]
            check(conn.cursor(binary=binary).execute("SELECT %s::text[] AS v", (words,)).fetchone()[0], words)

# Commit at the end of the block, rollback at an error.
with psycopg.connect(uri) as conn:
    conn.execute("CREATE TABLE psycopg3_t(a INTEGER, b VARCHAR)")
    cur = conn.cursor()
    cur.executemany("INSERT INTO psycopg3_t VALUES (%s, %s)", [(n, f"row {n}") for n in range(100)])
    check(cur.rowcount, 100)
try:
    with psycopg.connect(uri) as conn:
        conn.execute("DELETE FROM psycopg3_t")
        conn.execute("SELECT * FROM psycopg3_no_such_table")
    raise AssertionError("no error")
except psycopg.errors.UndefinedTable:
    pass

with psycopg.connect(uri, autocommit=True) as conn:
    check(conn.execute("SELECT count(*) FROM psycopg3_t").fetchone(), (100,))
    with conn.cursor().copy("COPY psycopg3_t FROM STDIN") as copy:
        for n in range(1000):
            copy.write_row((n, None if n % 2 else f"copied {n}"))
    check(conn.execute("SELECT count(*), count(b) FROM psycopg3_t").fetchone(), (1100, 600))
    with conn.cursor().copy("COPY (SELECT a FROM psycopg3_t WHERE b LIKE 'copied%' ORDER BY a LIMIT 2) TO STDOUT") as copy:
        check([row for row in copy.rows()], [("0",), ("2",)])
    with conn.pipeline():
        answers = [conn.execute("SELECT %s::int", (n,)) for n in range(50)]
    check([cursor.fetchone()[0] for cursor in answers], list(range(50)))
    for binary in (False, True):
        cur = conn.cursor(binary=binary)
        cur.execute(MILLION)
        check(sum(row[0] for row in cur), MILLION_SUM)
    total = 0
    for row in conn.cursor().stream(MILLION):
        total += row[0]
    check(total, MILLION_SUM)
print("ok")
