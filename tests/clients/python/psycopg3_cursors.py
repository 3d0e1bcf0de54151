"""psycopg 3's server-side cursors: named, in pieces, WITH HOLD, binary, SCROLL; and what is left after failures."""

import psycopg
from common import CA_FILE, DATABASE, HOST, ON_PINTAIL, PORT, TOKEN, check, fails

conn = psycopg.connect(
    host=HOST, port=PORT, dbname=DATABASE, user="postgres", password=TOKEN, sslmode="verify-full", sslrootcert=CA_FILE
)
conn.execute("CREATE TABLE walked AS SELECT n::integer AS n, 'row ' || n AS t FROM generate_series(1, 10000) AS s(n)")
conn.commit()
WALK = "SELECT n, t FROM walked WHERE n > %s ORDER BY n"

for binary in (False, True):
    # All the ways to fetch.
    with conn.cursor("walk", binary=binary) as cur:
        cur.execute(WALK, (0,))
        check([column.name for column in cur.description], ["n", "t"])
        check([column.type_code for column in cur.description], [23, 25])
        check(cur.fetchone(), (1, "row 1"))
        check(cur.fetchmany(3), [(n, f"row {n}") for n in (2, 3, 4)])
        cur.itersize = 7
        for row, expected in zip(cur, range(5, 50)):
            check(row, (expected, f"row {expected}"))
        rest = cur.fetchall()
        check(rest[-1], (10000, "row 10000"))
        check(cur.fetchone(), None)
        check(cur.fetchmany(5), [])
    # MOVE, as scroll() sends it.
    with conn.cursor("walk", binary=binary) as cur:
        cur.execute(WALK, (100,))
        cur.scroll(10)
        check(cur.fetchone()[0], 111)
    # Closed with its block; the same name anew; two interleaved.
    with conn.cursor("one") as one, conn.cursor("two") as two:
        one.execute(WALK, (0,))
        two.execute(WALK, (5000,))
        for n in range(1, 100):
            check((one.fetchone()[0], two.fetchone()[0]), (n, n + 5000))
        # Other statements meanwhile.
        check(conn.execute("SELECT count(*) FROM walked").fetchone(), (10000,))
    fails("34000", lambda: conn.execute("FETCH 1 FROM one"), '"one"')
    conn.rollback()

# A cursor ends with its transaction.
cur = conn.cursor("brief")
cur.execute(WALK, (0,))
check(cur.fetchone()[0], 1)
conn.commit()
fails("34000", lambda: cur.fetchone(), '"brief"')
conn.rollback()

# WITH HOLD outlives it, keeps what it saw, and is found in pg_cursors (which Pintail does not have yet).
held = conn.cursor("held", withhold=True)
held.execute(WALK, (0,))
check(held.fetchone()[0], 1)
conn.commit()
conn.execute("DELETE FROM walked WHERE n % 2 = 0")
conn.commit()
check([row[0] for row in held.fetchmany(5)], [2, 3, 4, 5, 6])
if not ON_PINTAIL:
    check(conn.execute("SELECT name, is_holdable, is_binary FROM pg_cursors").fetchall(), [("held", True, False)])
check(len(held.fetchall()), 9994)
held.close()
fails("34000", lambda: conn.execute("FETCH 1 FROM held"))
conn.rollback()
held = conn.cursor("held", withhold=True)
held.execute(WALK, (0,))
conn.rollback()
fails("34000", lambda: held.fetchone())
conn.rollback()

# Outside a block only WITH HOLD can be declared.
conn.autocommit = True
fails("25P01", lambda: conn.cursor("none").execute(WALK, (0,)), "DECLARE CURSOR can only be used in transaction blocks")
with conn.cursor("held", withhold=True) as cur:
    cur.execute(WALK, (9990,))
    check([row[0] for row in cur], [9991, 9993, 9995, 9997, 9999])
conn.autocommit = False

# Backward: only with SCROLL, which Pintail refuses where it is declared; NO SCROLL says where it fails.
with conn.cursor("back", scrollable=False) as cur:
    cur.execute(WALK, (0,))
    cur.fetchmany(10)
    fails("55000", lambda: cur.scroll(-5), "cursor can only scan forward")
    conn.rollback()
scroll = conn.cursor("back", scrollable=True)
if ON_PINTAIL:
    fails("0A000", lambda: scroll.execute(WALK, (0,)))
    conn.rollback()
    check(conn.execute("SELECT 1").fetchone(), (1,))
else:
    scroll.execute(WALK, (0,))
    scroll.close()
conn.rollback()

# Errors: of the query, when it is declared; of a row, when it is fetched; the name twice.
fails("42P01", lambda: conn.cursor("wrong").execute("SELECT * FROM no_such_table"))
conn.rollback()
cur = conn.cursor("late")
cur.execute("SELECT CAST(CASE WHEN n = 900001 THEN 'wrong' ELSE n::text END AS integer) FROM generate_series(1, 1000000) AS s(n)")
check(len(cur.fetchmany(100)), 100)
fails("22P02", lambda: cur.fetchall())
fails("25P02", lambda: conn.execute("SELECT 1"))
conn.rollback()
conn.cursor("twice").execute(WALK, (0,))
fails("42P03", lambda: conn.cursor("twice").execute(WALK, (0,)), '"twice"')
conn.rollback()

# A million rows in pieces of ten thousand.
with conn.cursor("million") as cur:
    cur.itersize = 10_000
    cur.execute("SELECT n, 'row ' || n FROM generate_series(0, 999999) AS s(n)")
    check(sum(row[0] for row in cur), 499999500000)
conn.close()
print("ok")
