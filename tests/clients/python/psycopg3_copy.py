"""psycopg 3: COPY both ways in text, csv and binary, by rows and by blocks; failures and what is left after them."""

import csv
import io

import psycopg
from common import CA_FILE, DATABASE, HOST, ON_PINTAIL, PORT, TOKEN, check, fails
from values import BINARY_TYPES, DEFINITION, ROWS, same

conn = psycopg.connect(
    host=HOST, port=PORT, dbname=DATABASE, user="postgres", password=TOKEN, sslmode="verify-full", sslrootcert=CA_FILE,
    autocommit=True,
)
conn.execute("SET TimeZone = 'UTC'")
conn.execute(f"CREATE TABLE copied({DEFINITION})")
cur = conn.cursor()


def load(sql, *blocks):
    with cur.copy(sql) as copy:
        for block in blocks:
            copy.write(block)
    return cur.rowcount


def dump(sql):
    with cur.copy(sql) as copy:
        return b"".join(copy)


def write_rows(sql, rows, types=None):
    with cur.copy(sql) as copy:
        if types:
            copy.set_types(types)
        for row in rows:
            copy.write_row(row)


# Every type by rows; what is stored is read by SELECT, and by COPY TO.
for form, types in (("text", None), ("binary", BINARY_TYPES)):
    conn.execute("DELETE FROM copied")
    write_rows(f"COPY copied FROM STDIN (FORMAT {form})", ROWS, types)
    check((cur.rowcount, cur.statusmessage), (len(ROWS), f"COPY {len(ROWS)}"))
    for binary in (False, True):
        same(conn.cursor(binary=binary).execute("SELECT * FROM copied ORDER BY n").fetchall(), ROWS)
    for back, kinds in (("text", BINARY_TYPES), ("binary", BINARY_TYPES)):
        with cur.copy(f"COPY (SELECT * FROM copied ORDER BY n) TO STDOUT (FORMAT {back})") as copy:
            copy.set_types(kinds)
            same(copy.rows(), ROWS)
        check(cur.rowcount, len(ROWS))

# Out in one format, in again in another, however the blocks are cut.
for form in ("text", "csv", "csv, HEADER, QUOTE '''', DELIMITER ';', NULL 'nothing', FORCE_QUOTE *", "binary"):
    data = dump(f"COPY (SELECT * FROM copied ORDER BY n) TO STDOUT (FORMAT {form})")
    again = form.split(", FORCE_QUOTE")[0]
    for size in (7, 1000, len(data)):
        conn.execute("CREATE TABLE again AS SELECT * FROM copied LIMIT 0")
        small = data if size > 7 else None
        if small is None:
            # The long rows in pieces of seven bytes would take long: without them.
            small = dump(f"COPY (SELECT * FROM copied WHERE n < 5 ORDER BY n) TO STDOUT (FORMAT {form})")
        expected = ROWS if size > 7 else ROWS[:4]
        check(load(f"COPY again FROM STDIN (FORMAT {again})", *(small[at : at + size] for at in range(0, len(small), size))), len(expected))
        same(conn.execute("SELECT * FROM again ORDER BY n").fetchall(), expected)
        conn.execute("DROP TABLE again")

# csv as Python's module writes and reads it; a header; columns by name; an empty string is no NULL.
conn.execute("CREATE TABLE sheet(a integer, b text, c text DEFAULT 'left out')")
page = io.StringIO()
csv.writer(page).writerows([["b", "a"], ['say "hi", you', 1], ["two\nlines", 2], ["", 3], ["ünï 🦆", 4]])
check(load("COPY sheet(b, a) FROM STDIN (FORMAT csv, HEADER)", page.getvalue()), 4)
check(
    conn.execute("SELECT * FROM sheet ORDER BY a").fetchall(),
    [(1, 'say "hi", you', "left out"), (2, "two\nlines", "left out"), (3, None, "left out"), (4, "ünï 🦆", "left out")],
)
read = list(csv.reader(io.StringIO(dump("COPY sheet TO STDOUT (FORMAT csv, HEADER)").decode(), newline="")))
check(read[0], ["a", "b", "c"])
check(sorted(read[1:]), [["1", 'say "hi", you', "left out"], ["2", "two\nlines", "left out"], ["3", "", "left out"], ["4", "ünï 🦆", "left out"]])

# Failures: the code, the line and the column; nothing kept; the connection goes on.
for state, sql, data, words in (
    ("22P02", "COPY sheet(a, b) FROM STDIN", "1\tx\n2\ty\nthree\tz\n", ("line 3", "column a")),
    ("22P02", "COPY sheet(a, b) FROM STDIN (FORMAT csv, HEADER)", "a,b\n1,x\n2.5,y\n", ("line 3", "column a")),
    ("22003", "COPY sheet(a, b) FROM STDIN", "1\tx\n3000000000\ty\n", ("line 2", "column a")),
    ("22P04", "COPY sheet(a, b) FROM STDIN", "1\tx\n2\ty\textra\n", ("line 2", "extra data after last expected column")),
    ("22P04", "COPY sheet(a, b) FROM STDIN", "1\tx\n2\n", ("line 2", 'missing data for column "b"')),
    ("22P04", "COPY sheet(a, b) FROM STDIN (FORMAT csv)", '1,x\n2,"y\n', ("unterminated CSV quoted field",)),
    ("22021", "COPY sheet(a, b) FROM STDIN", b"1\tx\n2\t\xff\xfe\n", ("line 2",)),
    ("42P01", "COPY no_such_table FROM STDIN", "", ("no_such_table",)),
    ("42703", "COPY sheet(no_such_column) FROM STDIN", "", ("no_such_column",)),
):
    fails(state, lambda: load(sql, data), *words)
    check(conn.info.transaction_status, psycopg.pq.TransactionStatus.IDLE)
    check(conn.execute("SELECT count(*) FROM sheet").fetchone(), (4,))

# Constraints hold for copied rows too.
conn.execute("CREATE TABLE strict(a integer PRIMARY KEY, b text NOT NULL, c integer CHECK (c > 0))")
check(load("COPY strict FROM STDIN", "1\tx\t1\n"), 1)
for state, data in (("23505", "2\ty\t1\n1\tx\t1\n"), ("23502", "2\t\\N\t1\n"), ("23514", "2\ty\t0\n")):
    fails(state, lambda: load("COPY strict FROM STDIN", data))
    check(conn.execute("SELECT count(*) FROM strict").fetchone(), (1,))


# The client gives up: CopyFail, its own exception, nothing kept.
class GaveUp(Exception):
    pass


try:
    with cur.copy("COPY sheet(a, b) FROM STDIN") as copy:
        for n in range(10_000):
            copy.write_row((n, "half"))
        raise GaveUp
except GaveUp:
    pass
check(conn.execute("SELECT count(*) FROM sheet").fetchone(), (4,))
# And while reading: psycopg cancels the rest.
try:
    with cur.copy("COPY (SELECT * FROM generate_series(1, 10000000)) TO STDOUT") as copy:
        check(next(copy.rows()), ("1",))
        raise GaveUp
except GaveUp:
    pass
check(conn.execute("SELECT 1").fetchone(), (1,))

# In a transaction: rolled back with it; a failed COPY fails it.
conn.autocommit = False
check(load("COPY sheet(a) FROM STDIN", "5\n6\n"), 2)
check(conn.execute("SELECT count(*) FROM sheet").fetchone(), (6,))
conn.rollback()
fails("22P02", lambda: load("COPY sheet(a) FROM STDIN", "5\nx\n"))
fails("25P02", lambda: conn.execute("SELECT 1"))
conn.rollback()
check(conn.execute("SELECT count(*) FROM sheet").fetchone(), (4,))
conn.commit()
conn.autocommit = True

# A million rows there and back, in text and in binary; what comes back is loaded again.
conn.execute("CREATE TABLE many(a bigint, b text, c double precision)")
MANY = 1_000_000 if ON_PINTAIL else 100_000
data = [b"".join(b"%d\trow %d\t%d.25\n" % (n, n, n) for n in range(at, at + 50_000)) for at in range(0, MANY, 50_000)]
for form, back in (("text", "binary"), ("binary", "csv"), ("csv", "text")):
    conn.execute("DELETE FROM many")
    check(load(f"COPY many FROM STDIN (FORMAT {form})", *data), MANY)
    check(
        conn.execute("SELECT count(*), sum(a)::bigint, count(DISTINCT b), sum(c) FROM many").fetchone(),
        (MANY, MANY * (MANY - 1) // 2, MANY, MANY * (MANY - 1) / 2 + MANY / 4),
    )
    with cur.copy(f"COPY many TO STDOUT (FORMAT {back})") as copy:
        data = list(copy)
    check(cur.rowcount, MANY)
conn.close()
print("ok")
