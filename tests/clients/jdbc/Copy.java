// JDBC's CopyManager both ways in text, csv and binary; result sets in pieces (setFetchSize without autocommit).
// Runs against PostgreSQL as well.

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Objects;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;
import org.postgresql.copy.CopyManager;
import org.postgresql.copy.CopyOut;
import org.postgresql.copy.PGCopyInputStream;
import org.postgresql.copy.PGCopyOutputStream;

public class Copy {
    interface Work { void run() throws Exception; }

    static void check(Object found, Object expected) {
        if (!Objects.equals(found, expected)) throw new AssertionError("expected " + expected + ", got " + found);
    }

    static void fails(String state, String words, Work work) throws Exception {
        try {
            work.run();
        } catch (SQLException error) {
            check(error.getSQLState(), state);
            if (!error.getMessage().contains(words)) throw new AssertionError(words + " is not in " + error.getMessage());
            return;
        }
        throw new AssertionError("no error; expected " + state);
    }

    static String one(Connection conn, String sql) throws SQLException {
        try (Statement st = conn.createStatement(); ResultSet rs = st.executeQuery(sql)) {
            rs.next();
            return rs.getString(1);
        }
    }

    public static void main(String[] arguments) throws Exception {
        String database = System.getenv().getOrDefault("PGDATABASE", "md:");
        String url = "jdbc:postgresql://" + System.getenv("PGHOST") + ":" + System.getenv("PGPORT") + "/" + database
            + "?sslmode=verify-full&sslrootcert=" + System.getenv("CA_FILE");
        try (Connection conn = DriverManager.getConnection(url, "postgres", System.getenv("MOTHERDUCK_TOKEN"))) {
            copy(conn);
            failures(conn);
            pieces(conn);
        }
        System.out.println("ok");
    }

    static final String TABLE = "(a integer, b text, c double precision, d date, e timestamptz, f bytea, g integer[], h numeric(20,3))";
    static final String TEXT = "1\tone\t1.5\t2024-02-29\t2024-02-29 12:00:00.000001+00\t\\\\x00ff\t{1,NULL,3}\t12345678901234567.125\n"
        + "2\t\\N\t-0\t0001-01-01\t1970-01-01 00:00:00+00\t\\\\x\t{}\t-0.001\n"
        + "3\ttab\\there\\nline \\\\ \u00fc\ud83e\udd86\tNaN\t9999-12-31\t2300-01-01 00:00:00+00\t\\N\t\\N\t0.000\n";

    static void copy(Connection conn) throws Exception {
        CopyManager copies = conn.unwrap(PGConnection.class).getCopyAPI();
        try (Statement st = conn.createStatement()) {
            st.execute("SET TimeZone = 'UTC'");
            st.execute("CREATE TABLE copied" + TABLE);
            check(copies.copyIn("COPY copied FROM STDIN", new StringReader(TEXT)), 3L);
            StringWriter out = new StringWriter();
            check(copies.copyOut("COPY (SELECT * FROM copied ORDER BY a) TO STDOUT", out), 3L);
            check(out.toString(), TEXT);

            for (String format : new String[] {"text", "csv", "csv, HEADER", "binary"}) {
                ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                check(copies.copyOut("COPY copied TO STDOUT (FORMAT " + format + ")", bytes), 3L);
                st.execute("CREATE TABLE again" + TABLE);
                // In pieces of 5 bytes.
                InputStream in = new ByteArrayInputStream(bytes.toByteArray());
                check(copies.copyIn("COPY again FROM STDIN (FORMAT " + format + ")", in, 5), 3L);
                check(one(conn, "SELECT count(*) FROM (SELECT * FROM copied EXCEPT SELECT * FROM again) AS d"), "0");
                st.execute("DROP TABLE again");
            }
            // The streams, and the operations beneath.
            st.execute("CREATE TABLE streamed(a integer, b text)");
            PGConnection pg = conn.unwrap(PGConnection.class);
            try (PGCopyOutputStream stream = new PGCopyOutputStream(pg, "COPY streamed FROM STDIN (FORMAT csv)")) {
                for (int n = 0; n < 10000; n++) stream.write((n + ",\"row, " + n + "\"\n").getBytes(StandardCharsets.UTF_8));
            }
            check(one(conn, "SELECT count(*) || ' ' || min(b) || ' ' || sum(a) FROM streamed"), "10000 row, 0 49995000");
            int lines = 0;
            try (PGCopyInputStream stream = new PGCopyInputStream(pg, "COPY streamed TO STDOUT")) {
                for (int read; (read = stream.read()) >= 0;) if (read == '\n') lines++;
            }
            check(lines, 10000);
            CopyOut rows = copies.copyOut("COPY (SELECT 1, 'x') TO STDOUT (FORMAT binary)");
            check(rows.getFieldCount(), 2);
            check(rows.getFormat(), 1);
            check(rows.getFieldFormat(1), 1);
            while (rows.readFromCopy() != null) continue;
            check(rows.getHandledRowCount(), 1L);

            // A million rows.
            st.execute("CREATE TABLE million(a bigint, b text)");
            InputStream million = new InputStream() {
                int next = 0;
                byte[] line = {};
                int at = 0;

                @Override public int read() {
                    if (at == line.length) {
                        if (next == 1000000) return -1;
                        line = (next + "\trow " + next++ + "\n").getBytes(StandardCharsets.UTF_8);
                        at = 0;
                    }
                    return line[at++];
                }
            };
            check(copies.copyIn("COPY million FROM STDIN", million), 1000000L);
            check(one(conn, "SELECT count(*) || ' ' || sum(a) || ' ' || count(DISTINCT b) FROM million"), "1000000 499999500000 1000000");
        }
    }

    static void failures(Connection conn) throws Exception {
        CopyManager copies = conn.unwrap(PGConnection.class).getCopyAPI();
        fails("22P02", "line 2, column a", () -> copies.copyIn("COPY streamed FROM STDIN", new StringReader("1\tx\ntwo\ty\n")));
        fails("22P04", "line 2", () -> copies.copyIn("COPY streamed FROM STDIN", new StringReader("1\tx\n2\n")));
        fails("42P01", "no_such_table", () -> copies.copyIn("COPY no_such_table FROM STDIN", new StringReader("")));
        // Given up by the client: CopyFail.
        CopyIn in = copies.copyIn("COPY streamed FROM STDIN");
        byte[] line = "1\thalf\n".getBytes(StandardCharsets.UTF_8);
        for (int n = 0; n < 10000; n++) in.writeToCopy(line, 0, line.length);
        in.cancelCopy();
        check(in.isActive(), false);
        // A reader that fails.
        InputStream broken = new InputStream() {
            @Override public int read() throws IOException { throw new IOException("the disk is gone"); }
        };
        try {
            copies.copyIn("COPY streamed FROM STDIN", broken);
            throw new AssertionError("no error");
        } catch (IOException error) {
            check(error.getMessage(), "the disk is gone");
        }
        check(one(conn, "SELECT count(*) FROM streamed"), "10000");
        // In a transaction.
        conn.setAutoCommit(false);
        check(copies.copyIn("COPY streamed FROM STDIN", new StringReader("1\tx\n")), 1L);
        conn.rollback();
        fails("22P02", "line 1", () -> copies.copyIn("COPY streamed FROM STDIN", new StringReader("x\tx\n")));
        fails("25P02", "aborted", () -> one(conn, "SELECT 1"));
        conn.rollback();
        conn.setAutoCommit(true);
        check(one(conn, "SELECT count(*) FROM streamed"), "10000");
    }

    // Portals: three statements' rows in turn, each in pieces, while others are run.
    static void pieces(Connection conn) throws Exception {
        conn.setAutoCommit(false);
        String sql = "SELECT a, b FROM million WHERE a >= ? ORDER BY a";
        try (PreparedStatement one = conn.prepareStatement(sql); PreparedStatement two = conn.prepareStatement(sql)) {
            one.setFetchSize(7);
            two.setFetchSize(1000);
            for (int round = 0; round < 7; round++) { // named from the fifth on
                one.setLong(1, 100);
                two.setLong(1, 500000);
                ResultSet first = one.executeQuery(), second = two.executeQuery();
                for (int n = 0; n < 3000; n++) {
                    check(first.next() && second.next(), true);
                    check(first.getLong(1), 100L + n);
                    check(second.getString(2), "row " + (500000 + n));
                    if (n % 500 == 0) check(one(conn, "SELECT 42"), "42");
                }
                // Closed half read.
                first.close();
                second.close();
            }
        }
        try (Statement st = conn.createStatement()) {
            st.setFetchSize(10000);
            st.setMaxRows(250000);
            ResultSet rs = st.executeQuery("SELECT a FROM million ORDER BY a");
            long rows = 0, sum = 0;
            while (rs.next()) {
                rows++;
                sum += rs.getLong(1);
            }
            check(rows, 250000L);
            check(sum, 249999L * 250000L / 2);
        }
        // Over with the transaction.
        try (Statement st = conn.createStatement()) {
            st.setFetchSize(10);
            ResultSet rs = st.executeQuery("SELECT a FROM million ORDER BY a");
            rs.next();
            conn.commit();
            fails("34000", "portal", () -> { while (rs.next()) continue; });
        }
        conn.rollback();
        // A row that fails after pieces have come.
        try (Statement st = conn.createStatement()) {
            st.setFetchSize(100);
            ResultSet rs = st.executeQuery("SELECT CAST(CASE WHEN a = 900000 THEN 'wrong' ELSE CAST(a AS text) END AS integer) FROM million");
            check(rs.next(), true);
            fails("22P02", "wrong", () -> { while (rs.next()) continue; });
        }
        conn.rollback();
        conn.setAutoCommit(true);
        check(one(conn, "SELECT 1"), "1");
    }
}
