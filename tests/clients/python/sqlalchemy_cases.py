"""SQLAlchemy 2: the Core, the ORM, reflection. Argument: the driver (psycopg, psycopg2, asyncpg, pg8000)."""

import asyncio
import datetime
import decimal
import ssl
import sys

import sqlalchemy
from cases import CA_FILE, DATABASE, HOST, ON_PINTAIL, PASSWORD, PORT, UNDO, USER, Impossible, case, check, fails, run, undo
from sqlalchemy import (
    BigInteger, Boolean, CheckConstraint, Column, Date, DateTime, Float, ForeignKey, Index, Integer, MetaData, Numeric,
    String, Table, Text, UniqueConstraint, create_engine, func, inspect, insert, select, text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

DRIVER = sys.argv[1]
URL = sqlalchemy.URL.create(f"postgresql+{DRIVER}", USER, PASSWORD, HOST, PORT, DATABASE)
TLS = {
    "psycopg": {"sslmode": "verify-full", "sslrootcert": CA_FILE},
    "psycopg2": {"sslmode": "verify-full", "sslrootcert": CA_FILE},
    "asyncpg": {"ssl": ssl.create_default_context(cafile=CA_FILE)},
    "pg8000": {"ssl_context": ssl.create_default_context(cafile=CA_FILE)},
}[DRIVER]


def engine(**options):
    return create_engine(URL, connect_args=TLS, **options)


if DRIVER == "asyncpg":
    from sqlalchemy.ext.asyncio import create_async_engine

    def on_connection(work):
        async def whole():
            made = create_async_engine(URL, connect_args=TLS)
            async with made.connect() as conn:
                await conn.run_sync(work)
            await made.dispose()

        return lambda: asyncio.run(whole())
else:

    def on_connection(work):
        def whole():
            made = engine()
            with made.connect() as conn:
                work(conn)
            made.dispose()

        return whole


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "sa_author"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50), unique=True)
    born: Mapped[datetime.date | None]
    books: Mapped[list["Book"]] = relationship(back_populates="author")


class Book(Base):
    __tablename__ = "sa_book"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    price: Mapped[decimal.Decimal] = mapped_column(Numeric(10, 2))
    added: Mapped[datetime.datetime] = mapped_column(server_default=func.now())
    author_id: Mapped[int] = mapped_column(ForeignKey("sa_author.id"))
    author: Mapped[Author] = relationship(back_populates="books")


@case("connect")
@on_connection
def _(conn):
    check(conn.execute(text("SELECT 42")).scalar(), 42)
    assert conn.dialect.server_version_info >= (15,), conn.dialect.server_version_info
    check(conn.dialect.default_schema_name, "public")


@case("types")
@on_connection
def _(conn):
    meta = MetaData()
    things = Table(
        "sa_types", meta, Column("i", Integer), Column("l", BigInteger), Column("f", Float), Column("n", Numeric(10, 3)),
        Column("t", Text), Column("b", Boolean), Column("d", Date), Column("w", DateTime), Column("z", DateTime(timezone=True)),
        Column("j", sqlalchemy.JSON), Column("a", sqlalchemy.ARRAY(Integer)), Column("u", sqlalchemy.Uuid), Column("y", sqlalchemy.LargeBinary),
    )
    meta.create_all(conn)
    import uuid

    row = {
        "i": 1, "l": 2**40, "f": 1.5, "n": decimal.Decimal("12.345"), "t": "tëxt", "b": True, "d": datetime.date(2024, 2, 29),
        "w": datetime.datetime(2024, 2, 29, 12, 30), "z": datetime.datetime(2024, 2, 29, 12, 30, tzinfo=datetime.timezone.utc),
        "j": {"a": [1, None]}, "a": [1, 2], "u": uuid.UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"), "y": b"\x00\xff",
    }
    conn.execute(insert(things), [row, {key: None for key in row}])
    check(dict(conn.execute(select(things).where(things.c.i == 1)).mappings().one()), row)
    check(conn.execute(select(func.count()).where(things.c.t.is_(None))).scalar(), 1)


@case("parameters")
@on_connection
def _(conn):
    found = conn.execute(text("SELECT CAST(:a AS integer) + 1, CAST(:b AS text)"), {"a": 1, "b": "x"}).one()
    check(tuple(found), (2, "x"))
    numbers = func.generate_series(1, 10).column_valued("g")
    check(conn.execute(select(numbers)).scalars().all(), list(range(1, 11)))
    meta = MetaData()
    t = Table("sa_parameters", meta, Column("a", Integer, primary_key=True), Column("b", String))
    meta.create_all(conn)
    conn.execute(insert(t), [{"a": n, "b": f"row {n}"} for n in range(20)])
    check(conn.execute(select(t.c.a).where(t.c.a.in_([1, 2, 30])).order_by(t.c.a)).scalars().all(), [1, 2])
    check(conn.execute(select(func.count()).select_from(t).where(t.c.b.ilike("%ROW 1%"))).scalar(), 11)
    check(conn.execute(t.update().where(t.c.a == 3).values(b="new").returning(t.c.b)).scalar(), "new")


@case("errors")
@on_connection
def _(conn):
    for state, statement in [("42P01", "SELECT * FROM no_such_table"), ("42601", "SELEC 1"), ("22P02", "SELECT 'x'::integer")]:
        fails(state, lambda statement=statement: conn.execute(text(statement)))
        conn.rollback()
    conn.execute(text("CREATE TABLE sa_errors(a integer PRIMARY KEY)"))
    conn.execute(text("INSERT INTO sa_errors VALUES (1)"))
    try:
        conn.execute(text("INSERT INTO sa_errors VALUES (1)"))
        raise AssertionError("no error")
    except sqlalchemy.exc.IntegrityError:
        pass
    conn.rollback()


@case("transactions")
@on_connection
def _(conn):
    conn.execute(text("CREATE TABLE sa_transactions(a integer)"))
    conn.commit()
    with conn.begin():
        conn.execute(text("INSERT INTO sa_transactions VALUES (1)"))
    conn.execute(text("INSERT INTO sa_transactions VALUES (2)"))
    conn.rollback()
    check(conn.execute(text("SELECT sum(a)::int FROM sa_transactions")).scalar(), 1)
    conn.rollback()
    conn.execution_options(isolation_level="REPEATABLE READ")
    check(conn.get_isolation_level(), "REPEATABLE READ")
    conn.execution_options(isolation_level="AUTOCOMMIT")
    conn.execute(text("INSERT INTO sa_transactions VALUES (3)"))
    check(conn.execute(text("SELECT count(*) FROM sa_transactions")).scalar(), 2)


@case("savepoints")
@on_connection
def _(conn):
    conn.execute(text("CREATE TABLE sa_savepoints(a integer)"))
    with conn.begin_nested():
        conn.execute(text("INSERT INTO sa_savepoints VALUES (1)"))
    try:
        with conn.begin_nested():
            conn.execute(text("SELECT * FROM no_such_table"))
    except sqlalchemy.exc.ProgrammingError:
        pass
    conn.commit()
    check(conn.execute(text("SELECT count(*) FROM sa_savepoints")).scalar(), 1)


@case("savepoint undo")
@on_connection
def _(conn):
    conn.execute(text("CREATE TABLE sa_undone(a integer)"))
    conn.commit()
    nested = conn.begin_nested()
    conn.execute(text("INSERT INTO sa_undone VALUES (1)"))
    works = undo(nested.rollback)
    conn.rollback()
    check(conn.execute(text("SELECT count(*) FROM sa_undone")).scalar(), 0)
    if not works:
        raise Impossible(UNDO)


@case("cursors")
@on_connection
def _(conn):
    result = conn.execution_options(stream_results=True, max_row_buffer=50).execute(text("SELECT g FROM generate_series(1, 1000) AS s(g)"))
    check(sum(row.g for row in result), 500500)


@case("orm")
@on_connection
def _(conn):
    Base.metadata.create_all(conn)
    conn.commit()
    with Session(bind=conn) as session:
        ada = Author(name="Ada", born=datetime.date(1815, 12, 10), books=[Book(title=f"b{n}", price=decimal.Decimal(n)) for n in range(3)])
        session.add_all([ada, Author(name="Bob")])
        session.flush()
        assert ada.id and all(book.author_id == ada.id for book in ada.books)
        session.commit()
        assert isinstance(ada.books[0].added, datetime.datetime)
        ada.books[0].title = "changed"
        session.commit()
        found = session.execute(select(Book.title, Author.name).join(Author).order_by(Book.price)).all()
        check([tuple(row) for row in found], [("changed", "Ada"), ("b1", "Ada"), ("b2", "Ada")])
        session.delete(session.scalars(select(Book).where(Book.title == "b2")).one())
        session.commit()
        check(session.scalar(select(func.sum(Book.price))), decimal.Decimal("1.00"))
        # A second create_all finds everything there.
    Base.metadata.create_all(conn)
    Base.metadata.drop_all(conn)
    conn.commit()
    check([n for n in inspect(conn).get_table_names() if n in ("sa_author", "sa_book")], [])


@case("metadata")
@on_connection
def _(conn):
    meta = MetaData()
    parent = Table("sa_parent", meta, Column("id", Integer, primary_key=True, autoincrement=False), Column("name", String, nullable=False, comment="said"), UniqueConstraint("name", name="sa_parent_name"))
    Table(
        "sa_child", meta, Column("id", Integer, primary_key=True, autoincrement=False), Column("parent_id", Integer, ForeignKey("sa_parent.id")),
        Column("price", Numeric(8, 2), server_default="1.5"), Column("at_", DateTime), CheckConstraint("price > 0", name="sa_price"), comment="children",
    )
    meta.create_all(conn)
    conn.execute(text("CREATE INDEX sa_child_at ON sa_child(at_)"))
    conn.execute(text("CREATE VIEW sa_view AS SELECT id, name FROM sa_parent"))
    conn.commit()
    seen = inspect(conn)
    assert {"sa_parent", "sa_child"} <= set(seen.get_table_names()), seen.get_table_names()
    assert "sa_view" in seen.get_view_names()
    assert "public" in seen.get_schema_names(), seen.get_schema_names()
    check(seen.has_table("sa_child"), True)
    check(seen.has_table("sa_none"), False)
    columns = {c["name"]: c for c in seen.get_columns("sa_child")}
    check(list(columns), ["id", "parent_id", "price", "at_"])
    check([str(c["type"]) for c in columns.values()], ["INTEGER", "INTEGER", "NUMERIC(8, 2)", "TIMESTAMP"])
    check([c["nullable"] for c in columns.values()], [False, True, True, True])
    assert "1.5" in columns["price"]["default"], columns["price"]
    check(seen.get_pk_constraint("sa_child")["constrained_columns"], ["id"])
    key = seen.get_foreign_keys("sa_child")[0]
    check((key["constrained_columns"], key["referred_table"], key["referred_columns"]), (["parent_id"], "sa_parent", ["id"]))
    check([u["column_names"] for u in seen.get_unique_constraints("sa_parent")], [["name"]])
    check([i["column_names"] for i in seen.get_indexes("sa_child") if not i["unique"]], [["at_"]])
    check(len(seen.get_check_constraints("sa_child")), 1)
    check(seen.get_table_comment("sa_child")["text"], "children")
    check({c["name"]: c["comment"] for c in seen.get_columns("sa_parent")}, {"id": None, "name": "said"})
    assert "sa_parent" in seen.get_view_definition("sa_view")
    check(seen.get_enums(), [])
    reflected = MetaData()
    reflected.reflect(conn, only=["sa_child", "sa_parent"], views=True)
    check(reflected.tables["sa_child"].c.parent_id.references(reflected.tables["sa_parent"].c.id), True)
    check(len(seen.get_multi_columns(filter_names=["sa_child", "sa_parent"])), 2)


if DRIVER != "asyncpg":

    @case("pool")
    def _():
        made = engine(pool_size=2, pool_pre_ping=True)
        for n in range(8):
            with made.connect() as conn:
                check(conn.execute(select(n)).scalar(), n)
        check(made.pool.checkedout(), 0)
        made.dispose()

    @case("pandas")
    def _():
        import pandas

        made = engine()
        frame = pandas.DataFrame({
            "i": [1, 2, 3], "f": [1.5, None, 3.0], "t": ["x", None, "z"],
            "w": pandas.to_datetime(["2024-02-29 12:30", None, "2024-01-01 00:00"]), "b": [True, False, True],
        })
        frame.to_sql("sa_frame", made, index=False, if_exists="replace")
        frame.to_sql("sa_frame", made, index=False, if_exists="append", method="multi")
        frame.to_sql("sa_frame", made, index=False, if_exists="replace")
        back = pandas.read_sql_table("sa_frame", made)
        check(list(back.columns), ["i", "f", "t", "w", "b"])
        check(back["i"].tolist(), [1, 2, 3])
        check(back["w"].dt.year.tolist()[::2], [2024.0, 2024.0])
        check(back["t"].isna().tolist(), [False, True, False])
        counted = pandas.read_sql_query("SELECT count(*) AS n, sum(i)::int AS s FROM sa_frame", made)
        check(counted.iloc[0].tolist(), [3, 6])
        chunks = list(pandas.read_sql("SELECT * FROM sa_frame ORDER BY i", made, chunksize=2))
        check([len(c) for c in chunks], [2, 1])
        made.dispose()


run(sqlalchemy.__version__)
