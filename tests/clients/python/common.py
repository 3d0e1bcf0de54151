"""What the Python clients share: where the server is, and the reference's queries with the values expected."""

import os

HOST = os.environ["PGHOST"]
PORT = int(os.environ["PGPORT"])
TOKEN = os.environ["MOTHERDUCK_TOKEN"]
CA_FILE = os.environ["CA_FILE"]
CA_BUNDLE = os.environ["CA_BUNDLE"]

STORIES = "SELECT title, score FROM sample_data.hn.hacker_news WHERE type = 'story' ORDER BY score DESC LIMIT 5"
BEST_STORY = ("How We Scaled E-Ink Displays, Part 2", 2188)
TAXI = (
    "SELECT sum(passenger_count)::INTEGER AS total_passengers, round(sum(fare_amount), 2) AS total_fare "
    "FROM sample_data.nyc.taxi WHERE tpep_pickup_datetime >= {} AND tpep_pickup_datetime < {}"
)
TAXI_TOTALS = (244618, 2259560.2)
MILLION = "SELECT range AS a, 'row ' || range AS b FROM range(1000000)"
MILLION_SUM = 499999500000


def check(found, expected):
    assert found == expected, f"expected {expected!r}, got {found!r}"


# What the scripts that also run against PostgreSQL (the oracle) need besides.
DATABASE = os.environ.get("PGDATABASE", "md:")
ON_PINTAIL = os.environ.get("SERVER", "pintail") == "pintail"


def fails(state, work, *words):
    """Runs `work`, which must fail with this SQLSTATE and these words somewhere in what the server said."""
    try:
        work()
    except Exception as error:
        found = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
        said = f"{error} {getattr(getattr(error, 'diag', None), 'context', '')} {getattr(error, 'context', '')}"
        assert found == state, f"expected {state}, got {found}: {type(error).__name__}: {error}"
        for word in words:
            assert word in said, f"{word!r} is not in {said!r}"
        return error
    raise AssertionError(f"no error; expected {state}")
