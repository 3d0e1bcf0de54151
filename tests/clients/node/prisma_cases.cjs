// Prisma's client with its adapter for node-postgres (its queries are compiled in WebAssembly). What Prisma Migrate would
// write is sent as it stands, since the program of Prisma Migrate is fetched from elsewhere when it is first used.
const { assert, host, port, user, password, database, ssl, UNDO, Impossible, named, fails, undo, run, versionOf } = require("./cases.cjs");
const { PrismaClient, Prisma } = require("@prisma/client");
const { PrismaPg } = require("@prisma/adapter-pg");

const one = (name, work) => named(name, async () => {
  const db = new PrismaClient({ adapter: new PrismaPg({ host, port, user, password, database, ssl, max: 3 }) });
  try {
    await work(db);
  } finally {
    await db.$disconnect();
  }
});
const state = (expected) => (error) => error.meta?.driverAdapterError?.cause?.originalCode === expected || error.meta?.code === expected || `${error.message}`.includes(expected);

one("connect", async (db) => assert.deepStrictEqual(await db.$queryRaw`SELECT 42 AS n`, [{ n: 42 }]));

one("migrations", async (db) => {
  for (const step of [
    `CREATE TABLE "Author" ("id" SERIAL NOT NULL, "name" TEXT NOT NULL, "born" DATE, "more" JSONB, "tags" TEXT[], "made" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP, CONSTRAINT "Author_pkey" PRIMARY KEY ("id"))`,
    `CREATE TABLE "Book" ("id" TEXT NOT NULL, "title" TEXT NOT NULL, "price" DECIMAL(10,2) NOT NULL, "authorId" INTEGER NOT NULL, CONSTRAINT "Book_pkey" PRIMARY KEY ("id"))`,
    `CREATE UNIQUE INDEX "Author_name_key" ON "Author"("name")`,
    `CREATE INDEX "Book_title_idx" ON "Book"("title")`,
  ]) await db.$executeRawUnsafe(step);
});

one("orm", async (db) => {
  const born = new Date("1815-12-10T00:00:00Z");
  const ada = await db.author.create({
    data: { name: "Ada", born, more: { k: [1] }, tags: ["x", "y z"], books: { create: [{ title: "one", price: "1.50" }, { title: "two", price: 2.5 }] } }, include: { books: { orderBy: { title: "asc" } } },
  });
  assert.deepStrictEqual([ada.id, ada.born, ada.more, ada.tags], [1, born, { k: [1] }, ["x", "y z"]]);
  assert.deepStrictEqual(ada.books.map((book) => [book.title, book.price.toFixed(2)]), [["one", "1.50"], ["two", "2.50"]]);
  assert.strictEqual((await db.author.createMany({ data: [{ name: "Bob" }, { name: "Eve" }] })).count, 2);
  const found = await db.author.findMany({ where: { name: { contains: "A", mode: "insensitive" }, books: { some: { price: { gt: 2 } } } }, select: { name: true, _count: { select: { books: true } } } });
  assert.deepStrictEqual(found, [{ name: "Ada", _count: { books: 2 } }]);
  await db.book.updateMany({ where: { title: { in: ["one"] } }, data: { price: { increment: 1 } } });
  assert.strictEqual((await db.book.aggregate({ _sum: { price: true } }))._sum.price.toFixed(2), "5.00");
  assert.strictEqual((await db.author.upsert({ where: { name: "Bob" }, create: { name: "Bob" }, update: { tags: ["new"] } })).tags[0], "new");
  const groups = await db.book.groupBy({ by: ["authorId"], _count: true, _max: { price: true } });
  assert.deepStrictEqual(groups.map((group) => [group._count, group._max.price.toFixed(2)]), [[2, "2.50"]]);
  await db.book.deleteMany({ where: { title: "two" } });
  assert.strictEqual(await db.book.count(), 1);
});

one("parameters", async (db) => {
  const [row] = await db.$queryRaw`SELECT ${7}::int AS a, ${"it's"}::text AS b, ${new Date("2024-02-29T12:30:00Z")}::timestamptz AS c, ${[1, 2]}::int[] AS d, ${null}::text AS e`;
  assert.deepStrictEqual(row, { a: 7, b: "it's", c: new Date("2024-02-29T12:30:00Z"), d: [1, 2], e: null });
  assert.strictEqual((await db.$queryRaw(Prisma.sql`SELECT count(*)::int AS n FROM "Author" WHERE id IN (${Prisma.join([1, 2, 99])})`))[0].n, 2);
});

one("errors", async (db) => {
  await assert.rejects(db.author.create({ data: { name: "Ada" } }), { code: "P2002" });
  await assert.rejects(db.$queryRaw`SELECT * FROM no_such_table`, state("42P01"));
});

one("transactions", async (db) => {
  const before = await db.author.count();
  await db.$transaction([db.author.create({ data: { name: "t1" } }), db.author.create({ data: { name: "t2" } })]);
  await assert.rejects(db.$transaction(async (tx) => { await tx.author.create({ data: { name: "t3" } }); throw new Error("back"); }, { isolationLevel: "RepeatableRead" }), /back/);
  assert.strictEqual(await db.author.count(), before + 2);
});

run(versionOf("@prisma/client"));
