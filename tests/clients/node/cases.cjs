// What the matrix's scripts for Node.js share: named cases, one printed line for each, `case<TAB>ok|failed|impossible<TAB>reason`.
const assert = require("node:assert");
const fs = require("node:fs");

const env = process.env;
const host = env.PGHOST, port = Number(env.PGPORT), user = env.PGUSER, password = env.PGPASSWORD, database = env.PGDATABASE;
const ssl = { rejectUnauthorized: true, ca: fs.readFileSync(env.CA_FILE, "utf8") };
const onPintail = env.SERVER === "pintail";
const UPSERT = "ON CONFLICT DO UPDATE of a row that a foreign key refers to, in a table with several unique keys: DuckDB removes the row and inserts it again";
const UNDO = "ROLLBACK TO after something was written: DuckDB has no savepoints";

class Impossible extends Error {}
const list = [];
const named = (name, work) => list.push([name, work]);

/** Runs work, which must fail with this SQLSTATE. */
async function fails(state, work) {
  try {
    await work();
  } catch (error) {
    const found = error.code ?? error.original?.code ?? error.driverError?.code ?? error.cause?.code;
    assert.strictEqual(found, state, `${error.message}`);
    return error;
  }
  throw new assert.AssertionError({ message: `no error; expected ${state}` });
}

/** Runs a ROLLBACK TO that has something to undo: true where it works; Pintail must say 0A000. */
async function undo(work) {
  if (!onPintail) {
    await work();
    return true;
  }
  await fails("0A000", work);
  return false;
}

async function run(version) {
  console.log(`version\t${version}`);
  // Some clients throw where nobody can catch it, in the middle of an answer.
  let thrown = () => {};
  process.on("uncaughtException", (error) => thrown(error));
  for (const [name, work] of list) {
    let timer;
    const limit = new Promise((_, reject) => {
      thrown = reject;
      timer = setTimeout(() => reject(new Error("took more than 60 s")), 60000);
    });
    try {
      await Promise.race([work(), limit]);
      console.log(`${name}\tok\t`);
    } catch (error) {
      if (env.CASES_TRACE) console.error(error);
      // ORMs wrap what the server said.
      const cause = error?.cause?.message ? ` (${error.cause.message})` : "";
      const said = `${cause}${error?.message ?? error}`.trim().split(/\s+/).join(" ");
      // Of a long one the begin and the end, where some put what the server said.
      const short = said.length > 600 ? `${said.slice(0, 150)} … ${said.slice(-440)}` : said;
      console.log(`${name}\t${error instanceof Impossible ? "impossible" : "failed"}\t${short}`);
    }
    clearTimeout(timer);
  }
  process.exit(0);
}

const versionOf = (name) => {
  const file = require.resolve.paths(name).map((folder) => `${folder}/${name}/package.json`).find((path) => fs.existsSync(path));
  return JSON.parse(fs.readFileSync(file, "utf8")).version;
};

module.exports = { assert, host, port, user, password, database, ssl, onPintail, UNDO, UPSERT, Impossible, named, fails, undo, run, versionOf };
