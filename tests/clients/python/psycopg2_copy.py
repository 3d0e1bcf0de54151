"""psycopg2: copy_from, copy_to and copy_expert with files; named cursors."""

import io

import psycopg2
import psycopg2.extensions
from common import CA_FILE, DATABASE, HOST, ON_PINTAIL, PORT, TOKEN, check, fails
from values import DEFINITION, ROWS, text_line

conn = psycopg2.connect(
    host=HOST, port=PORT, dbname=DATABASE, user="postgres", password=TOKEN, sslmode="verify-full", sslrootcert=CA_FILE
)
conn.autocommit = True
cur = conn.cursor()
cur.execute("SET TimeZone = 'UTC'")
cur.execute("CREATE TABLE copied(a integer, b text, c double precision)")

# copy_from and copy_to: text, other separators and NULLs, chosen columns.
cur.copy_from(io.StringIO("1\tone\t1.5\n2\t\\N\t\\N\n3\ttab\\there \\\\ ü🦆\t-0\n"), "copied")
check(cur.rowcount, 3)
cur.copy_from(io.StringIO("vier|4\n-|5\n"), "copied", sep="|", null="-", columns=("b", "a"))
check(cur.rowcount, 2)
cur.execute("SELECT * FROM copied ORDER BY a")
check(repr(cur.fetchall()), repr([(1, "one", 1.5), (2, None, None), (3, "tab\there \\ ü🦆", -0.0), (4, "vier", None), (5, None, None)]))
out = io.StringIO()
cur.copy_to(out, "copied", sep="|", null="~", columns=("a", "b"))
check(sorted(out.getvalue().splitlines()), ["1|one", "2|~", "3|tab\\there \\\\ ü🦆", "4|vier", "5|~"])

# copy_expert: csv and binary through files; every type.
cur.execute(f"CREATE TABLE every({DEFINITION})")
cur.copy_from(io.StringIO("".join(text_line(row) for row in ROWS)), "every")
for form in ("text", "csv", "csv, HEADER", "binary"):
    file = io.BytesIO()
    cur.copy_expert(f"COPY (SELECT * FROM every ORDER BY n) TO STDOUT WITH (FORMAT {form})", file)
    check(cur.rowcount, len(ROWS))
    file.seek(0)
    cur.execute("CREATE TABLE again AS SELECT * FROM every LIMIT 0")
    cur.copy_expert(f"COPY again FROM STDIN WITH (FORMAT {form})", file, size=11)
    check(cur.rowcount, len(ROWS))
    cur.execute("SELECT count(*) FROM (SELECT every::text AS t FROM every EXCEPT SELECT again::text FROM again) d")
    check(cur.fetchone(), (0,))
    cur.execute("DROP TABLE again")

# Failures: the driver's classes; the context names the line; nothing kept; the connection goes on.
for kind, state, data, words in (
    (psycopg2.errors.InvalidTextRepresentation, "22P02", "6\tx\t1\nseven\ty\t1\n", ("line 2", "column a")),
    (psycopg2.errors.BadCopyFileFormat, "22P04", "6\tx\t1\n7\n", ("line 2",)),
):
    error = fails(state, lambda: cur.copy_from(io.StringIO(data), "copied"), *words)
    check(type(error), kind)
    cur.execute("SELECT count(*) FROM copied")
    check(cur.fetchone(), (5,))


class Broken:
    """A file that cannot be read to its end."""

    def __init__(self):
        self.left = 3

    def read(self, size):
        self.left -= 1
        if self.left == 0:
            raise OSError("the disk is gone")
        return "8\tx\t1\n" * 1000


fails("57014", lambda: cur.copy_from(Broken(), "copied"), "COPY")
cur.execute("SELECT count(*) FROM copied")
check(cur.fetchone(), (5,))

# A million rows.
MANY = 1_000_000 if ON_PINTAIL else 100_000
cur.execute("CREATE TABLE many(a bigint, b text)")
cur.copy_from(io.BytesIO(b"".join(b"%d\trow %d\n" % (n, n) for n in range(MANY))), "many")
check(cur.rowcount, MANY)
cur.execute("SELECT count(*), sum(a)::bigint, count(DISTINCT b) FROM many")
check(cur.fetchone(), (MANY, MANY * (MANY - 1) // 2, MANY))
out = io.BytesIO()
cur.copy_to(out, "many")
check(sum(int(line.split(b"\t")[0]) for line in out.getvalue().splitlines()), MANY * (MANY - 1) // 2)

# Named cursors.
conn.autocommit = False
named = conn.cursor("named")
named.itersize = 1000
named.execute("SELECT a, b FROM many WHERE a < %s ORDER BY a", (5000,))
check(named.fetchone(), (0, "row 0"))
check(named.fetchmany(2), [(1, "row 1"), (2, "row 2")])
check(sum(row[0] for row in named), 4999 * 5000 // 2 - 3)
named.close()
named = conn.cursor("named")
named.execute("SELECT a FROM many ORDER BY a")
named.scroll(100)
check(named.fetchone(), (100,))
conn.commit()
try:
    named.fetchone()
    raise AssertionError("a cursor outlived its transaction")
except psycopg2.ProgrammingError as error:
    check(str(error), "named cursor isn't valid anymore")
held = conn.cursor("held", withhold=True)
held.execute("SELECT a FROM many ORDER BY a")
conn.commit()
check(held.fetchmany(3), [(0,), (1,), (2,)])
held.close()
conn.commit()
back = conn.cursor("back", scrollable=True)
if ON_PINTAIL:
    fails("0A000", lambda: back.execute("SELECT a FROM many"))
conn.rollback()
conn.close()
print("ok")
