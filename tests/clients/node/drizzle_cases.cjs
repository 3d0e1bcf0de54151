// Drizzle: its query builder over node-postgres and postgres.js, its migrator.
const { assert, host, port, user, password, database, ssl, named, fails, run, versionOf } = require("./cases.cjs");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const pg = require("pg");
const { drizzle } = require("drizzle-orm/node-postgres");
const { migrate } = require("drizzle-orm/node-postgres/migrator");
const { pgTable, integer, serial, text, timestamp, numeric, jsonb, boolean } = require("drizzle-orm/pg-core");
const { eq, sql, inArray, relations } = require("drizzle-orm");

const authors = pgTable("dz_author", { id: serial("id").primaryKey(), name: text("name").notNull(), born: timestamp("born"), more: jsonb("more") });
const books = pgTable("dz_book", { id: integer("id").primaryKey(), price: numeric("price", { precision: 10, scale: 2 }), sold: boolean("sold").default(false), authorId: integer("author_id").references(() => authors.id) });
const authorBooks = relations(authors, ({ many }) => ({ books: many(books) }));
const bookAuthor = relations(books, ({ one }) => ({ author: one(authors, { fields: [books.authorId], references: [authors.id] }) }));

const one = (name, work) => named(name, async () => {
  const pool = new pg.Pool({ host, port, user, password, database, ssl, max: 3 });
  try {
    await work(drizzle(pool, { schema: { authors, books, authorBooks, bookAuthor } }));
  } finally {
    await pool.end();
  }
});

one("connect", async (db) => assert.deepStrictEqual((await db.execute(sql`SELECT 42 AS n`)).rows, [{ n: 42 }]));

one("migrations", async (db) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "drizzle-"));
  fs.mkdirSync(`${folder}/meta`);
  fs.writeFileSync(`${folder}/meta/_journal.json`, JSON.stringify({ version: "7", dialect: "postgresql", entries: [{ idx: 0, version: "7", when: 1, tag: "0000_first", breakpoints: true }] }));
  fs.writeFileSync(`${folder}/0000_first.sql`, `CREATE TABLE "dz_author" ("id" serial PRIMARY KEY NOT NULL, "name" text NOT NULL, "born" timestamp, "more" jsonb);
--> statement-breakpoint
CREATE TABLE "dz_book" ("id" integer PRIMARY KEY NOT NULL, "price" numeric(10, 2), "sold" boolean DEFAULT false, "author_id" integer REFERENCES "dz_author"("id"));
`);
  await migrate(db, { migrationsFolder: folder });
  await migrate(db, { migrationsFolder: folder });
  const { rows } = await db.execute(sql`SELECT count(*)::int AS n FROM drizzle.__drizzle_migrations`);
  assert.deepStrictEqual(rows, [{ n: 1 }]);
  fs.rmSync(folder, { recursive: true });
});

one("orm", async (db) => {
  const born = new Date("2024-02-29T12:30:00Z");
  const [ada] = await db.insert(authors).values({ name: "Ada", born, more: { k: [1] } }).returning();
  assert.deepStrictEqual(ada, { id: 1, name: "Ada", born, more: { k: [1] } });
  await db.insert(books).values([{ id: 1, price: "1.50", authorId: ada.id }, { id: 2, price: "2.50", authorId: ada.id }]);
  await db.insert(books).values({ id: 1, price: "9.00" }).onConflictDoUpdate({ target: books.id, set: { price: "3.50" } });
  assert.deepStrictEqual(await db.select({ name: authors.name, price: books.price }).from(books).innerJoin(authors, eq(books.authorId, authors.id)).where(inArray(books.id, [1, 2])).orderBy(books.id), [{ name: "Ada", price: "3.50" }, { name: "Ada", price: "2.50" }]);
  await db.update(books).set({ sold: true }).where(eq(books.id, 2));
  assert.strictEqual(await db.$count(books, eq(books.sold, true)), 1);
  const found = await db.query.authors.findMany({ with: { books: { columns: { id: true, price: true }, orderBy: books.id } } });
  // Through JSON, where PostgreSQL keeps 3.50 and DuckDB 3.5.
  assert.deepStrictEqual(found[0].books.map((book) => ({ ...book, price: Number(book.price) })), [{ id: 1, price: 3.5 }, { id: 2, price: 2.5 }]);
});

one("transactions", async (db) => {
  await db.execute(sql`CREATE TABLE dz_transactions(a integer)`);
  await db.transaction(async (tx) => {
    await tx.execute(sql`INSERT INTO dz_transactions VALUES (1)`);
    await tx.transaction(async (inner) => { await inner.execute(sql`INSERT INTO dz_transactions VALUES (2)`); });
  });
  await assert.rejects(db.transaction(async (tx) => { await tx.execute(sql`INSERT INTO dz_transactions VALUES (3)`); tx.rollback(); }));
  assert.strictEqual((await db.execute(sql`SELECT * FROM dz_transactions`)).rowCount, 2);
});

one("errors", async (db) => { await fails("42P01", () => db.execute(sql`SELECT * FROM no_such_table`)); });

run(versionOf("drizzle-orm"));
