"""Logs in as @default by its password: psycopg 3 (libpq), with and without channel binding, and asyncpg."""

import asyncio
import os
import ssl

import asyncpg
import psycopg

host, port, password = os.environ["PGHOST"], os.environ["PGPORT"], os.environ["PASSWORD"]
common = dict(
    host=host, port=port, user="@default", password=password, dbname="md:", sslmode="verify-full", sslrootcert=os.environ["CA_FILE"]
)

for binding in ["require", "prefer", "disable"]:
    with psycopg.connect(**common, channel_binding=binding, require_auth="scram-sha-256") as connection:
        assert connection.execute("select current_user").fetchone() == ("default",), binding

# A client that wants another way in does not come in.
for refused in ["password", "none", "md5"]:
    try:
        psycopg.connect(**common, require_auth=refused)
    except psycopg.OperationalError as error:
        assert "authentication method requirement" in str(error), error
    else:
        raise AssertionError(refused)

# A token is no password.
try:
    psycopg.connect(**{**common, "password": os.environ["MOTHERDUCK_TOKEN"] + "x"})
except psycopg.OperationalError as error:
    assert "password authentication failed" in str(error), error
else:
    raise AssertionError("a wrong password let in")


async def by_asyncpg():
    context = ssl.create_default_context(cafile=os.environ["CA_FILE"])
    connection = await asyncpg.connect(
        host=host, port=int(port), user="@default", password=password, database="md:", ssl=context
    )
    assert await connection.fetchval("select 1") == 1
    await connection.close()


asyncio.run(by_asyncpg())
print("ok")
