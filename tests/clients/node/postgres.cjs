// postgres.js: as the reference's users have it (prepare: false), and with prepared statements.
const assert = require("node:assert");
const postgres = require("postgres");

const { PGHOST: host, PGPORT: port, MOTHERDUCK_TOKEN: token } = process.env;

async function main() {
  for (const prepare of [false, true]) {
    const sql = postgres({
      host, port: Number(port), database: "md:my_db", username: "postgres", password: token, max: 2, prepare,
      ssl: { rejectUnauthorized: true },
    });
    const [best] = await sql`SELECT title, score FROM sample_data.hn.hacker_news WHERE type = ${"story"} ORDER BY score DESC LIMIT 5`;
    assert.deepStrictEqual({ ...best }, { title: "How We Scaled E-Ink Displays, Part 2", score: "2188" });
    const [totals] = await sql`
      SELECT sum(passenger_count)::INTEGER AS passengers FROM sample_data.nyc.taxi
      WHERE tpep_pickup_datetime >= ${new Date("2022-11-01T00:00:00Z")} AND tpep_pickup_datetime < ${new Date("2022-12-01T00:00:00Z")}`;
    assert.strictEqual(totals.passengers, 244618);
    await sql`CREATE OR REPLACE TABLE postgresjs_t(a INTEGER, b VARCHAR)`;
    const inserted = await sql`INSERT INTO postgresjs_t ${sql([{ a: 1, b: "x" }, { a: 2, b: "y" }])} RETURNING a`;
    assert.deepStrictEqual(inserted.map((row) => row.a), [1, 2]);
    await assert.rejects(sql.begin(async (tx) => {
      await tx`DELETE FROM postgresjs_t`;
      await tx`SELECT * FROM postgresjs_no_such_table`;
    }), { code: "42P01" });
    assert.strictEqual((await sql`SELECT count(*)::int AS n FROM postgresjs_t`)[0].n, 2);
    let sum = 0;
    let count = 0;
    await sql`SELECT range AS a, 'row ' || range AS b FROM range(1000000)`.forEach((row) => { sum += Number(row.a); count += 1; });
    assert.deepStrictEqual([count, sum], [1000000, 499999500000]);
    sum = 0;
    for await (const rows of sql`SELECT range AS a FROM range(100000)`.cursor(10000)) for (const row of rows) sum += Number(row.a);
    assert.strictEqual(sum, 4999950000);
    await sql.end();
  }
  console.log("ok");
}

main().catch((error) => { console.error(error); process.exit(1); });
