// Sequelize 6: models, sync, queries, its query interface.
const { assert, host, port, user, password, database, ssl, onPintail, UPSERT, Impossible, named, fails, run, versionOf } = require("./cases.cjs");
const { Sequelize, DataTypes, Op } = require("sequelize");

const one = (name, work) => named(name, async () => {
  const db = new Sequelize({ dialect: "postgres", host, port, username: user, password, database, logging: false, dialectOptions: { ssl }, pool: { max: 3 } });
  try {
    await work(db);
  } finally {
    await db.close();
  }
});

const models = (db) => {
  const Author = db.define("sq_author", { name: { type: DataTypes.STRING(50), unique: true, allowNull: false }, born: DataTypes.DATEONLY, more: DataTypes.JSONB, tags: DataTypes.ARRAY(DataTypes.TEXT) });
  const Book = db.define("sq_book", { title: DataTypes.TEXT, price: DataTypes.DECIMAL(10, 2) }, { indexes: [{ fields: ["title"] }] });
  Author.hasMany(Book, { as: "books" });
  Book.belongsTo(Author);
  return { Author, Book };
};

one("connect", async (db) => {
  await db.authenticate();
  assert.match(await db.databaseVersion(), /^1[5-9]/);
});

one("orm", async (db) => {
  const { Author, Book } = models(db);
  await db.sync();
  await db.sync();
  const ada = await Author.create({ name: "Ada", born: "1815-12-10", more: { k: [1] }, tags: ["x", "y z"], books: [{ title: "one", price: 1.5 }, { title: "two", price: 2.5 }] }, { include: "books" });
  assert.strictEqual(ada.id, 1);
  const found = await Author.findOne({ where: { name: { [Op.iLike]: "ad%" } }, include: "books", order: [["books", "title", "ASC"]] });
  assert.deepStrictEqual([found.born, found.more, found.tags], ["1815-12-10", { k: [1] }, ["x", "y z"]]);
  assert.deepStrictEqual(found.books.map((book) => [book.title, book.price]), [["one", "1.50"], ["two", "2.50"]]);
  assert.strictEqual((await Book.update({ price: 9 }, { where: { title: "one" } }))[0], 1);
  await Book.bulkCreate([{ title: "three", price: 3 }, { title: "four", price: 4 }]);
  assert.strictEqual(await Book.sum("price").then(Number), 18.5);
  assert.strictEqual((await Book.findAndCountAll({ limit: 2 })).count, 4);
  const [, created] = await Author.findOrCreate({ where: { name: "Ada" } });
  assert.strictEqual(created, false);
});

one("upsert", async (db) => {
  const { Author } = models(db);
  if (onPintail) {
    await fails("23503", () => Author.upsert({ id: 1, name: "Ada", born: "1815-12-11" }));
    throw new Impossible(UPSERT);
  }
  const [row] = await Author.upsert({ id: 1, name: "Ada", born: "1815-12-11" });
  assert.strictEqual(row.born, "1815-12-11");
});

one("transactions", async (db) => {
  await db.query("CREATE TABLE sq_transactions(a integer)");
  await db.transaction(async (transaction) => { await db.query("INSERT INTO sq_transactions VALUES (1)", { transaction }); });
  await assert.rejects(db.transaction({ isolationLevel: Sequelize.Transaction.ISOLATION_LEVELS.REPEATABLE_READ }, async (transaction) => {
    await db.query("INSERT INTO sq_transactions VALUES (2)", { transaction });
    throw new Error("back");
  }), /back/);
  assert.deepStrictEqual((await db.query("SELECT a FROM sq_transactions"))[0], [{ a: 1 }]);
});

one("savepoints", async (db) => {
  await db.query("CREATE TABLE sq_savepoints(a integer)");
  await db.transaction(async (transaction) => {
    const inner = await db.transaction({ transaction });
    await db.query("INSERT INTO sq_savepoints VALUES (1)", { transaction: inner });
    await inner.commit();
  });
  assert.strictEqual((await db.query("SELECT * FROM sq_savepoints"))[0].length, 1);
});

one("errors", async (db) => {
  await fails("42P01", () => db.query("SELECT * FROM no_such_table"));
  const { Author } = models(db);
  await assert.rejects(Author.create({ name: "Ada" }), Sequelize.UniqueConstraintError);
});

one("parameters", async (db) => {
  const rows = await db.query("SELECT $a::int AS a, $b::text AS b", { bind: { a: 7, b: "it's" }, type: "SELECT" });
  assert.deepStrictEqual(rows, [{ a: 7, b: "it's" }]);
  assert.deepStrictEqual(await db.query("SELECT :a AS a", { replacements: { a: "it's \\" }, type: "SELECT" }), [{ a: "it's \\" }]);
});

one("metadata", async (db) => {
  await db.query("CREATE TABLE sq_described(a integer PRIMARY KEY, b text NOT NULL, c numeric(8,2) DEFAULT 1.5)");
  const about = db.getQueryInterface();
  const names = (await about.showAllTables()).map((t) => t.tableName ?? t);
  assert.ok(names.includes("sq_described"), `${names}`);
  const columns = await about.describeTable("sq_described");
  assert.deepStrictEqual(Object.entries(columns).map(([n, c]) => [n, c.type, c.allowNull, c.primaryKey]), [["a", "INTEGER", false, true], ["b", "TEXT", false, false], ["c", "NUMERIC", true, false]]);
  await about.addColumn("sq_described", "d", { type: DataTypes.INTEGER });
  await about.addIndex("sq_described", ["d"], { name: "sq_described_d" });
  const indexes = await about.showIndex("sq_described");
  assert.ok(indexes.some((index) => index.name === "sq_described_d" && index.fields[0].attribute === "d"), JSON.stringify(indexes));
});

run(versionOf("sequelize"));
