// PostgreSQL's JDBC driver: the matrix's cases, one printed line for each. The argument is the form: default, binary
// (binaryTransfer from the first execution), simple (preferQueryMode=simple).

import java.io.StringReader;
import java.io.StringWriter;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.math.BigDecimal;
import java.sql.*;
import java.util.*;
import org.postgresql.PGConnection;

public class Cases {
    interface Work { void run(Connection conn) throws Exception; }
    static class Impossible extends Exception { Impossible(String reason) { super(reason); } }

    static final boolean ON_PINTAIL = "pintail".equals(System.getenv("SERVER"));
    static final String UNDO = "ROLLBACK TO after something was written: DuckDB has no savepoints";
    static String form;

    static Connection connect(String more) throws SQLException {
        String options = switch (form) {
            case "binary" -> "&prepareThreshold=-1&binaryTransfer=true";
            case "simple" -> "&preferQueryMode=simple";
            default -> "";
        };
        String url = "jdbc:postgresql://" + System.getenv("PGHOST") + ":" + System.getenv("PGPORT") + "/" + System.getenv("PGDATABASE")
            + "?sslmode=verify-full&sslrootcert=" + System.getenv("CA_FILE") + options + more;
        return DriverManager.getConnection(url, System.getenv("PGUSER"), System.getenv("PGPASSWORD"));
    }

    static void named(String name, String options, Work work) {
        String status = "ok", reason = "";
        try (Connection conn = connect(options)) {
            work.run(conn);
        } catch (Impossible impossible) {
            status = "impossible";
            reason = impossible.getMessage();
        } catch (Throwable error) {
            status = "failed";
            reason = String.join(" ", String.valueOf(error.getMessage()).split("\\s+"));
            if (System.getenv("CASES_TRACE") != null) error.printStackTrace();
        }
        System.out.println(name + "\t" + status + "\t" + reason.substring(0, Math.min(600, reason.length())));
    }
    static void named(String name, Work work) { named(name, "", work); }

    static void check(Object found, Object expected) {
        if (!Objects.equals(found, expected)) throw new AssertionError("expected " + expected + ", got " + found);
    }
    static Object one(Connection conn, String sql) throws SQLException {
        try (Statement st = conn.createStatement(); ResultSet rs = st.executeQuery(sql)) {
            rs.next();
            return rs.getObject(1);
        }
    }
    static void run(Connection conn, String sql) throws SQLException {
        try (Statement st = conn.createStatement()) { st.execute(sql); }
    }
    static void fails(String state, Connection conn, String sql) {
        try {
            run(conn, sql);
        } catch (SQLException error) {
            check(error.getSQLState(), state);
            return;
        }
        throw new AssertionError("no error; expected " + state);
    }
    static List<String> column(ResultSet rs, String name) throws SQLException {
        List<String> found = new ArrayList<>();
        while (rs.next()) found.add(rs.getString(name));
        return found;
    }

    public static void main(String[] arguments) throws Exception {
        form = arguments[0];
        System.out.println("version\t" + new org.postgresql.Driver().getMajorVersion() + "." + new org.postgresql.Driver().getMinorVersion());

        named("connect", conn -> {
            check(one(conn, "SELECT 42"), 42);
            check(conn.isValid(5), true);
            check(conn.getMetaData().getDatabaseProductName(), "PostgreSQL");
            check(conn.getMetaData().getDatabaseMajorVersion() >= 15, true);
        });
        named("types", conn -> {
            check(one(conn, "SELECT true"), true);
            check(one(conn, "SELECT 9223372036854775807::bigint"), Long.MAX_VALUE);
            check(one(conn, "SELECT 1.5::float8"), 1.5);
            check(one(conn, "SELECT 12.340::numeric(10,3)"), new BigDecimal("12.340"));
            check(one(conn, "SELECT 'tëxt'::text"), "tëxt");
            check(one(conn, "SELECT '2024-02-29'::date"), java.sql.Date.valueOf("2024-02-29"));
            check(one(conn, "SELECT '2024-02-29 12:30:00.25'::timestamp"), Timestamp.valueOf("2024-02-29 12:30:00.25"));
            check(one(conn, "SELECT 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid"), UUID.fromString("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"));
            check(one(conn, "SELECT NULL::integer"), null);
            for (int round = 0; round < 7; round++) {
                try (PreparedStatement ps = conn.prepareStatement("SELECT ARRAY[1,2,NULL]::integer[], ARRAY['a b','c,d']::text[], 'ab'::bytea, '2024-02-29 12:30:00+00'::timestamptz")) {
                    ResultSet rs = ps.executeQuery();
                    rs.next();
                    check(Arrays.asList((Integer[]) rs.getArray(1).getArray()), Arrays.asList(1, 2, null));
                    check(Arrays.asList((String[]) rs.getArray(2).getArray()), List.of("a b", "c,d"));
                    check(new String(rs.getBytes(3)), "ab");
                    check(rs.getObject(4, java.time.OffsetDateTime.class).toInstant(), java.time.Instant.parse("2024-02-29T12:30:00Z"));
                }
            }
        });
        named("parameters", conn -> {
            run(conn, "CREATE TABLE j_t_" + form + "(a integer, b text, c numeric(10,2), d timestamp, e boolean, f date" + (form.equals("simple") ? ")" : ", g bytea)"));
            try (PreparedStatement in = conn.prepareStatement("INSERT INTO j_t_" + form + " VALUES (?, ?, ?, ?, ?, ?" + (form.equals("simple") ? ")" : ", ?)"));
                 PreparedStatement out = conn.prepareStatement("SELECT * FROM j_t_" + form + " WHERE a = ? AND b = ?")) {
                for (int n = 0; n < 8; n++) {
                    in.setInt(1, n);
                    in.setString(2, "it's \\ " + n);
                    in.setBigDecimal(3, new BigDecimal("3.50"));
                    in.setTimestamp(4, Timestamp.valueOf("2024-02-29 12:30:00"));
                    in.setBoolean(5, true);
                    in.setObject(6, java.time.LocalDate.of(2024, 2, 29));
                    // The driver cannot write bytes into the text of a statement.
                    if (!form.equals("simple")) in.setBytes(7, new byte[] {0, (byte) 255});
                    check(in.executeUpdate(), 1);
                    out.setInt(1, n);
                    out.setString(2, "it's \\ " + n);
                    ResultSet rs = out.executeQuery();
                    check(rs.next(), true);
                    check(rs.getBigDecimal(3), new BigDecimal("3.50"));
                    check(rs.getTimestamp(4), Timestamp.valueOf("2024-02-29 12:30:00"));
                    check(rs.getBoolean(5), true);
                    check(rs.getObject(6, java.time.LocalDate.class), java.time.LocalDate.of(2024, 2, 29));
                    if (!form.equals("simple")) check(Arrays.equals(rs.getBytes(7), new byte[] {0, (byte) 255}), true);
                }
            }
            // The driver cannot write an array into the text of a statement.
            if (form.equals("simple")) return;
            try (PreparedStatement any = conn.prepareStatement("SELECT count(*) FROM j_t_" + form + " WHERE a = ANY(?)")) {
                any.setArray(1, conn.createArrayOf("int4", new Integer[] {1, 2, 99}));
                ResultSet rs = any.executeQuery();
                rs.next();
                check(rs.getInt(1), 2);
            }
        });
        named("errors", conn -> {
            run(conn, "CREATE TABLE j_errors_" + form + "(a integer PRIMARY KEY)");
            run(conn, "INSERT INTO j_errors_" + form + " VALUES (1)");
            fails("42P01", conn, "SELECT * FROM no_such_table");
            fails("42601", conn, "SELEC 1");
            fails("22P02", conn, "SELECT 'x'::integer");
            fails("23505", conn, "INSERT INTO j_errors_" + form + " VALUES (1)");
        });
        named("transactions", conn -> {
            run(conn, "CREATE TABLE j_transactions_" + form + "(a integer)");
            conn.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            conn.setAutoCommit(false);
            run(conn, "INSERT INTO j_transactions_" + form + " VALUES (1)");
            conn.commit();
            run(conn, "INSERT INTO j_transactions_" + form + " VALUES (2)");
            conn.rollback();
            check(one(conn, "SELECT count(*) FROM j_transactions_" + form), 1L);
            conn.rollback();
            conn.setReadOnly(true);
            fails("25006", conn, "INSERT INTO j_transactions_" + form + " VALUES (3)");
            conn.rollback();
        });
        named("savepoints", conn -> {
            run(conn, "CREATE TABLE j_savepoints_" + form + "(a integer)");
            conn.setAutoCommit(false);
            Savepoint point = conn.setSavepoint("one");
            run(conn, "INSERT INTO j_savepoints_" + form + " VALUES (1)");
            conn.releaseSavepoint(point);
            conn.commit();
            check(one(conn, "SELECT count(*) FROM j_savepoints_" + form), 1L);
        });
        named("autosave", "&autosave=always", conn -> {
            run(conn, "CREATE TABLE j_autosave_" + form + "(a integer)");
            conn.setAutoCommit(false);
            run(conn, "INSERT INTO j_autosave_" + form + " VALUES (1)");
            fails("42P01", conn, "SELECT * FROM no_such_table");
            check(one(conn, "SELECT count(*) FROM j_autosave_" + form), 1L);
            conn.commit();
        });
        named("savepoint undo", conn -> {
            run(conn, "CREATE TABLE j_undone_" + form + "(a integer)");
            conn.setAutoCommit(false);
            Savepoint point = conn.setSavepoint();
            run(conn, "INSERT INTO j_undone_" + form + " VALUES (1)");
            try {
                conn.rollback(point);
            } catch (SQLException error) {
                check(error.getSQLState() + ON_PINTAIL, "0A000true");
                conn.rollback();
                throw new Impossible(UNDO);
            }
            conn.commit();
            check(one(conn, "SELECT count(*) FROM j_undone_" + form), 0L);
        });
        named("cursors", conn -> {
            conn.setAutoCommit(false);
            try (Statement st = conn.createStatement()) {
                st.setFetchSize(70);
                long sum = 0;
                ResultSet rs = st.executeQuery("SELECT g FROM generate_series(1, 1000) AS s(g)");
                while (rs.next()) sum += rs.getLong(1);
                check(sum, 500500L);
                // A simple query has no portal to limit.
                if (form.equals("simple")) return;
                st.setMaxRows(5);
                rs = st.executeQuery("SELECT g FROM generate_series(1, 1000) AS s(g)");
                int rows = 0;
                while (rs.next()) rows++;
                check(rows, 5);
            }
            conn.commit();
        });
        named("scrolling", conn -> {
            try (Statement st = conn.createStatement(ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_READ_ONLY)) {
                ResultSet rs = st.executeQuery("SELECT g::integer FROM generate_series(1, 10) AS s(g)");
                check(rs.last(), true);
                check(rs.getInt(1), 10);
                check(rs.absolute(3), true);
                check(rs.getInt(1), 3);
            }
        });
        named("updatable", conn -> {
            run(conn, "CREATE TABLE j_updatable_" + form + "(id integer PRIMARY KEY, name text)");
            run(conn, "INSERT INTO j_updatable_" + form + " VALUES (1, 'old'), (2, 'gone')");
            try (Statement st = conn.createStatement(ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_UPDATABLE)) {
                ResultSet rs = st.executeQuery("SELECT id, name FROM j_updatable_" + form + " ORDER BY id");
                rs.next();
                rs.updateString("name", "new");
                rs.updateRow();
                rs.next();
                rs.deleteRow();
                rs.moveToInsertRow();
                rs.updateInt("id", 3);
                rs.updateString("name", "three");
                rs.insertRow();
            }
            check(one(conn, "SELECT string_agg(id || name, ',' ORDER BY id) FROM j_updatable_" + form), "1new,3three");
        });
        named("copy", conn -> {
            run(conn, "CREATE TABLE j_copied_" + form + "(a integer, b text)");
            var copies = conn.unwrap(PGConnection.class).getCopyAPI();
            check(copies.copyIn("COPY j_copied_" + form + " FROM STDIN", new StringReader("1\tone\n2\ttwo\n")), 2L);
            StringWriter out = new StringWriter();
            copies.copyOut("COPY (SELECT * FROM j_copied_" + form + " ORDER BY a) TO STDOUT (FORMAT csv)", out);
            check(out.toString(), "1,one\n2,two\n");
        });
        for (String rewrite : List.of("false", "true")) {
            named(rewrite.equals("true") ? "batch rewritten" : "batch", "&reWriteBatchedInserts=" + rewrite, conn -> {
                String table = "j_batch_" + rewrite + "_" + form;
                run(conn, "CREATE TABLE " + table + "(a integer, b text)");
                try (PreparedStatement ps = conn.prepareStatement("INSERT INTO " + table + " VALUES (?, ?)")) {
                    for (int n = 0; n < 300; n++) {
                        ps.setInt(1, n);
                        ps.setString(2, "row " + n);
                        ps.addBatch();
                    }
                    check(ps.executeBatch().length, 300);
                }
                check(one(conn, "SELECT count(*) FROM " + table), 300L);
                try (Statement st = conn.createStatement()) {
                    st.addBatch("UPDATE " + table + " SET b = 'x' WHERE a < 10");
                    st.addBatch("DELETE FROM " + table + " WHERE a >= 100");
                    check(Arrays.toString(st.executeBatch()), "[10, 200]");
                }
            });
        }
        named("generated keys", conn -> {
            run(conn, "CREATE TABLE j_keys_" + form + "(id serial PRIMARY KEY, name text)");
            try (PreparedStatement ps = conn.prepareStatement("INSERT INTO j_keys_" + form + "(name) VALUES (?)", Statement.RETURN_GENERATED_KEYS)) {
                ps.setString(1, "x");
                ps.executeUpdate();
                ResultSet keys = ps.getGeneratedKeys();
                keys.next();
                check(keys.getInt("id"), 1);
            }
        });
        String parent = "j_parent_" + form, child = "j_child_" + form;
        named("metadata", conn -> {
            run(conn, "CREATE TABLE " + parent + "(id integer PRIMARY KEY, name varchar(50) NOT NULL UNIQUE, price numeric(8,2) DEFAULT 1.5)");
            run(conn, "CREATE TABLE " + child + "(id integer PRIMARY KEY, p integer REFERENCES " + parent + "(id))");
            run(conn, "CREATE VIEW j_view_" + form + " AS SELECT id FROM " + parent);
            run(conn, "COMMENT ON TABLE " + parent + " IS 'said'");
            DatabaseMetaData meta = conn.getMetaData();
            check(column(meta.getTables(null, "public", "j\\_%\\_" + form, new String[] {"TABLE"}), "TABLE_NAME").containsAll(List.of(parent, child)), true);
            check(column(meta.getTables(null, "public", "j_view_" + form, null), "TABLE_TYPE"), List.of("VIEW"));
            check(column(meta.getTables(null, null, parent, null), "REMARKS"), List.of("said"));
            check(column(meta.getColumns(null, "public", parent, null), "COLUMN_NAME"), List.of("id", "name", "price"));
            ResultSet price = meta.getColumns(null, "public", parent, "price");
            price.next();
            check(List.of(price.getString("TYPE_NAME"), price.getInt("COLUMN_SIZE"), price.getInt("DECIMAL_DIGITS"), price.getString("IS_NULLABLE")), List.of("numeric", 8, 2, "YES"));
            check(price.getString("COLUMN_DEF").contains("1.5"), true);
            check(column(meta.getPrimaryKeys(null, "public", parent), "COLUMN_NAME"), List.of("id"));
            ResultSet keys = meta.getImportedKeys(null, "public", child);
            keys.next();
            check(List.of(keys.getString("PKTABLE_NAME"), keys.getString("PKCOLUMN_NAME"), keys.getString("FKCOLUMN_NAME")), List.of(parent, "id", "p"));
            check(column(meta.getExportedKeys(null, "public", parent), "FKTABLE_NAME"), List.of(child));
            check(column(meta.getIndexInfo(null, "public", parent, true, false), "COLUMN_NAME").containsAll(List.of("id", "name")), true);
            check(column(meta.getSchemas(), "TABLE_SCHEM").containsAll(List.of("public", "information_schema", "pg_catalog")), true);
            check(column(meta.getCatalogs(), "TABLE_CAT").contains(conn.getCatalog()), true);
            check(column(meta.getTypeInfo(), "TYPE_NAME").containsAll(List.of("int4", "text", "numeric", "timestamptz")), true);
            check(conn.getSchema(), "public");
            // Nothing describes a simple query before it runs.
            if (form.equals("simple")) return;
            try (PreparedStatement ps = conn.prepareStatement("SELECT id, price AS p FROM " + parent + " WHERE id = ?")) {
                ResultSetMetaData described = ps.getMetaData();
                check(List.of(described.getColumnTypeName(2), described.getPrecision(2), described.getScale(2), described.getColumnLabel(2)), List.of("numeric", 8, 2, "p"));
                check(((org.postgresql.PGResultSetMetaData) described).getBaseColumnName(2), "price");
                check(described.isNullable(1), ResultSetMetaData.columnNoNulls);
                check(ps.getParameterMetaData().getParameterTypeName(1), "int4");
            }
        });
        named("metadata whole", conn -> {
            // Every method of DatabaseMetaData, all rows read.
            DatabaseMetaData meta = conn.getMetaData();
            List<String> bad = new ArrayList<>();
            int worked = 0;
            for (Method method : DatabaseMetaData.class.getMethods()) {
                if (Modifier.isStatic(method.getModifiers()) || method.getDeclaringClass() != DatabaseMetaData.class) continue;
                Object[] values = new Object[method.getParameterCount()];
                Class<?>[] kinds = method.getParameterTypes();
                for (int n = 0; n < values.length; n++) {
                    if (kinds[n] == boolean.class) values[n] = false;
                    else if (kinds[n] == int.class) values[n] = 1;
                    else if (n == 2 && method.getName().matches("getPrimaryKeys|getImportedKeys|getExportedKeys|getIndexInfo|getBestRowIdentifier|getVersionColumns")) values[n] = parent;
                }
                try {
                    Object answer = method.invoke(meta, values);
                    if (answer instanceof ResultSet rows) {
                        int columns = rows.getMetaData().getColumnCount();
                        while (rows.next()) for (int n = 1; n <= columns; n++) rows.getString(n);
                    }
                    worked++;
                } catch (InvocationTargetException error) {
                    // What the driver itself lacks.
                    if (error.getCause() instanceof SQLFeatureNotSupportedException) continue;
                    bad.add(method.getName() + ": " + String.valueOf(error.getCause().getMessage()).split("\n")[0]);
                }
            }
            check(bad, List.of());
            check(worked > 165, true);
        });
    }
}
