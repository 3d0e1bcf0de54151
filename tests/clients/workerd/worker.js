// A Cloudflare Worker as the reference's guide has it: pg over the runtime's own TLS sockets, ?sslmode=require.
import { Client } from "pg";

export default {
  async fetch(request, env) {
    const client = new Client({
      connectionString: `postgresql://anyusername:${env.MOTHERDUCK_TOKEN}@${env.PGHOST}:${env.PGPORT}/sample_data?sslmode=require`,
    });
    try {
      await client.connect();
      const stories = await client.query("SELECT title, score FROM sample_data.hn.hacker_news WHERE type = 'story' ORDER BY score DESC LIMIT 5");
      const taxi = await client.query(
        "SELECT sum(passenger_count)::INTEGER AS passengers FROM nyc.taxi WHERE tpep_pickup_datetime >= $1 AND tpep_pickup_datetime < $2",
        ["2022-11-01", "2022-12-01"],
      );
      const million = await client.query("SELECT range AS a FROM range(1000000)");
      const sum = million.rows.reduce((total, row) => total + Number(row.a), 0);
      await client.end();
      return Response.json({ best: stories.rows[0], passengers: taxi.rows[0].passengers, rows: million.rows.length, sum });
    } catch (error) {
      return new Response(`${error.stack}`, { status: 500 });
    }
  },
};
