// node-postgres with pg-cursor, pg-query-stream and pg-copy-streams.
const { assert, host, port, user, password, database, ssl, UNDO, Impossible, named, fails, undo, run, versionOf } = require("./cases.cjs");
const { pipeline } = require("node:stream/promises");
const { Readable } = require("node:stream");
const pg = require("pg");
const Cursor = require("pg-cursor");
const QueryStream = require("pg-query-stream");
const { from: copyFrom, to: copyTo } = require("pg-copy-streams");

const options = { host, port, user, password, database, ssl };
async function withClient(work) {
  const client = new pg.Client(options);
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
const one = (name, work) => named(name, () => withClient(work));

one("connect", async (client) => {
  assert.deepStrictEqual((await client.query("SELECT 42 AS n")).rows, [{ n: 42 }]);
});

one("types", async (client) => {
  for (const [text, expected] of [
    ["true", true], ["1::smallint", 1], ["9223372036854775807::bigint", "9223372036854775807"], ["1.5::real", 1.5],
    ["12.340::numeric(10,3)", "12.340"], ["'tëxt'::text", "tëxt"], ["NULL::integer", null],
    ["'2024-02-29 12:30:00+00'::timestamptz", new Date("2024-02-29T12:30:00Z")],
    ["ARRAY[1,2,NULL]::integer[]", [1, 2, null]], ["ARRAY['a b','c,d']::text[]", ["a b", "c,d"]],
    [`'{"a": [1, null]}'::json`, { a: [1, null] }], ["'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"],
    ["'12:30:15.5'::time", "12:30:15.5"],
  ]) {
    assert.deepStrictEqual((await client.query(`SELECT ${text} AS v`)).rows[0].v, expected, text);
    assert.deepStrictEqual((await client.query(`SELECT ${text} AS v`, [])).rows[0].v, expected, text);
  }
  const { rows } = await client.query("SELECT interval '1 day 5 seconds' AS i");
  assert.strictEqual(rows[0].i.days, 1);
  assert.strictEqual(rows[0].i.seconds, 5);
  const binary = await client.query({ text: "SELECT 7::integer AS a, 1.5::float8 AS b, 'x'::text AS c", binary: true });
  assert.deepStrictEqual(binary.rows, [{ a: 7, b: 1.5, c: "x" }]);
});

one("parameters", async (client) => {
  await client.query("CREATE TABLE np_t(a integer PRIMARY KEY, b text, c timestamptz, d text[], e jsonb, f bytea, g numeric(10,2))");
  const when = new Date("2024-02-29T12:30:00Z");
  const row = [1, "it's", when, ["a b", null], { k: [1] }, Buffer.from([0, 255]), "3.50"];
  const inserted = await client.query("INSERT INTO np_t VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING a", row);
  assert.deepStrictEqual([inserted.command, inserted.rowCount, inserted.rows], ["INSERT", 1, [{ a: 1 }]]);
  assert.deepStrictEqual((await client.query({ text: "SELECT * FROM np_t WHERE a = $1", values: [1], rowMode: "array" })).rows, [row]);
  assert.strictEqual((await client.query("SELECT a FROM np_t WHERE a = ANY($1)", [[1, 2]])).rowCount, 1);
  for (let i = 0; i < 3; i++) assert.strictEqual((await client.query({ name: "twice", text: "SELECT $1::int * 2 AS n", values: [21] })).rows[0].n, 42);
});

one("errors", async (client) => {
  await client.query("CREATE TABLE np_errors(a integer PRIMARY KEY, b text)");
  await client.query("INSERT INTO np_errors VALUES (1, 'x')");
  for (const [state, text] of [
    ["42P01", "SELECT * FROM no_such_table"], ["42703", "SELECT no_such_column FROM np_errors"], ["42601", "SELEC 1"],
    ["22P02", "SELECT 'x'::integer"], ["23505", "INSERT INTO np_errors VALUES (1, 'y')"],
  ]) await fails(state, () => client.query(text));
  await fails("23502", () => client.query("INSERT INTO np_errors VALUES ($1, $2)", [null, "y"]));
});

one("transactions", async (client) => {
  await client.query("CREATE TABLE np_transactions(a integer)");
  await client.query("BEGIN; INSERT INTO np_transactions VALUES (1); COMMIT");
  await client.query("BEGIN");
  await client.query("INSERT INTO np_transactions VALUES (2)");
  await fails("42P01", () => client.query("SELECT * FROM no_such_table"));
  await fails("25P02", () => client.query("SELECT 1"));
  await client.query("ROLLBACK");
  assert.deepStrictEqual((await client.query("SELECT a FROM np_transactions")).rows, [{ a: 1 }]);
});

one("savepoints", async (client) => {
  await client.query("CREATE TABLE np_savepoints(a integer)");
  await client.query("BEGIN");
  await client.query("SAVEPOINT a");
  await client.query("INSERT INTO np_savepoints VALUES (1)");
  await client.query("RELEASE SAVEPOINT a");
  await client.query("COMMIT");
  assert.strictEqual((await client.query("SELECT * FROM np_savepoints")).rowCount, 1);
});

one("savepoint undo", async (client) => {
  await client.query("CREATE TABLE np_undone(a integer)");
  await client.query("BEGIN");
  await client.query("SAVEPOINT a");
  await client.query("INSERT INTO np_undone VALUES (1)");
  const works = await undo(() => client.query("ROLLBACK TO SAVEPOINT a"));
  await client.query("ROLLBACK");
  if (!works) throw new Impossible(UNDO);
});

one("cursors", async (client) => {
  const cursor = client.query(new Cursor("SELECT g::int AS g FROM generate_series(1, $1::int) AS s(g)", [1000]));
  assert.deepStrictEqual(await cursor.read(2), [{ g: 1 }, { g: 2 }]);
  assert.strictEqual((await cursor.read(500)).length, 500);
  await cursor.close();
  let sum = 0;
  for await (const row of client.query(new QueryStream("SELECT g::int AS g FROM generate_series(1, 1000) AS s(g)", [], { batchSize: 30 }))) sum += row.g;
  assert.strictEqual(sum, 500500);
});

one("copy", async (client) => {
  await client.query("CREATE TABLE np_copied(a integer, b text)");
  await pipeline(Readable.from(["1\tone\n2\t", "two\n"]), client.query(copyFrom("COPY np_copied FROM STDIN")));
  const parts = [];
  for await (const part of client.query(copyTo("COPY (SELECT * FROM np_copied ORDER BY a) TO STDOUT (FORMAT csv)"))) parts.push(part);
  assert.strictEqual(Buffer.concat(parts).toString(), "1,one\n2,two\n");
});

one("batch", async (client) => {
  const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => client.query("SELECT $1::int AS n", [n])));
  assert.deepStrictEqual(answers.map((answer) => answer.rows[0].n), Array.from({ length: 50 }, (_, n) => n));
  const many = await client.query("SELECT 1 AS a; SELECT 2 AS b; SELECT 3 AS c");
  assert.deepStrictEqual(many.map((answer) => Object.values(answer.rows[0])[0]), [1, 2, 3]);
});

one("metadata", async (client) => {
  await client.query("CREATE TABLE np_described(a integer, b numeric(8,2))");
  const { fields } = await client.query("SELECT * FROM np_described");
  assert.deepStrictEqual(fields.map((field) => [field.name, field.dataTypeID, field.columnID]), [["a", 23, 1], ["b", 1700, 2]]);
  const name = await client.query("SELECT relname FROM pg_class WHERE oid = $1", [fields[0].tableID]);
  assert.deepStrictEqual(name.rows, [{ relname: "np_described" }]);
});

named("pool", async () => {
  const pool = new pg.Pool({ ...options, max: 3 });
  const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => pool.query("SELECT $1::int AS n", [n])));
  assert.deepStrictEqual(answers.map((answer) => answer.rows[0].n), Array.from({ length: 20 }, (_, n) => n));
  await pool.end();
});

one("notifications", async (client) => {
  try {
    await client.query("LISTEN chat");
  } catch (error) {
    assert.strictEqual(error.code, "0A000");
    throw new Impossible("LISTEN and NOTIFY: nobody could be told");
  }
  const heard = new Promise((resolve) => client.once("notification", resolve));
  await client.query("NOTIFY chat, 'hello'");
  assert.strictEqual((await heard).payload, "hello");
});

run(versionOf("pg"));
