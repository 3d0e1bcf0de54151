"""SQLAlchemy over psycopg2, as the reference's guides have it."""

from common import BEST_STORY, CA_BUNDLE, HOST, PORT, STORIES, TAXI, TAXI_TOTALS, TOKEN, check
from sqlalchemy import create_engine, text

engine = create_engine(
    f"postgresql+psycopg2://postgres:{TOKEN}@{HOST}:{PORT}/my_db",
    connect_args={"sslmode": "verify-full", "sslrootcert": CA_BUNDLE},
)
with engine.connect() as conn:
    check(tuple(conn.execute(text(STORIES)).fetchone()), BEST_STORY)
    taxi = text(TAXI.format(":since", ":until"))
    check(tuple(conn.execute(taxi, {"since": "2022-11-01", "until": "2022-12-01"}).fetchone()), TAXI_TOTALS)
with engine.begin() as conn:
    conn.execute(text("CREATE TABLE sqlalchemy_t(a INTEGER)"))
    check(conn.execute(text("INSERT INTO sqlalchemy_t VALUES (1), (2)")).rowcount, 2)
with engine.connect() as conn:
    check(conn.execute(text("SELECT sum(a) FROM sqlalchemy_t")).scalar(), 3)
print("ok")
