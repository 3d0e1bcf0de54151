"""libpq's pipeline mode by psycopg: ten thousand statements in one pipeline, errors among them, however Syncs are strewn."""

from collections import deque
from functools import partial

import psycopg
from common import CA_FILE, DATABASE, HOST, PORT, TOKEN, check
from psycopg import generators, pq, waiting

COUNT = 10_000
OK, TUPLES, FAILED, ABORTED, SYNC = (
    pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK, pq.ExecStatus.FATAL_ERROR,
    pq.ExecStatus.PIPELINE_ABORTED, pq.ExecStatus.PIPELINE_SYNC,
)
conn = psycopg.connect(
    host=HOST, port=PORT, dbname=DATABASE, user="postgres", password=TOKEN, sslmode="verify-full", sslrootcert=CA_FILE,
    autocommit=True,
)
conn.execute("CREATE TABLE piped(a integer PRIMARY KEY, b text)")
pgconn = conn.pgconn


def run(commands):
    """Sends everything as fast as the socket takes it while answers are read; the answers, one list a command."""
    pgconn.enter_pipeline_mode()
    answers, queue = [], deque(commands)
    while len(answers) < len(commands):
        got = waiting.wait(generators.pipeline_communicate(pgconn, queue), pgconn.socket)
        for results in got:
            # Statements come as a list of results, Syncs as one result.
            answers.append(results[0] if isinstance(results, list) else results)
    pgconn.exit_pipeline_mode()
    return answers


def statement(sql, *values):
    return partial(pgconn.send_query_params, sql.encode(), [str(value).encode() for value in values])


def wrong(n):
    """Every 97th statement fails, each kind of failure in its turn: when it is parsed, bound, executed."""
    kind = n // 97 % 4
    return [
        ("42P01", statement("SELECT * FROM no_such_table")),
        ("22P02", statement("SELECT $1::integer", "x")),
        ("23505", statement("INSERT INTO piped VALUES ($1::integer, $2)", -1, "twice")),
        ("22P02", statement("SELECT cast($1::text AS integer)", f"no number {n}")),
    ][kind]


for every in (1, 10, 1000, COUNT):
    conn.execute("DELETE FROM piped")
    conn.execute("INSERT INTO piped VALUES (-1, 'there')")
    commands, expected, kept, pending, aborted = [], [], {-1: "there"}, {}, False
    for n in range(COUNT):
        if n % 97 == 96:
            code, command = wrong(n)
            commands.append(command)
            expected.append((ABORTED, None) if aborted else (FAILED, code))
            aborted = True
        elif n % 3 == 0:
            commands.append(statement("INSERT INTO piped VALUES ($1::integer, $2)", n, f"row {n}"))
            expected.append((ABORTED, None) if aborted else (OK, b"INSERT 0 1"))
            pending[n] = f"row {n}"
        else:
            commands.append(statement("SELECT $1::integer + 1, $2::text", n, f"ü{n}"))
            expected.append((ABORTED, None) if aborted else (TUPLES, (b"%d" % (n + 1), f"ü{n}".encode())))
        if (n + 1) % every == 0:
            commands.append(pgconn.pipeline_sync)
            expected.append((SYNC, None))
            # What stands between two Syncs is one transaction.
            if not aborted:
                kept.update(pending)
            pending, aborted = {}, False
    answers = run(commands)
    check(len(answers), len(expected))
    for at, (answer, (status, detail)) in enumerate(zip(answers, expected)):
        found = None
        if answer.status == FAILED:
            found = answer.error_field(pq.DiagnosticField.SQLSTATE).decode()
        elif answer.status == OK:
            found = answer.command_status
        elif answer.status == TUPLES:
            found = (answer.get_value(0, 0), answer.get_value(0, 1))
        assert (answer.status, found) == (status, detail), f"Sync every {every}, answer {at}: {answer.status!r} {found!r} instead of {status!r} {detail!r}"
    check(pgconn.transaction_status, pq.TransactionStatus.IDLE)
    check(dict(conn.execute("SELECT a, b FROM piped").fetchall()), kept)

# A transaction across Syncs: it fails as a whole, and what follows its end is run.
conn.execute("DELETE FROM piped")
answers = run(
    [statement("BEGIN"), statement("INSERT INTO piped VALUES (1, 'x')"), pgconn.pipeline_sync]
    + [statement("SELECT 1 / a FROM (VALUES (CAST($1 AS integer))) v(a) WHERE a::text::date IS NULL", 1), statement("SELECT 1"), pgconn.pipeline_sync]
    + [statement("SELECT 2"), pgconn.pipeline_sync, statement("ROLLBACK"), pgconn.pipeline_sync]
    + [statement("INSERT INTO piped VALUES (2, 'y')"), pgconn.pipeline_sync]
)
check([answer.status for answer in answers], [OK, OK, SYNC, FAILED, ABORTED, SYNC, FAILED, SYNC, OK, SYNC, OK, SYNC])
check(answers[6].error_field(pq.DiagnosticField.SQLSTATE), b"25P02")
check(conn.execute("SELECT a, b FROM piped").fetchall(), [(2, "y")])

# Large answers amid small ones, and a named statement used by those after it.
prepared = [partial(pgconn.send_prepare, b"wide", b"SELECT n, repeat('x', 1000) FROM generate_series(1, $1::integer) AS s(n)")]
answers = run(prepared + [partial(pgconn.send_query_prepared, b"wide", [b"%d" % n]) for n in range(300)] + [pgconn.pipeline_sync])
check((answers[0].status, answers[0].error_message), (OK, b""))
check([answer.ntuples for answer in answers[1:-1]], list(range(300)))
check({len(answer.get_value(answer.ntuples - 1, 1)) for answer in answers[2:-1]}, {1000})

# The same through psycopg's own block: executemany, and an error that is raised where it is asked for.
with conn.pipeline() as pipeline:
    cursors = [conn.execute("SELECT %s::integer", (n,)) for n in range(COUNT)]
check(sum(cursor.fetchone()[0] for cursor in cursors), COUNT * (COUNT - 1) // 2)
cur = conn.cursor()
cur.executemany("INSERT INTO piped VALUES (%s, %s)", [(n, f"many {n}") for n in range(10, 1010)])
check(cur.rowcount, 1000)
try:
    with conn.transaction():
        cur.executemany("INSERT INTO piped VALUES (%s, %s)", [(n, "again") for n in range(2000, 999, -1)])
    raise AssertionError("no error")
except psycopg.errors.UniqueViolation as error:
    check(error.sqlstate, "23505")
check(conn.execute("SELECT count(*) FROM piped").fetchone(), (1001,))
conn.close()
print("ok")
