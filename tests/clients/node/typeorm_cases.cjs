// TypeORM: synchronize, repositories, transactions, streams, migrations.
const { assert, host, port, user, password, database, ssl, onPintail, UPSERT, Impossible, named, fails, run, versionOf } = require("./cases.cjs");
require("reflect-metadata");
const { DataSource, EntitySchema, Table } = require("typeorm");

const Author = new EntitySchema({
  name: "ty_author",
  columns: {
    id: { type: Number, primary: true, generated: true }, name: { type: "varchar", length: 50, unique: true }, born: { type: "date", nullable: true },
    more: { type: "jsonb", nullable: true }, tags: { type: "text", array: true, nullable: true }, made: { type: "timestamptz", createDate: true },
  },
  relations: { books: { type: "one-to-many", target: "ty_book", inverseSide: "author" } },
});
const Book = new EntitySchema({
  name: "ty_book",
  columns: { id: { type: "uuid", primary: true, generated: "uuid" }, title: { type: "text" }, price: { type: "numeric", precision: 10, scale: 2 }, kind: { type: "enum", enum: ["a", "b"], default: "a" } },
  relations: { author: { type: "many-to-one", target: "ty_author", inverseSide: "books", joinColumn: true } },
  indices: [{ columns: ["title"] }],
});

const source = (more = {}) => new DataSource({ type: "postgres", host, port, username: user, password, database, ssl, entities: [Author, Book], ...more });
const one = (name, work, more) => named(name, async () => {
  const db = source(more);
  await db.initialize();
  try {
    await work(db);
  } finally {
    await db.destroy();
  }
});

one("connect", async (db) => assert.deepStrictEqual(await db.query("SELECT 42 AS n"), [{ n: 42 }]));

one("synchronize", async (db) => {
  await db.synchronize();
  assert.deepStrictEqual(await db.query("SELECT count(*)::integer AS n FROM ty_author"), [{ n: 0 }]);
});

one("synchronize again", async (db) => {
  if (onPintail) {
    const { upQueries } = await db.driver.createSchemaBuilder().log();
    assert.ok(upQueries.length > 0);
    throw new Impossible("DuckDB keeps neither the length of a varchar nor that JSON was called jsonb: TypeORM takes the columns for others");
  }
  await db.synchronize();
  assert.strictEqual((await db.driver.createSchemaBuilder().log()).upQueries.length, 0);
});

one("orm", async (db) => {
  const authors = db.getRepository("ty_author"), books = db.getRepository("ty_book");
  const ada = await authors.save({ name: "Ada", born: "1815-12-10", more: { k: [1] }, tags: ["x", "y z"] });
  assert.strictEqual(ada.id, 1);
  assert.ok(ada.made instanceof Date);
  await books.save([{ title: "one", price: "1.50", author: ada }, { title: "two", price: "2.50", kind: "b", author: ada }]);
  const found = await authors.findOne({ where: { name: "Ada" }, relations: { books: true }, order: { books: { title: "ASC" } } });
  assert.deepStrictEqual([found.born, found.more, found.tags], ["1815-12-10", { k: [1] }, ["x", "y z"]]);
  assert.deepStrictEqual(found.books.map((book) => [book.title, book.price, book.kind]), [["one", "1.50", "a"], ["two", "2.50", "b"]]);
  await books.update({ title: "one" }, { price: "9.00" });
  assert.strictEqual(await books.countBy({ kind: "b" }), 1);
  const [rows, total] = await books.findAndCount({ take: 1, order: { title: "ASC" } });
  assert.deepStrictEqual([rows.length, rows[0].price, total], [1, "9.00", 2]);
});

one("upsert", async (db) => {
  const authors = db.getRepository("ty_author");
  const upsert = () => authors.upsert({ name: "Ada", born: "1815-12-11" }, ["name"]);
  if (onPintail) {
    await fails("23503", upsert);
    throw new Impossible(UPSERT);
  }
  await upsert();
  assert.strictEqual((await authors.findOneBy({ name: "Ada" })).born, "1815-12-11");
});

one("transactions", async (db) => {
  await db.query("CREATE TABLE ty_transactions(a integer)");
  await db.transaction(async (tx) => { await tx.query("INSERT INTO ty_transactions VALUES (1)"); });
  await assert.rejects(db.transaction("REPEATABLE READ", async (tx) => { await tx.query("INSERT INTO ty_transactions VALUES (2)"); throw new Error("back"); }), /back/);
  await db.transaction(async (tx) => { await tx.transaction(async (inner) => { await inner.query("INSERT INTO ty_transactions VALUES (3)"); }); });
  assert.deepStrictEqual(await db.query("SELECT a FROM ty_transactions ORDER BY a"), [{ a: 1 }, { a: 3 }]);
});

one("cursors", async (db) => {
  await db.query("CREATE TABLE ty_many(a integer)");
  await db.query("INSERT INTO ty_many SELECT g FROM generate_series(1, 1000) AS s(g)");
  const runner = db.createQueryRunner();
  let sum = 0;
  for await (const row of await runner.stream("SELECT a FROM ty_many")) sum += row.a;
  await runner.release();
  assert.strictEqual(sum, 500500);
});

one("errors", async (db) => { await fails("42P01", () => db.query("SELECT * FROM no_such_table")); });

class First1700000000000 {
  async up(runner) {
    await runner.createTable(new Table({ name: "ty_migrated", columns: [{ name: "id", type: "int", isPrimary: true, isGenerated: true, generationStrategy: "increment" }, { name: "name", type: "varchar", isNullable: true }] }), true);
  }
  async down(runner) { await runner.dropTable("ty_migrated"); }
}

one("migrations", async (db) => {
  assert.strictEqual((await db.runMigrations({ transaction: "all" })).length, 1);
  assert.strictEqual((await db.runMigrations()).length, 0);
  assert.strictEqual((await db.query("INSERT INTO ty_migrated(name) VALUES ('x') RETURNING id"))[0].id, 1);
  await db.undoLastMigration();
}, { migrations: [First1700000000000] });

one("metadata", async (db) => {
  await db.query("CREATE TABLE ty_described(a integer PRIMARY KEY, b text NOT NULL, c numeric(8,2) DEFAULT 1.5)");
  const runner = db.createQueryRunner();
  const table = await runner.getTable("ty_described");
  await runner.release();
  assert.deepStrictEqual(table.columns.map((c) => [c.name, c.type, c.isNullable, c.isPrimary]), [["a", "integer", false, true], ["b", "text", false, false], ["c", "numeric", true, false]]);
});

run(versionOf("typeorm"));
