"""A row's worth of every type that both servers have, edges included: what the COPY clients send and must get back."""

import datetime
import decimal
import uuid

UTC = datetime.timezone.utc
# Name, type in SQL, type for binary COPY.
COLUMNS = [
    ("n", "integer", "int4"),
    ("flag", "boolean", "bool"),
    ("small", "smallint", "int2"),
    ("big", "bigint", "int8"),
    ("single", "real", "float4"),
    ("twice", "double precision", "float8"),
    ("exact", "numeric(38,10)", "numeric"),
    ("words", "text", "text"),
    ("short", "varchar(20)", "varchar"),
    ("bytes", "bytea", "bytea"),
    ("day", "date", "date"),
    ("clock", "time", "time"),
    ("moment", "timestamp", "timestamp"),
    ("instant", "timestamptz", "timestamptz"),
    ("span", "interval", "interval"),
    ("id", "uuid", "uuid"),
    ("numbers", "integer[]", "int4[]"),
    ("list", "text[]", "text[]"),
]
DEFINITION = ", ".join(f"{name} {kind}" for name, kind, _ in COLUMNS)
BINARY_TYPES = [binary for _, _, binary in COLUMNS]

ROWS = [
    (
        1, True, -32768, -(2**63), 1.5, 5e-324, decimal.Decimal("-1234567890123456789012345678.0123456789"), "", "",
        b"", datetime.date(1, 1, 1), datetime.time(0, 0), datetime.datetime(1, 1, 1), datetime.datetime(1970, 1, 1, tzinfo=UTC),
        datetime.timedelta(0), uuid.UUID(int=0), [], [],
    ),
    (
        2, False, 32767, 2**63 - 1, float("-inf"), 1.7976931348623157e308, decimal.Decimal("0E-10"),
        "tab\there, line\nthere, return\rtoo, \\back\\slash, \\N, \\., \"quoted\", 'single', comma, \x01\x7f",
        "Grüße, Ünïcödé 🦆", bytes(range(256)), datetime.date(9999, 12, 31), datetime.time(23, 59, 59, 999999),
        datetime.datetime(9999, 12, 31, 23, 59, 59, 999999), datetime.datetime(2024, 2, 29, 12, 30, 0, 1, tzinfo=UTC),
        datetime.timedelta(days=-3, seconds=5, microseconds=6), uuid.UUID(int=2**128 - 1),
        [1, None, -(2**31), 2**31 - 1], ["", "NULL", None, "a,b", "{c}", 'd"e', "f\\g", " h ", "ï🦆"],
    ),
    (3,) + (None,) * (len(COLUMNS) - 1),
    (
        4, True, 0, 0, -0.0, -0.0, decimal.Decimal("12.3400000000"), "\\.", "NULL", b"\\x00\x00",
        datetime.date(2000, 1, 1), datetime.time(12, 0, 0, 100), datetime.datetime(1999, 12, 31, 23, 59, 59, 999999),
        datetime.datetime(1883, 11, 18, 0, 0, 1, tzinfo=UTC), datetime.timedelta(days=40, hours=23),
        uuid.UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"), [None], [None],
    ),
    (
        5, False, 1, 2**53 + 1, float("nan"), float("nan"), decimal.Decimal("9999999999999999999999999999.9999999999"),
        "x" * 100_000 + "ü" * 1000, "12345678901234567890", b"\xff" * 100_000, datetime.date(1600, 2, 29), datetime.time(1, 2, 3),
        datetime.datetime(1600, 2, 29, 1, 2, 3), datetime.datetime(2300, 1, 1, 23, 59, 59, 999999, tzinfo=UTC),
        datetime.timedelta(days=3650000), uuid.UUID(int=1), list(range(1000)), ["y" * 10_000] * 3,
    ),
]


def text_line(row):
    """The row as COPY's text format has it."""
    return "\t".join(cell(value) for value in row) + "\n"


def cell(value):
    if value is None:
        return "\\N"
    if isinstance(value, list):
        text = "{" + ",".join("NULL" if item is None else element(item) for item in value) + "}"
    elif isinstance(value, bytes):
        text = f"\\x{value.hex()}"
    elif isinstance(value, datetime.timedelta):
        text = f"{value.days} days {value.seconds} seconds {value.microseconds} microseconds"
    else:
        text = str(value)
    for character, escape in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r")):
        text = text.replace(character, escape)
    return text


def element(item):
    if isinstance(item, int):
        return str(item)
    return '"' + item.replace("\\", "\\\\").replace('"', '\\"') + '"'


def same(found, expected):
    """Compares rows so that NaN equals itself and -0.0 does not equal 0.0."""
    found, expected = [tuple(row) for row in found], [tuple(row) for row in expected]
    assert len(found) == len(expected), f"{len(found)} rows instead of {len(expected)}"
    for one, other in zip(found, expected):
        for column, left, right in zip(COLUMNS, one, other):
            assert repr(left) == repr(right), f"row {other[0]}, {column[0]}: {left!r:.200} instead of {right!r:.200}"
