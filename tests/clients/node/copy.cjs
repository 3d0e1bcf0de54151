// node-postgres with pg-copy-streams (both ways, back pressure, failures), pg-cursor and pg-query-stream.
// Runs against PostgreSQL as well.
const assert = require("node:assert");
const { Readable, Transform, Writable } = require("node:stream");
const { pipeline } = require("node:stream/promises");
const pg = require("pg");
const { from: copyFrom, to: copyTo } = require("pg-copy-streams");
const Cursor = require("pg-cursor");
const QueryStream = require("pg-query-stream");

const { PGHOST: host, PGPORT: port, MOTHERDUCK_TOKEN: password } = process.env;
const database = process.env.PGDATABASE ?? "md:";

const value = async (client, sql) => Object.values((await client.query(sql)).rows[0])[0];

async function load(client, sql, source) {
  const stream = client.query(copyFrom(sql));
  await pipeline(Readable.from(source), stream);
  return stream.rowCount;
}

async function dump(client, sql) {
  const pieces = [];
  const stream = client.query(copyTo(sql));
  for await (const piece of stream) pieces.push(piece);
  return { data: Buffer.concat(pieces), rows: stream.rowCount };
}

async function copies(client) {
  await client.query("CREATE TABLE copied(a integer, b text, c double precision, d bytea)");
  const lines = "1\tone\t1.5\t\\\\x00ff\n2\t\\N\t-0\t\\N\n3\ttab\\there \\\\ ü🦆\tNaN\t\\\\x\n";
  // In pieces of every size, cut inside characters too.
  const bytes = Buffer.from(lines);
  for (const size of [1, 2, 3, 5, 1000]) {
    await client.query("DELETE FROM copied");
    const pieces = [];
    for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
    assert.strictEqual(await load(client, "COPY copied FROM STDIN", pieces), 3);
    const { data, rows } = await dump(client, "COPY (SELECT * FROM copied ORDER BY a) TO STDOUT");
    assert.strictEqual(data.toString(), lines);
    assert.strictEqual(rows, 3);
  }
  for (const format of ["text", "csv", "csv, HEADER", "binary"]) {
    const { data } = await dump(client, `COPY copied TO STDOUT (FORMAT ${format})`);
    await client.query("CREATE TABLE again AS SELECT * FROM copied LIMIT 0");
    assert.strictEqual(await load(client, `COPY again FROM STDIN (FORMAT ${format})`, [data]), 3);
    assert.strictEqual(await value(client, "SELECT count(*) FROM (SELECT * FROM copied EXCEPT SELECT * FROM again) AS d"), "0");
    await client.query("DROP TABLE again");
  }
  // From table to table over two connections, as a stream: a million rows.
  const other = await connect();
  await client.query("CREATE TABLE million AS SELECT n AS a, 'row ' || n AS b FROM generate_series(0, 999999) AS s(n)");
  await client.query("CREATE TABLE taken(a bigint, b text)");
  const into = other.query(copyFrom("COPY taken FROM STDIN"));
  await pipeline(client.query(copyTo("COPY million TO STDOUT")), into);
  assert.strictEqual(into.rowCount, 1000000);
  assert.deepStrictEqual((await other.query("SELECT count(*), sum(a) AS s, count(DISTINCT b) AS d FROM taken")).rows, [{ count: "1000000", s: "499999500000", d: "1000000" }].map(
    (row) => (process.env.SERVER === "postgres" ? row : { "count_star()": row.count, s: row.s, d: row.d })));
  await other.end();
}

async function failures(client) {
  const count = () => value(client, "SELECT count(*) FROM copied");
  await assert.rejects(load(client, "COPY copied(a, b) FROM STDIN", ["4\tx\nfive\ty\n"]), (error) => {
    assert.strictEqual(error.code, "22P02");
    assert.match(error.where, /COPY copied, line 2, column a: "five"/);
    return true;
  });
  await assert.rejects(load(client, "COPY copied(a, b) FROM STDIN", ["4\tx\n5\n"]), { code: "22P04" });
  await assert.rejects(load(client, "COPY no_such_table FROM STDIN", ["4\n"]), { code: "42P01" });
  await assert.rejects(dump(client, "COPY (SELECT no_such_column FROM copied) TO STDOUT"), { code: "42703" });
  assert.strictEqual(await count(), "3");
  // A source that breaks: CopyFail.
  const broken = (function* () {
    for (let n = 0; n < 10000; n++) yield `${n}\thalf\n`;
    throw new Error("the source is gone");
  })();
  await assert.rejects(load(client, "COPY copied(a, b) FROM STDIN", broken), { message: "the source is gone" });
  assert.strictEqual(await count(), "3");
  await client.query("BEGIN");
  assert.strictEqual(await load(client, "COPY copied(a) FROM STDIN", ["7\n8\n"]), 2);
  assert.strictEqual(await count(), "5");
  await client.query("ROLLBACK");
  assert.strictEqual(await count(), "3");
}

async function cursors(client) {
  const cursor = client.query(new Cursor("SELECT a, b FROM million WHERE a >= $1 ORDER BY a", [10]));
  assert.deepStrictEqual(await cursor.read(2), [{ a: wide(10), b: "row 10" }, { a: wide(11), b: "row 11" }]);
  assert.strictEqual((await cursor.read(1000))[999].b, "row 1011");
  await cursor.close();
  assert.strictEqual(await value(client, "SELECT 1"), 1);
  const stream = client.query(new QueryStream("SELECT a FROM million", [], { batchSize: 5000 }));
  let sum = 0;
  for await (const row of stream) sum += Number(row.a);
  assert.strictEqual(sum, 499999500000);
  // Left in the middle.
  for await (const row of client.query(new QueryStream("SELECT a, b FROM million ORDER BY a"))) {
    assert.strictEqual(row.b, "row 0");
    break;
  }
  assert.strictEqual(await value(client, "SELECT 2"), 2);
  const failing = client.query(new Cursor("SELECT CAST(CASE WHEN a = 900000 THEN 'wrong' ELSE CAST(a AS text) END AS integer) AS n FROM million"));
  assert.strictEqual((await failing.read(10)).length, 10);
  await assert.rejects(failing.read(1000000), { code: "22P02" });
  await failing.close();
  assert.strictEqual(await value(client, "SELECT 3"), 3);
  // Rows through a slow reader: the server waits.
  let seen = 0;
  const slow = new Writable({
    objectMode: true,
    highWaterMark: 10,
    write(row, _, done) {
      seen += 1;
      seen % 1000 ? done() : setTimeout(done, 1);
    },
  });
  await pipeline(client.query(new QueryStream("SELECT a FROM million LIMIT 50000")), new Transform({ objectMode: true, transform(row, _, done) { done(null, row); } }), slow);
  assert.strictEqual(seen, 50000);
}

// generate_series gives integer in PostgreSQL, bigint (a string here) in DuckDB.
const wide = (n) => (process.env.SERVER === "postgres" ? n : String(n));

async function connect() {
  const client = new pg.Client({ host, port: Number(port), user: "postgres", password, database, ssl: { rejectUnauthorized: true } });
  await client.connect();
  return client;
}

async function main() {
  const client = await connect();
  await copies(client);
  await failures(client);
  await cursors(client);
  await client.end();
  console.log("ok");
}

main().catch((error) => { console.error(error); process.exit(1); });
