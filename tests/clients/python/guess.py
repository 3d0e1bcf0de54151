"""Wrong passwords one after the other: the account's attempts wait after five, another account's do not, and neither do
those from an address that had it right before."""

import os
import time

import psycopg


def attempt(user, password):
    begun = time.monotonic()
    try:
        psycopg.connect(
            host=os.environ["PGHOST"],
            port=os.environ["PGPORT"],
            user=user,
            password=password,
            dbname="md:",
            sslmode="verify-full",
            sslrootcert=os.environ["CA_FILE"],
        ).close()
        came_in = True
    except psycopg.OperationalError as error:
        assert "password authentication failed" in str(error), error
        came_in = False
    return came_in, time.monotonic() - begun


password = os.environ["PASSWORD"]
for _ in range(5):
    came_in, _ = attempt("@default", "wrong")
    assert not came_in
came_in, seconds = attempt("@default", "wrong")
assert not came_in and seconds > 1.9, seconds
# From here it has never been right, so that the right one waits, and is let in.
came_in, seconds = attempt("@default", password)
assert came_in and seconds > 1.9, seconds
# From now on this address is known.
came_in, seconds = attempt("@default", password)
assert came_in and seconds < 1.9, seconds
came_in, seconds = attempt("@ann", password)
assert came_in and seconds < 1.9, seconds
print("ok")
