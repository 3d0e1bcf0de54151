// node-postgres: the reference's config object, a pool, parameters, a transaction, a million rows.
const assert = require("node:assert");
const pg = require("pg");

const { PGHOST: host, PGPORT: port, MOTHERDUCK_TOKEN: token } = process.env;
const stories = "SELECT title, score FROM sample_data.hn.hacker_news WHERE type = 'story' ORDER BY score DESC LIMIT 5";
const taxi =
  "SELECT sum(passenger_count)::INTEGER AS total_passengers, round(sum(fare_amount), 2) AS total_fare FROM nyc.taxi " +
  "WHERE tpep_pickup_datetime >= $1 AND tpep_pickup_datetime < $2";

async function main() {
  const client = new pg.Client({
    host, port: Number(port), user: "postgres", password: token, database: "md:", ssl: { rejectUnauthorized: true },
  });
  await client.connect();
  const best = (await client.query(stories)).rows[0];
  assert.deepStrictEqual(best, { title: "How We Scaled E-Ink Displays, Part 2", score: "2188" });

  await client.query("CREATE TABLE pg_t(a INTEGER, b VARCHAR, c TIMESTAMPTZ, d VARCHAR[])");
  const when = new Date("2024-02-29T12:30:00Z");
  const inserted = await client.query("INSERT INTO pg_t VALUES ($1, $2, $3, $4)", [1, "Ünï", when, ["a b", "c"]]);
  assert.strictEqual(inserted.command, "INSERT");
  assert.strictEqual(inserted.rowCount, 1);
  assert.deepStrictEqual((await client.query("SELECT * FROM pg_t")).rows, [{ a: 1, b: "Ünï", c: when, d: ["a b", "c"] }]);
  await client.query("BEGIN");
  await client.query("DELETE FROM pg_t");
  await assert.rejects(client.query("SELECT * FROM pg_no_such_table"), { code: "42P01" });
  await assert.rejects(client.query("SELECT 1"), { code: "25P02" });
  await client.query("ROLLBACK");
  const named = { name: "twice", text: "SELECT $1::int * 2 AS n", values: [21] };
  for (let i = 0; i < 3; i++) assert.strictEqual((await client.query(named)).rows[0].n, 42);

  const rows = (await client.query("SELECT range AS a, 'row ' || range AS b FROM range(1000000)")).rows;
  assert.strictEqual(rows.length, 1000000);
  assert.strictEqual(rows.reduce((sum, row) => sum + Number(row.a), 0), 499999500000);
  await client.end();

  // The pool of the Vercel guide: any user, sample_data, six queries at once.
  const pool = new pg.Pool({
    connectionString: `postgresql://user:${token}@${host}:${port}/sample_data`,
    ssl: { rejectUnauthorized: true }, max: 10, idleTimeoutMillis: 5000,
  });
  const answers = await Promise.all(Array.from({ length: 6 }, () => pool.query(taxi, ["2022-11-01", "2022-12-01"])));
  for (const answer of answers) assert.deepStrictEqual(answer.rows, [{ total_passengers: 244618, total_fare: 2259560.2 }]);
  await pool.end();

  // Without our CA the certificate is refused.
  const strict = new pg.Client({ host, port: Number(port), user: "postgres", password: token, database: "md:", ssl: { ca: [] } });
  await assert.rejects(strict.connect());
  console.log("ok");
}

main().catch((error) => { console.error(error); process.exit(1); });
