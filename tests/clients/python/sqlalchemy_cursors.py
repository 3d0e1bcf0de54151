"""SQLAlchemy's stream_results and yield_per over psycopg2, psycopg and asyncpg: a server-side cursor each."""

import asyncio
import ssl

from common import CA_FILE, DATABASE, HOST, PORT, TOKEN, check
from sqlalchemy import URL, column, create_engine, select, table, text
from sqlalchemy.ext.asyncio import create_async_engine

ROWS = "SELECT n AS n, 'row ' || n AS t FROM generate_series(1, 100000) AS s(n)"
TLS = {"sslmode": "verify-full", "sslrootcert": CA_FILE}


def url(driver):
    return URL.create(f"postgresql+{driver}", "postgres", TOKEN, HOST, PORT, "my_db" if DATABASE == "md:" else DATABASE)


for driver in ("psycopg2", "psycopg"):
    # The psycopg dialect looks for hstore by to_regtype, which Pintail does not have yet, when it connects first.
    options = {"use_native_hstore": False} if driver == "psycopg" else {}
    engine = create_engine(url(driver), connect_args=TLS, **options)
    with engine.connect() as conn:
        result = conn.execution_options(stream_results=True, max_row_buffer=500).execute(text(ROWS))
        check(tuple(result.fetchone()), (1, "row 1"))
        check([row.n for row in result.fetchmany(10)], list(range(2, 12)))
        check(sum(row.n for row in result), 100000 * 100001 // 2 - sum(range(1, 12)))
    with engine.connect() as conn:
        result = conn.execution_options(yield_per=1000).execute(text(ROWS + " WHERE n <= :most"), {"most": 5500})
        sizes = [len(part) for part in result.partitions(1000)]
        check(sizes, [1000] * 5 + [500])
        # Left in the middle; the connection goes on, also after its transaction.
        result = conn.execute(text(ROWS))
        check(result.fetchone().n, 1)
        result.close()
        conn.rollback()
        check(conn.execute(text("SELECT 1")).scalar(), 1)
    with engine.begin() as conn:
        conn.execute(text("CREATE TABLE streamed(n integer, t text)"))
        conn.execute(text("INSERT INTO streamed VALUES (:n, :t)"), [{"n": n, "t": f"row {n}"} for n in range(1000)])
    with engine.connect() as conn:
        streamed = table("streamed", column("n"), column("t"))
        query = select(streamed.c.n, streamed.c.t).where(streamed.c.n >= 500).order_by(streamed.c.n)
        for expected, row in enumerate(conn.execution_options(yield_per=50).execute(query), start=500):
            check(tuple(row), (expected, f"row {expected}"))
    with engine.begin() as conn:
        conn.execute(text("DROP TABLE streamed"))
    engine.dispose()


async def asynchronous():
    engine = create_async_engine(url("asyncpg"), connect_args={"ssl": ssl.create_default_context(cafile=CA_FILE)})
    async with engine.connect() as conn:
        total = 0
        async for row in await conn.stream(text(ROWS)):
            total += row.n
        check(total, 100000 * 100001 // 2)
        check((await conn.execute(text("SELECT 1"))).scalar(), 1)
    await engine.dispose()


asyncio.run(asynchronous())
print("ok")
