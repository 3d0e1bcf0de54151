"""Logs in by password, says so, and prints with which SQLSTATE the server ends the session."""

import os
import select
import sys

import psycopg

connection = psycopg.connect(
    host=os.environ["PGHOST"],
    port=os.environ["PGPORT"],
    user="@default",
    password=os.environ["PASSWORD"],
    dbname="md:",
    sslmode="verify-full",
    sslrootcert=os.environ["CA_FILE"],
    autocommit=True,
)
connection.execute("select 1")
print("in", flush=True)
readable, _, _ = select.select([connection.fileno()], [], [], 20)
assert readable, "the session goes on"
try:
    connection.execute("select 1")
except psycopg.OperationalError as error:
    print(error.sqlstate or "57P01" if "administrator command" in str(error) else error, flush=True)
    sys.exit(0)
sys.exit("the session goes on")
