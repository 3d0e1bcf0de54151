# Ruby's pg: the matrix's cases, one printed line for each.
require "pg"

ON_PINTAIL = ENV["SERVER"] == "pintail"

def connected
  conn = PG.connect(host: ENV["PGHOST"], port: ENV["PGPORT"], dbname: ENV["PGDATABASE"], user: ENV["PGUSER"], password: ENV["PGPASSWORD"], sslmode: "verify-full", sslrootcert: ENV["CA_FILE"])
  conn.set_notice_receiver { |_| }
  yield conn
ensure
  conn&.close
end

def check(found, expected)
  raise "expected #{expected.inspect}, got #{found.inspect}" unless found == expected
end

def fails(state)
  yield
rescue PG::Error => error
  check(error.result&.error_field(PG::Result::PG_DIAG_SQLSTATE), state)
else
  raise "no error; expected #{state}"
end

CASES = {
  "connect" => lambda do |conn|
    check(conn.exec("SELECT 42 AS n").first, { "n" => "42" })
    check(conn.ssl_in_use?, true)
    raise conn.server_version.to_s if conn.server_version < 150000
  end,
  "types" => lambda do |conn|
    conn.type_map_for_results = PG::BasicTypeMapForResults.new(conn)
    { "true" => true, "1::smallint" => 1, "9223372036854775807::bigint" => 2**63 - 1, "1.5::float8" => 1.5, "'tëxt'::text" => "tëxt",
      "NULL::integer" => nil, "ARRAY[1,2,NULL]::integer[]" => [1, 2, nil], "ARRAY['a b','c,d']::text[]" => ["a b", "c,d"],
      "'2024-02-29'::date" => Date.new(2024, 2, 29) }.each do |text, expected|
      [0, 1].each do |format|
        next if format == 1 && text =~ /date|\[\]/
        check(conn.exec_params("SELECT #{text} AS v", [], format).getvalue(0, 0), expected)
      end
    end
  end,
  "parameters" => lambda do |conn|
    conn.exec("CREATE TABLE rb_t(a integer, b text, c bytea)")
    conn.exec_params("INSERT INTO rb_t VALUES ($1, $2, $3)", [1, "it's \\", { value: "\x00\xff".b, format: 1 }])
    check(conn.exec_params("SELECT b, c FROM rb_t WHERE a = $1", [1], 1).values, [["it's \\", "\x00\xff".b]])
    conn.prepare("twice", "SELECT $1::int * 2")
    check(conn.exec_prepared("twice", [21]).getvalue(0, 0), "42")
    check(conn.describe_prepared("twice").paramtype(0), 23)
    conn.type_map_for_queries = PG::BasicTypeMapForQueries.new(conn)
    check(conn.exec_params("SELECT a FROM rb_t WHERE a = ANY($1)", [[1, 2]]).ntuples, 1)
  end,
  "errors" => lambda do |conn|
    conn.exec("CREATE TABLE rb_errors(a integer PRIMARY KEY)")
    conn.exec("INSERT INTO rb_errors VALUES (1)")
    fails("42P01") { conn.exec("SELECT * FROM no_such_table") }
    fails("42601") { conn.exec("SELEC 1") }
    fails("22P02") { conn.exec("SELECT 'x'::integer") }
    fails("23505") { conn.exec_params("INSERT INTO rb_errors VALUES ($1)", [1]) }
  end,
  "transactions" => lambda do |conn|
    conn.exec("CREATE TABLE rb_transactions(a integer)")
    conn.transaction { |tx| tx.exec("INSERT INTO rb_transactions VALUES (1)") }
    begin
      conn.transaction { |tx| tx.exec("INSERT INTO rb_transactions VALUES (2)"); raise "back" }
    rescue RuntimeError
      nil
    end
    check(conn.exec("SELECT a FROM rb_transactions").values, [["1"]])
  end,
  "cursors" => lambda do |conn|
    conn.send_query("SELECT g FROM generate_series(1, 1000) AS s(g)")
    conn.set_single_row_mode
    check(conn.get_result.stream_each.sum { |row| row["g"].to_i }, 500500)
    conn.get_result
    conn.transaction do
      conn.exec("DECLARE c CURSOR FOR SELECT g FROM generate_series(1, 100) AS s(g)")
      check(conn.exec("FETCH 5 FROM c").column_values(0), %w[1 2 3 4 5])
    end
  end,
  "copy" => lambda do |conn|
    conn.exec("CREATE TABLE rb_copied(a integer, b text)")
    encoder = PG::TextEncoder::CopyRow.new
    conn.copy_data("COPY rb_copied FROM STDIN", encoder) { conn.put_copy_data([1, "tab\t"]); conn.put_copy_data([2, nil]) }
    rows = []
    conn.copy_data("COPY (SELECT * FROM rb_copied ORDER BY a) TO STDOUT", PG::TextDecoder::CopyRow.new) { while (row = conn.get_copy_data) do rows << row end }
    check(rows, [["1", "tab\t"], ["2", nil]])
  end,
  "pipeline" => lambda do |conn|
    conn.enter_pipeline_mode
    3.times { |n| conn.send_query_params("SELECT $1::int", [n]) }
    conn.pipeline_sync
    found = 3.times.map { value = conn.get_result.getvalue(0, 0); conn.get_result; value }
    conn.get_result
    conn.exit_pipeline_mode
    check(found, %w[0 1 2])
  end,
  "metadata" => lambda do |conn|
    conn.exec("CREATE TABLE rb_described(a integer, b numeric(8,2))")
    result = conn.exec("SELECT * FROM rb_described")
    check([result.ftype(0), result.ftype(1), result.fmod(1)], [23, 1700, (8 << 16 | 2) + 4])
    check(conn.exec_params("SELECT relname FROM pg_class WHERE oid = $1", [result.ftable(0)]).values, [["rb_described"]])
    check(conn.exec("SELECT format_type(1700, #{result.fmod(1)})").values, [["numeric(8,2)"]])
  end,
  "rails" => lambda do |conn|
    # What ActiveRecord's PostgreSQL adapter sends when it connects and loads a schema, in short.
    conn.exec("SET client_min_messages TO 'warning'")
    conn.exec("SET standard_conforming_strings = on")
    conn.exec("SET intervalstyle = iso_8601")
    conn.exec("SET SESSION timezone TO 'UTC'")
    types = conn.exec("SELECT t.oid, t.typname, t.typelem, t.typdelim, t.typinput, r.rngsubtype, t.typtype, t.typbasetype FROM pg_type as t LEFT JOIN pg_range as r ON oid = rngtypid WHERE t.typname IN ('int2', 'int4', 'int8', 'oid', 'float4', 'float8', 'numeric', 'bool', 'date', 'jsonb')")
    check(types.map { |row| [row["typname"], row["oid"]] }.to_h.slice("int4", "numeric", "jsonb"), { "int4" => "23", "numeric" => "1700", "jsonb" => "3802" })
    conn.exec('CREATE TABLE "schema_migrations" ("version" character varying NOT NULL PRIMARY KEY)')
    conn.exec('CREATE TABLE "rb_author" ("id" bigserial primary key, "name" character varying(50) NOT NULL, "created_at" timestamp(6) NOT NULL)')
    check(conn.exec_params('INSERT INTO "rb_author" ("name", "created_at") VALUES ($1, $2) RETURNING "id"', ["Ada", "2024-01-01 00:00:00"]).values, [["1"]])
    columns = conn.exec(<<~SQL)
      SELECT a.attname, format_type(a.atttypid, a.atttypmod), pg_get_expr(d.adbin, d.adrelid), a.attnotnull, a.atttypid, a.atttypmod,
             c.collname, col_description(a.attrelid, a.attnum) AS comment, attidentity AS identity, attgenerated as attgenerated
        FROM pg_attribute a LEFT JOIN pg_attrdef d ON a.attrelid = d.adrelid AND a.attnum = d.adnum
        LEFT JOIN pg_type t ON a.atttypid = t.oid LEFT JOIN pg_collation c ON a.attcollation = c.oid AND a.attcollation <> t.typcollation
       WHERE a.attrelid = '"rb_author"'::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
    SQL
    check(columns.map { |row| [row["attname"], row["attnotnull"]] }, [["id", "t"], ["name", "t"], ["created_at", "t"]])
    check(columns.first["pg_get_expr"], "nextval('rb_author_id_seq'::regclass)")
    keys = conn.exec(<<~SQL)
      SELECT a.attname FROM (SELECT indrelid, indkey, generate_subscripts(indkey, 1) idx FROM pg_index WHERE indrelid = '"rb_author"'::regclass AND indisprimary) i
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[i.idx] ORDER BY i.idx
    SQL
    check(keys.values, [["id"]])
    check(conn.exec("SELECT pg_try_advisory_lock(2134)").values, [["t"]])
    check(conn.exec("SELECT pg_advisory_unlock(2134)").values, [["t"]])
  end,
  "reset" => lambda do |conn|
    conn.exec("SET statement_timeout = 1234")
    conn.reset
    check(conn.exec("SHOW statement_timeout").values, [["0"]])
    conn.exec("DISCARD ALL")
  end,
}

puts "version\t#{PG::VERSION}"
CASES.each do |name, work|
  begin
    connected { |conn| work.call(conn) }
    puts "#{name}\tok\t"
  rescue StandardError => error
    puts "#{name}\tfailed\t#{error.message.split.join(" ")[0, 600]}"
  end
end
