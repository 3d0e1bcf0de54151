// Knex: queries, transactions, its schema builder and its migrations.
const { assert, host, port, user, password, database, ssl, UNDO, Impossible, named, fails, undo, run, versionOf } = require("./cases.cjs");
const knex = require("knex");

const one = (name, work) => named(name, async () => {
  const db = knex({ client: "pg", connection: { host, port, user, password, database, ssl }, pool: { min: 0, max: 3 } });
  try {
    await work(db);
  } finally {
    await db.destroy();
  }
});

one("connect", async (db) => assert.deepStrictEqual((await db.raw("SELECT 42 AS n")).rows, [{ n: 42 }]));

one("parameters", async (db) => {
  await db.schema.createTable("kx_t", (t) => { t.integer("a").primary(); t.string("b", 50); t.decimal("c", 10, 2); t.timestamp("d"); t.json("e"); t.boolean("f").defaultTo(true); });
  const when = new Date("2024-02-29T12:30:00Z");
  assert.deepStrictEqual(await db("kx_t").insert([{ a: 1, b: "x", c: 3.5, d: when, e: { k: [1] } }, { a: 2, b: null }]).returning("a"), [{ a: 1 }, { a: 2 }]);
  assert.deepStrictEqual(await db("kx_t").where("a", 1).first(), { a: 1, b: "x", c: "3.50", d: when, e: { k: [1] }, f: true });
  assert.strictEqual(await db("kx_t").whereIn("a", [1, 2]).update({ b: "new" }), 2);
  assert.deepStrictEqual(await db("kx_t").insert({ a: 1, b: "again" }).onConflict("a").merge().returning("b"), [{ b: "again" }]);
  assert.strictEqual(await db("kx_t").insert({ a: 1 }).onConflict("a").ignore().then((r) => r.rowCount), 0);
  assert.deepStrictEqual(await db("kx_t").count("* as n").max("a as m"), [{ n: "2", m: 2 }]);
});

one("errors", async (db) => {
  await fails("42P01", () => db("no_such_table").select());
  await db.schema.createTable("kx_errors", (t) => t.integer("a").primary());
  await db("kx_errors").insert({ a: 1 });
  await fails("23505", () => db("kx_errors").insert({ a: 1 }));
});

one("transactions", async (db) => {
  await db.schema.createTable("kx_transactions", (t) => t.integer("a"));
  await db.transaction(async (tx) => { await tx("kx_transactions").insert({ a: 1 }); });
  await assert.rejects(db.transaction(async (tx) => { await tx("kx_transactions").insert({ a: 2 }); throw new Error("back"); }), /back/);
  assert.deepStrictEqual(await db("kx_transactions").select("a"), [{ a: 1 }]);
});

one("savepoints", async (db) => {
  await db.schema.createTable("kx_savepoints", (t) => t.integer("a"));
  await db.transaction(async (tx) => {
    await tx.transaction(async (inner) => { await inner("kx_savepoints").insert({ a: 1 }); });
    await assert.rejects(tx.transaction(async (inner) => { await inner("no_such_table").select(); }), { code: "42P01" });
  });
  assert.deepStrictEqual(await db("kx_savepoints").select("a"), [{ a: 1 }]);
});

one("savepoint undo", async (db) => {
  await db.schema.createTable("kx_undone", (t) => t.integer("a"));
  let works;
  await db.transaction(async (tx) => {
    await tx.raw("SAVEPOINT a");
    await tx("kx_undone").insert({ a: 1 });
    works = await undo(() => tx.raw("ROLLBACK TO SAVEPOINT a"));
    throw new Error("back");
  }).catch(() => {});
  if (!works) throw new Impossible(UNDO);
});

one("cursors", async (db) => {
  let sum = 0;
  for await (const row of db.select("g").from(db.raw("generate_series(1, 1000) AS s(g)")).stream()) sum += Number(row.g);
  assert.strictEqual(sum, 500500);
});

one("migrations", async (db) => {
  const steps = {
    getMigrations: async () => ["1_authors", "2_books"],
    getMigrationName: (name) => name,
    getMigration: async (name) => name === "1_authors" ? {
      up: (k) => k.schema.createTable("kx_author", (t) => { t.increments("id"); t.string("name").notNullable().unique(); t.timestamps(true, true); }),
      down: (k) => k.schema.dropTable("kx_author"),
    } : {
      up: (k) => k.schema.createTable("kx_book", (t) => { t.increments("id"); t.integer("author_id").references("id").inTable("kx_author"); t.string("title").index(); }),
      down: (k) => k.schema.dropTable("kx_book"),
    },
  };
  const [batch, names] = await db.migrate.latest({ migrationSource: steps });
  assert.deepStrictEqual([batch, names], [1, ["1_authors", "2_books"]]);
  assert.deepStrictEqual((await db.migrate.latest({ migrationSource: steps }))[1], []);
  const [{ id }] = await db("kx_author").insert({ name: "Ada" }).returning("id");
  assert.strictEqual(id, 1);
  await db("kx_book").insert({ author_id: id, title: "x" });
  assert.deepStrictEqual(await db("kx_book").join("kx_author", "kx_author.id", "kx_book.author_id").select("title", "name"), [{ title: "x", name: "Ada" }]);
  await db("kx_book").delete();
  assert.strictEqual((await db.migrate.rollback({ migrationSource: steps }))[1].length, 2);
  assert.strictEqual(await db.schema.hasTable("kx_author"), false);
});

one("metadata", async (db) => {
  await db.schema.createTable("kx_described", (t) => { t.integer("a").notNullable().defaultTo(3); t.string("b", 50); });
  assert.strictEqual(await db.schema.hasTable("kx_described"), true);
  assert.strictEqual(await db.schema.hasColumn("kx_described", "b"), true);
  assert.strictEqual(await db.schema.hasColumn("kx_described", "z"), false);
  const info = await db("kx_described").columnInfo();
  assert.deepStrictEqual(Object.keys(info), ["a", "b"]);
  assert.deepStrictEqual([info.a.type, info.a.nullable], ["integer", false]);
  await db.schema.alterTable("kx_described", (t) => { t.integer("c"); t.renameColumn("b", "bb"); });
  assert.deepStrictEqual(Object.keys(await db("kx_described").columnInfo()), ["a", "bb", "c"]);
});

run(versionOf("knex"));
