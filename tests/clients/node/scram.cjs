// node-postgres by account and password, with and without channel binding.
const fs = require("fs");
const { Client } = require("pg");

async function main() {
  for (const enableChannelBinding of [false, true]) {
    const client = new Client({
      host: process.env.PGHOST,
      port: Number(process.env.PGPORT),
      user: "@default",
      password: process.env.PASSWORD,
      database: "md:",
      ssl: { ca: fs.readFileSync(process.env.CA_FILE), rejectUnauthorized: true },
      enableChannelBinding,
    });
    await client.connect();
    const { rows } = await client.query("select current_user as who");
    if (rows[0].who !== "default") throw new Error(JSON.stringify(rows));
    await client.end();
  }
  console.log("ok");
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
