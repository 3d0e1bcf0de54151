"""psycopg2: bundles its own OpenSSL, so the root is a file, as the reference says with certifi.where()."""

import psycopg2
from common import BEST_STORY, CA_BUNDLE, CA_FILE, HOST, MILLION, MILLION_SUM, PORT, STORIES, TAXI, TAXI_TOTALS, TOKEN, check

for root in (CA_BUNDLE, CA_FILE):
    conn = psycopg2.connect(
        host=HOST, port=PORT, dbname="md:", user="postgres", password=TOKEN, sslmode="verify-full", sslrootcert=root
    )
    with conn, conn.cursor() as cur:
        cur.execute(STORIES)
        check(cur.fetchall()[0], BEST_STORY)
        cur.execute(TAXI.format("%s", "%s"), ("2022-11-01", "2022-12-01"))
        check(cur.fetchone(), TAXI_TOTALS)
    conn.close()

conn = psycopg2.connect(f"postgresql://postgres:{TOKEN}@{HOST}:{PORT}/md:?sslmode=verify-full&sslrootcert={CA_FILE}")
with conn, conn.cursor() as cur:
    cur.execute("CREATE TABLE psycopg2_t(a INTEGER, b VARCHAR[])")
    cur.execute("INSERT INTO psycopg2_t VALUES (%s, %s), (2, NULL)", (1, ["a b", "c"]))
    check(cur.rowcount, 2)
try:
    with conn, conn.cursor() as cur:
        cur.execute("UPDATE psycopg2_t SET a = 5")
        cur.execute("SELECT no_such_column FROM psycopg2_t")
    raise AssertionError("no error")
except psycopg2.errors.UndefinedColumn as error:
    check(error.pgcode, "42703")
with conn, conn.cursor() as cur:
    cur.execute("SELECT a, b FROM psycopg2_t ORDER BY a")
    check(cur.fetchall(), [(1, ["a b", "c"]), (2, None)])
    cur.execute(MILLION)
    check(sum(row[0] for row in cur), MILLION_SUM)
conn.close()
print("ok")
