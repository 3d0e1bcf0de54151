-- tool: looker
-- Looker: connection test, schema listing, an explore with symmetric aggregates, a persistent derived table
-- hand-written: same catalogs, columns, functions and join shapes as the tool is known to use; not the tool's text

-- [1] via simple
SELECT 1 AS one, current_user = session_user AS same;
-- [2] via simple
SELECT table_schema AS "schema", table_name AS "table", table_type FROM information_schema.tables WHERE table_schema NOT IN ('information_schema', 'pg_catalog') ORDER BY 1, 2;
-- [3] via simple
SELECT table_schema, table_name, column_name, data_type, ordinal_position FROM information_schema.columns WHERE table_schema = 'public' AND table_name = 'c_customers' ORDER BY ordinal_position;
-- [4] via simple
SELECT c_customers.name AS "c_customers.name", COALESCE(SUM(c_orders.amount), 0) AS "c_orders.total", COUNT(DISTINCT c_customers.id) AS "c_customers.count" FROM public.c_customers AS c_customers LEFT JOIN public.c_orders AS c_orders ON c_customers.id = c_orders.customer_id GROUP BY 1 ORDER BY 2 DESC NULLS LAST, 1 LIMIT 500;
-- [5] via simple
SELECT COALESCE(CAST((SUM(DISTINCT (CAST(FLOOR(COALESCE(c_customers.balance, 0) * (1000000 * 1.0)) AS DECIMAL(38,0))) + CAST(c_customers.id AS DECIMAL(38,0))) - SUM(DISTINCT CAST(c_customers.id AS DECIMAL(38,0)))) AS DOUBLE PRECISION) / CAST(1000000.0 AS DOUBLE PRECISION), 0) AS "balance" FROM public.c_customers AS c_customers LEFT JOIN public.c_orders AS c_orders ON c_customers.id = c_orders.customer_id;
-- [6] via simple
CREATE SCHEMA IF NOT EXISTS looker_scratch;
-- [7] via simple
CREATE TABLE looker_scratch."LR$totals" AS SELECT customer_id, SUM(amount) AS total FROM public.c_orders GROUP BY 1;
-- [8] via simple
ANALYZE looker_scratch."LR$totals";
-- [9] via simple
CREATE INDEX ON looker_scratch."LR$totals" (customer_id);
-- [10] via simple
SELECT COUNT(*) AS n FROM looker_scratch."LR$totals";
-- [11] via simple
CREATE TABLE IF NOT EXISTS looker_scratch.connection_reg_r3 (namespace varchar(255), reg_key varchar(255), reg_value text, created_at timestamp DEFAULT now(), PRIMARY KEY (namespace, reg_key));
-- [12] via simple
INSERT INTO looker_scratch.connection_reg_r3 (namespace, reg_key, reg_value) VALUES ('a', 'b', 'c');
-- [13] via simple
SELECT reg_value FROM looker_scratch.connection_reg_r3 WHERE namespace = 'a' AND reg_key = 'b';
-- [14] via simple
ALTER TABLE looker_scratch."LR$totals" RENAME TO "LR$totals_old";
-- [15] via simple
DROP TABLE IF EXISTS looker_scratch."LR$totals_old";
-- [16] via simple
DROP SCHEMA looker_scratch CASCADE;
-- [17] via simple
SELECT TO_CHAR(DATE_TRUNC('day', c_orders.at), 'YYYY-MM-DD') AS "day", DATE_PART('dow', c_orders.at)::integer AS "dow", EXTRACT(EPOCH FROM c_orders.at)::bigint AS "epoch" FROM public.c_orders AS c_orders WHERE ((c_orders.at >= TIMESTAMP '2023-12-01') AND (c_orders.at < (TIMESTAMP '2023-12-01' + INTERVAL '120 day'))) GROUP BY 1, 2, 3;
