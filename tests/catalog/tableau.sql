-- tool: tableau
-- Tableau's PostgreSQL connector (ODBC/JDBC beneath): capabilities, schemas and tables, columns, a worksheet, an extract with temporary tables
-- hand-written: same catalogs, columns, functions and join shapes as the tool is known to use; not the tool's text

-- [1] via simple
SHOW TRANSACTION ISOLATION LEVEL;
-- [2] via simple
SELECT current_database() AS "db", current_schema() AS "s";
-- [3] via simple
SELECT n.nspname AS table_schem, c.relname AS table_name, CASE c.relkind WHEN 'r' THEN 'TABLE' WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'f' THEN 'FOREIGN TABLE' END AS table_type FROM pg_catalog.pg_namespace n, pg_catalog.pg_class c WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'v', 'm', 'f', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') ORDER BY table_type, table_schem, table_name;
-- [4] via simple
SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod) AS shown_type, a.attnotnull, t.typtype FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace JOIN pg_catalog.pg_type t ON t.oid = a.atttypid WHERE n.nspname = 'public' AND c.relname = 'c_orders' AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum;
-- [5] via simple
SELECT * FROM (SELECT * FROM "public"."c_orders") "subquery" LIMIT 0;
-- [6] via simple
SELECT "c_orders"."id" AS "id", "c_orders"."customer_id" AS "customer_id" FROM "public"."c_orders" "c_orders" LIMIT 1;
-- [7] via simple
SELECT CAST("c_customers"."name" AS TEXT) AS "name", SUM("c_orders"."amount") AS "sum:amount:ok" FROM "public"."c_orders" "c_orders" INNER JOIN "public"."c_customers" "c_customers" ON ("c_orders"."customer_id" = "c_customers"."id") GROUP BY 1 ORDER BY 1;
-- [8] via simple
SELECT CAST(EXTRACT(YEAR FROM "c_orders"."at") AS INTEGER) AS "yr:at:ok", COUNT(DISTINCT "c_orders"."id") AS "ctd:id:ok", DATE_TRUNC('QUARTER', "c_orders"."at") AS "tqr:at:ok" FROM "public"."c_orders" "c_orders" GROUP BY 1, 3;
-- [9] via simple
CREATE LOCAL TEMPORARY TABLE "#Tableau_connect" ("COL" INTEGER) ON COMMIT PRESERVE ROWS;
-- [10] via simple
INSERT INTO "#Tableau_connect" VALUES (1);
-- [11] via simple
SELECT "COL" FROM "#Tableau_connect";
-- [12] via simple
CREATE TEMPORARY TABLE "#Tableau_extract" AS SELECT "c_orders"."customer_id" AS "customer_id", SUM("c_orders"."amount") AS "x" FROM "public"."c_orders" "c_orders" GROUP BY 1;
-- [13] via simple
CREATE INDEX "_tidx_extract" ON "#Tableau_extract" ("customer_id");
-- [14] via simple
SELECT "c_customers"."id", "t0"."x" FROM "public"."c_customers" "c_customers" INNER JOIN "#Tableau_extract" "t0" ON ("c_customers"."id" = "t0"."customer_id") ORDER BY 1;
-- [15] via simple
DROP TABLE "#Tableau_extract";
-- [16] via simple
DROP TABLE "#Tableau_connect";
-- [17] via simple
SELECT MIN("c_orders"."at") AS "min", MAX("c_orders"."at") AS "max", SUM(1) AS "n" FROM "public"."c_orders" "c_orders" HAVING (COUNT(1) > 0);
-- [18] via simple
SELECT CASE WHEN "c_orders"."amount" > 3 THEN 'large'::text ELSE NULL::text END AS "size", POSITION('n' IN 'ann') AS "at", TO_CHAR("c_orders"."at", 'YYYY-MM') AS "month" FROM "public"."c_orders" "c_orders" LIMIT 5;
-- [19] via simple
BEGIN;
-- [20] via simple
DECLARE "SQL_CUR1" CURSOR WITH HOLD FOR SELECT "id" FROM "public"."c_customers" ORDER BY "id";
-- [21] via simple
FETCH 100 IN "SQL_CUR1";
-- [22] via simple
CLOSE "SQL_CUR1";
-- [23] via simple
COMMIT;
