// postgres.js.
const { assert, host, port, user, password, database, ssl, UNDO, Impossible, named, fails, undo, run, versionOf } = require("./cases.cjs");
const { pipeline } = require("node:stream/promises");
const { Readable } = require("node:stream");
const postgres = require("postgres");

const connect = (more = {}) => postgres({ host, port, user, pass: password, database, ssl, max: 1, onnotice: () => {}, ...more });
const one = (name, work) => named(name, async () => {
  const sql = connect();
  try {
    await work(sql);
  } finally {
    await sql.end({ timeout: 2 });
  }
});

one("connect", async (sql) => assert.deepStrictEqual([...(await sql`SELECT 42 AS n`)], [{ n: 42 }]));

one("types", async (sql) => {
  for (const [text, expected] of [
    ["true", true], ["1::smallint", 1], ["9223372036854775807::bigint", "9223372036854775807"], ["1.5::real", 1.5],
    ["12.340::numeric(10,3)", "12.340"], ["'tëxt'::text", "tëxt"], ["NULL::integer", null],
    ["'2024-02-29 12:30:00+00'::timestamptz", new Date("2024-02-29T12:30:00Z")], [`'{"a": [1, null]}'::json`, { a: [1, null] }],
    ["ARRAY[1,2]::integer[]", [1, 2]], ["ARRAY['a b','c,d']::text[]", ["a b", "c,d"]],
  ]) assert.deepStrictEqual((await sql.unsafe(`SELECT ${text} AS v`))[0].v, expected, text);
});

one("parameters", async (sql) => {
  await sql`CREATE TABLE pj_t(a integer, b text, c timestamptz, d integer[], e jsonb, f boolean)`;
  const rows = [
    { a: 1, b: "it's", c: new Date("2024-02-29T12:30:00Z"), d: [1, 2], e: { k: [1] }, f: true },
    { a: 2, b: null, c: null, d: [], e: null, f: false },
  ];
  await sql`INSERT INTO pj_t ${sql(rows)}`;
  assert.deepStrictEqual([...(await sql`SELECT * FROM pj_t ORDER BY a`)], rows);
  assert.strictEqual((await sql`SELECT a FROM pj_t WHERE a IN ${sql([1, 2, 3])}`).count, 2);
  assert.strictEqual((await sql`SELECT a FROM pj_t WHERE a = ANY(${[1, 7]})`).count, 1);
  assert.strictEqual((await sql`UPDATE pj_t SET ${sql({ b: "new" }, "b")} WHERE a = ${2} RETURNING b`)[0].b, "new");
});

one("errors", async (sql) => {
  await fails("42P01", () => sql`SELECT * FROM no_such_table`);
  await fails("42601", () => sql`SELEC 1`);
  await fails("22P02", () => sql`SELECT 'x'::integer`);
  await sql`CREATE TABLE pj_errors(a integer PRIMARY KEY)`;
  await sql`INSERT INTO pj_errors VALUES (1)`;
  await fails("23505", () => sql`INSERT INTO pj_errors VALUES (${1})`);
});

one("transactions", async (sql) => {
  await sql`CREATE TABLE pj_transactions(a integer)`;
  await sql.begin(async (tx) => { await tx`INSERT INTO pj_transactions VALUES (1)`; });
  await assert.rejects(sql.begin("isolation level repeatable read", async (tx) => {
    await tx`INSERT INTO pj_transactions VALUES (2)`;
    throw new Error("back");
  }), /back/);
  assert.deepStrictEqual([...(await sql`SELECT * FROM pj_transactions`)], [{ a: 1 }]);
});

one("savepoints", async (sql) => {
  await sql`CREATE TABLE pj_savepoints(a integer)`;
  await sql.begin(async (tx) => {
    await tx.savepoint(async (inner) => { await inner`INSERT INTO pj_savepoints VALUES (1)`; });
    await tx.savepoint(async (inner) => { await inner`SELECT * FROM no_such_table`; }).catch((error) => assert.strictEqual(error.code, "42P01"));
  });
  assert.strictEqual((await sql`SELECT * FROM pj_savepoints`).count, 1);
});

one("savepoint undo", async (sql) => {
  await sql`CREATE TABLE pj_undone(a integer)`;
  let works;
  await sql.begin(async (tx) => {
    await tx`SAVEPOINT a`;
    await tx`INSERT INTO pj_undone VALUES (1)`;
    works = await undo(() => tx`ROLLBACK TO SAVEPOINT a`);
  }).catch((error) => { if (works !== false) throw error; });
  assert.strictEqual((await sql`SELECT * FROM pj_undone`).count, 0);
  if (!works) throw new Impossible(UNDO);
});

one("cursors", async (sql) => {
  let sum = 0;
  for await (const rows of sql`SELECT g::int AS g FROM generate_series(1, 1000) AS s(g)`.cursor(70)) for (const row of rows) sum += row.g;
  assert.strictEqual(sum, 500500);
  let each = 0;
  await sql`SELECT g FROM generate_series(1, 100) AS s(g)`.forEach(() => { each++; });
  assert.strictEqual(each, 100);
});

one("copy", async (sql) => {
  await sql`CREATE TABLE pj_copied(a integer, b text)`;
  await pipeline(Readable.from(["1\tone\n2\ttwo\n"]), await sql`COPY pj_copied FROM STDIN`.writable());
  const parts = [];
  for await (const part of await sql`COPY (SELECT * FROM pj_copied ORDER BY a) TO STDOUT`.readable()) parts.push(part);
  assert.strictEqual(Buffer.concat(parts).toString(), "1\tone\n2\ttwo\n");
});

one("batch", async (sql) => {
  const answers = await Promise.all(Array.from({ length: 200 }, (_, n) => sql`SELECT ${n}::int AS n`));
  assert.deepStrictEqual(answers.map((answer) => answer[0].n), Array.from({ length: 200 }, (_, n) => n));
  const many = await sql`SELECT 1 AS a; SELECT 2 AS a`.simple();
  assert.deepStrictEqual(many.map((answer) => answer[0].a), [1, 2]);
});

one("metadata", async (sql) => {
  await sql`CREATE TABLE pj_described(a integer, b bigint[])`;
  const statement = await sql`SELECT * FROM pj_described WHERE a = ${1}`.describe();
  assert.deepStrictEqual(statement.types, [23]);
  assert.deepStrictEqual(statement.columns.map((column) => [column.name, column.type]), [["a", 23], ["b", 1016]]);
});

named("pool", async () => {
  const sql = connect({ max: 4, idle_timeout: 1 });
  const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => sql`SELECT ${n}::int AS n`));
  assert.strictEqual(answers.length, 20);
  const reserved = await sql.reserve();
  await reserved`SET statement_timeout = 1000`;
  reserved.release();
  await sql.end();
});

run(versionOf("postgres"));
