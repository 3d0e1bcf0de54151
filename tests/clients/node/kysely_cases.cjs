// Kysely: queries, transactions, introspection, migrations.
const { assert, host, port, user, password, database, ssl, named, fails, run, versionOf } = require("./cases.cjs");
const pg = require("pg");
const Cursor = require("pg-cursor");
const { Kysely, PostgresDialect, Migrator, sql } = require("kysely");

const one = (name, work) => named(name, async () => {
  const db = new Kysely({ dialect: new PostgresDialect({ pool: new pg.Pool({ host, port, user, password, database, ssl, max: 3 }), cursor: Cursor }) });
  try {
    await work(db);
  } finally {
    await db.destroy();
  }
});

one("connect", async (db) => assert.deepStrictEqual((await sql`SELECT 42 AS n`.execute(db)).rows, [{ n: 42 }]));

one("parameters", async (db) => {
  await db.schema.createTable("ky_t").addColumn("a", "integer", (c) => c.primaryKey()).addColumn("b", "varchar(50)").addColumn("c", "timestamptz").execute();
  const when = new Date("2024-02-29T12:30:00Z");
  const inserted = await db.insertInto("ky_t").values([{ a: 1, b: "x", c: when }, { a: 2, b: null, c: null }]).returningAll().execute();
  assert.deepStrictEqual(inserted, [{ a: 1, b: "x", c: when }, { a: 2, b: null, c: null }]);
  assert.deepStrictEqual(await db.selectFrom("ky_t").select(["a", "c"]).where("a", "in", [1, 7]).execute(), [{ a: 1, c: when }]);
  await db.insertInto("ky_t").values({ a: 1, b: "y" }).onConflict((c) => c.column("a").doUpdateSet({ b: "y" })).execute();
  assert.strictEqual((await db.updateTable("ky_t").set({ b: "z" }).where("a", "=", 1).executeTakeFirst()).numUpdatedRows, 1n);
  assert.deepStrictEqual(await db.selectFrom("ky_t").select((e) => e.fn.countAll().as("n")).execute(), [{ n: "2" }]);
});

one("errors", async (db) => {
  await fails("42P01", () => db.selectFrom("no_such_table").selectAll().execute());
});

one("transactions", async (db) => {
  await db.schema.createTable("ky_transactions").addColumn("a", "integer").execute();
  await db.transaction().execute((tx) => tx.insertInto("ky_transactions").values({ a: 1 }).execute());
  await assert.rejects(db.transaction().setIsolationLevel("repeatable read").execute(async (tx) => {
    await tx.insertInto("ky_transactions").values({ a: 2 }).execute();
    throw new Error("back");
  }), /back/);
  assert.deepStrictEqual(await db.selectFrom("ky_transactions").selectAll().execute(), [{ a: 1 }]);
});

one("savepoints", async (db) => {
  await db.schema.createTable("ky_savepoints").addColumn("a", "integer").execute();
  const tx = await db.startTransaction().execute();
  const inner = await tx.savepoint("one").execute();
  await inner.insertInto("ky_savepoints").values({ a: 1 }).execute();
  await inner.releaseSavepoint("one").execute();
  await tx.commit().execute();
  assert.deepStrictEqual(await db.selectFrom("ky_savepoints").selectAll().execute(), [{ a: 1 }]);
});

one("cursors", async (db) => {
  let sum = 0;
  for await (const row of sql`SELECT g FROM generate_series(1, 1000) AS s(g)`.compile(db) && db.selectFrom(sql`generate_series(1, 1000)`.as("s")).select(sql`count(*)`.as("n")).stream(10)) sum += Number(row.n);
  assert.strictEqual(sum, 1000);
});

one("migrations", async (db) => {
  const migrations = {
    "1_authors": {
      up: (d) => d.schema.createTable("ky_author").addColumn("id", "serial", (c) => c.primaryKey()).addColumn("name", "text", (c) => c.notNull().unique()).execute(),
      down: (d) => d.schema.dropTable("ky_author").execute(),
    },
    "2_books": {
      up: (d) => d.schema.createTable("ky_book").addColumn("id", "bigint", (c) => c.primaryKey().generatedAlwaysAsIdentity()).addColumn("author_id", "integer", (c) => c.references("ky_author.id")).execute(),
      down: (d) => d.schema.dropTable("ky_book").execute(),
    },
  };
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const up = await migrator.migrateToLatest();
  if (up.error) throw up.error;
  assert.deepStrictEqual(up.results.map((r) => r.status), ["Success", "Success"]);
  const { id } = await db.insertInto("ky_author").values({ name: "Ada" }).returning("id").executeTakeFirst();
  assert.strictEqual(id, 1);
  assert.strictEqual((await db.insertInto("ky_book").values({ author_id: id }).returning("id").executeTakeFirst()).id, "1");
  const again = await migrator.migrateToLatest();
  if (again.error) throw again.error;
  assert.deepStrictEqual(again.results, []);
  await db.deleteFrom("ky_book").execute();
  const down = await migrator.migrateDown();
  if (down.error) throw down.error;
});

one("metadata", async (db) => {
  await db.schema.createTable("ky_described").addColumn("a", "integer", (c) => c.notNull()).addColumn("b", "text", (c) => c.defaultTo("x")).execute();
  await db.schema.createView("ky_view").as(db.selectFrom("ky_described").select("a")).execute();
  const schemas = (await db.introspection.getSchemas()).map((s) => s.name);
  assert.ok(schemas.includes("public"), `${schemas}`);
  const tables = await db.introspection.getTables();
  const table = tables.find((t) => t.name === "ky_described");
  assert.deepStrictEqual([table.schema, table.isView], ["public", false]);
  assert.deepStrictEqual(table.columns.map((c) => [c.name, c.dataType, c.isNullable, c.hasDefaultValue]), [["a", "int4", false, false], ["b", "text", true, true]]);
  assert.strictEqual(tables.find((t) => t.name === "ky_view").isView, true);
});

run(versionOf("kysely"));
