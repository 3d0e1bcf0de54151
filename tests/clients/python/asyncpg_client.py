"""asyncpg: binary protocol throughout, its own TLS (Python's), prepared statements, COPY."""

import asyncio
import datetime
import ssl

import asyncpg
from common import BEST_STORY, CA_FILE, HOST, MILLION, MILLION_SUM, PORT, STORIES, TAXI, TAXI_TOTALS, TOKEN, check


async def main():
    context = ssl.create_default_context(cafile=CA_FILE)
    conn = await asyncpg.connect(host=HOST, port=PORT, database="md:", user="postgres", password=TOKEN, ssl=context)
    check(tuple((await conn.fetch(STORIES))[0]), BEST_STORY)
    dates = (datetime.datetime(2022, 11, 1), datetime.datetime(2022, 12, 1))
    check(tuple(await conn.fetchrow(TAXI.format("$1", "$2"), *dates)), TAXI_TOTALS)
    check(await conn.fetchval("SELECT $1::int + 1", 41), 42)

    check(await conn.execute("CREATE TABLE asyncpg_t(a INTEGER, b VARCHAR)"), "CREATE TABLE")
    check(await conn.execute("INSERT INTO asyncpg_t VALUES ($1, $2)", 1, "x"), "INSERT 0 1")
    async with conn.transaction():
        await conn.execute("DELETE FROM asyncpg_t")
        check(conn.is_in_transaction(), True)
    try:
        async with conn.transaction():
            await conn.execute("INSERT INTO asyncpg_t VALUES (2, 'y')")
            await conn.execute("SELECT * FROM asyncpg_no_such_table")
        raise AssertionError("no error")
    except asyncpg.UndefinedTableError:
        pass
    check(await conn.fetchval("SELECT count(*) FROM asyncpg_t"), 0)

    check(sum(row["a"] for row in await conn.fetch(MILLION)), MILLION_SUM)
    total = 0
    async with conn.transaction():
        async for row in conn.cursor(MILLION, prefetch=50000):
            total += row["a"]
    check(total, MILLION_SUM)

    # Cancel: a timeout on the client's side sends a CancelRequest.
    try:
        await conn.fetch("SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE (a.range * b.range) % 7 = 3", timeout=0.5)
        raise AssertionError("no timeout")
    except asyncio.TimeoutError:
        pass
    check(await conn.fetchval("SELECT 1"), 1)
    await conn.close()

    pool = await asyncpg.create_pool(
        host=HOST, port=PORT, database="sample_data", user="postgres", password=TOKEN, ssl=context, min_size=1, max_size=4
    )
    counts = await asyncio.gather(*(pool.fetchval("SELECT count(*) FROM nyc.taxi") for _ in range(12)))
    check(counts, [99000] * 12)
    await pool.close()


asyncio.run(main())
print("ok")
