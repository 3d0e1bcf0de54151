"""What the scripts of the matrix share: named cases, each with a connection of its own, and one printed line for each:
`case<TAB>ok|failed|impossible<TAB>reason`. The first line is the client's version."""

import decimal
import datetime
import os
import traceback
import uuid

HOST = os.environ["PGHOST"]
PORT = int(os.environ["PGPORT"])
USER = os.environ["PGUSER"]
PASSWORD = os.environ["PGPASSWORD"]
DATABASE = os.environ["PGDATABASE"]
CA_FILE = os.environ["CA_FILE"]
ON_PINTAIL = os.environ["SERVER"] == "pintail"
URI = f"postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{DATABASE}?sslmode=verify-full&sslrootcert={CA_FILE}"

UNDO = "ROLLBACK TO after something was written: DuckDB has no savepoints"

CASES = []


class Impossible(Exception):
    """The case was looked at, and the server answered as its documentation says."""


def case(name):
    def add(work):
        CASES.append((name, work))
        return work

    return add


def check(found, expected):
    assert found == expected, f"expected {expected!r}, got {found!r}"


def state_of(error):
    """The SQLSTATE of a driver's error, wherever it keeps it."""
    for link in (error, getattr(error, "orig", None), error.__cause__, error.__context__):
        for name in ("sqlstate", "pgcode"):
            if getattr(link, name, None):
                return getattr(link, name)
        first = link.args[0] if link is not None and getattr(link, "args", None) else None
        if isinstance(first, dict) and "C" in first:
            return first["C"]
    return None


def fails(state, work):
    try:
        work()
    except Exception as error:
        check(state_of(error), state)
        return error
    raise AssertionError(f"no error; expected {state}")


def undo(work):
    """Runs a ROLLBACK TO that has something to undo. `True` where it works; Pintail must say 0A000."""
    if not ON_PINTAIL:
        work()
        return True
    error = fails("0A000", work)
    assert "savepoint" in str(error), error
    return False


def run(version):
    print(f"version\t{version}")
    for name, work in CASES:
        try:
            work()
            print(f"{name}\tok\t", flush=True)
        except Impossible as reason:
            print(f"{name}\timpossible\t{reason}", flush=True)
        except BaseException as error:
            if os.environ.get("CASES_TRACE"):
                traceback.print_exc()
            said = " ".join(f"{type(error).__name__}: {error}".split())
            print(f"{name}\tfailed\t{said[:600]}", flush=True)


# What SQL gives, and what Python makes of it.
UTC = datetime.timezone.utc
VALUES = [
    ("true", True),
    ("1::smallint", 1),
    ("(-2147483648)::integer", -(2**31)),
    ("9223372036854775807::bigint", 2**63 - 1),
    ("1.5::real", 1.5),
    ("1e300::double precision", 1e300),
    ("12.340::numeric(10,3)", decimal.Decimal("12.340")),
    ("'tëxt'::text", "tëxt"),
    ("'v'::varchar", "v"),
    (r"'\x00ff'::bytea" if not ON_PINTAIL else r"'\x00\xff'::bytea", b"\x00\xff"),
    ("'2024-02-29'::date", datetime.date(2024, 2, 29)),
    ("'12:30:15.5'::time", datetime.time(12, 30, 15, 500000)),
    ("'2024-02-29 12:30:00.25'::timestamp", datetime.datetime(2024, 2, 29, 12, 30, 0, 250000)),
    ("'2024-02-29 12:30:00+00'::timestamptz", datetime.datetime(2024, 2, 29, 12, 30, tzinfo=UTC)),
    ("interval '1 day 5 seconds'", datetime.timedelta(days=1, seconds=5)),
    ("'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid", uuid.UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")),
    ("NULL::integer", None),
]
ARRAYS = [
    ("ARRAY[1,2,NULL]::integer[]", [1, 2, None]),
    ("ARRAY['a b','c,d']::text[]", ["a b", "c,d"]),
    ("ARRAY[]::integer[]", []),
]
JSON = [("""'{"a": [1, null]}'::json""", {"a": [1, None]})]
