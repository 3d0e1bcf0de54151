// PostgreSQL's JDBC driver: the reference's URL, a transaction that really commits, batches, a million rows.

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.util.Objects;

public class Client {
    static void check(Object found, Object expected) {
        if (!Objects.equals(found, expected)) throw new AssertionError("expected " + expected + ", got " + found);
    }

    public static void main(String[] arguments) throws Exception {
        String server = "jdbc:postgresql://" + System.getenv("PGHOST") + ":" + System.getenv("PGPORT");
        String token = System.getenv("MOTHERDUCK_TOKEN");
        String url = server + "/md:?sslmode=verify-full" + arguments[0];

        try (Connection conn = DriverManager.getConnection(url, "postgres", token); Statement st = conn.createStatement()) {
            ResultSet rs = st.executeQuery("SELECT title, score FROM sample_data.hn.hacker_news WHERE type='story' ORDER BY score DESC LIMIT 10");
            check(rs.getMetaData().getColumnName(1), "title");
            rs.next();
            check(rs.getString("title"), "How We Scaled E-Ink Displays, Part 2");
            check(rs.getLong(2), 2188L);

            String taxi = "SELECT sum(passenger_count)::INTEGER AS total_passengers, round(sum(fare_amount), 2) AS total_fare "
                + "FROM sample_data.nyc.taxi WHERE tpep_pickup_datetime >= ? AND tpep_pickup_datetime < ?";
            try (PreparedStatement ps = conn.prepareStatement(taxi)) {
                for (int round = 0; round < 7; round++) { // the driver names its statement at the fifth
                    ps.setTimestamp(1, Timestamp.valueOf("2022-11-01 00:00:00"));
                    ps.setTimestamp(2, Timestamp.valueOf("2022-12-01 00:00:00"));
                    rs = ps.executeQuery();
                    rs.next();
                    check(rs.getInt(1), 244618);
                    check(rs.getDouble(2), 2259560.2);
                }
            }

            // No result set where there is none, true counts.
            check(st.executeUpdate("CREATE TABLE jdbc_t(a INTEGER, b VARCHAR)"), 0);
            check(st.executeUpdate("INSERT INTO jdbc_t VALUES (1, 'x'), (2, 'y')"), 2);
            check(st.executeUpdate("UPDATE jdbc_t SET b = 'z' WHERE a = 2"), 1);
            check(st.executeUpdate("COMMENT ON TABLE jdbc_t IS 'said'"), 0);
            try (PreparedStatement ps = conn.prepareStatement("INSERT INTO jdbc_t VALUES (?, ?)")) {
                for (int n = 0; n < 100; n++) {
                    ps.setInt(1, n);
                    ps.setString(2, "row " + n);
                    ps.addBatch();
                }
                check(ps.executeBatch().length, 100);
            }

            conn.setAutoCommit(false);
            st.executeUpdate("DELETE FROM jdbc_t WHERE a = 1");
            conn.commit();
            st.executeUpdate("DELETE FROM jdbc_t");
            conn.rollback();
            conn.setAutoCommit(true);
            rs = st.executeQuery("SELECT count(*) FROM jdbc_t");
            rs.next();
            check(rs.getInt(1), 100);
            try {
                st.executeQuery("SELECT * FROM jdbc_no_such_table");
                throw new AssertionError("no error");
            } catch (SQLException error) {
                check(error.getSQLState(), "42P01");
            }
        }

        // A million rows, once whole and once through a cursor.
        try (Connection conn = DriverManager.getConnection(url, "postgres", token)) {
            for (int fetch : new int[] {0, 10000}) {
                conn.setAutoCommit(fetch == 0);
                try (Statement st = conn.createStatement()) {
                    st.setFetchSize(fetch);
                    ResultSet rs = st.executeQuery("SELECT range AS a, 'row ' || range AS b FROM range(1000000)");
                    long sum = 0, rows = 0;
                    while (rs.next()) {
                        sum += rs.getLong(1);
                        rows++;
                    }
                    check(rows, 1000000L);
                    check(sum, 499999500000L);
                }
                if (fetch != 0) conn.commit();
            }
            // Cancel.
            conn.setAutoCommit(true);
            try (Statement st = conn.createStatement()) {
                st.setQueryTimeout(1);
                st.executeQuery("SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE (a.range * b.range) % 7 = 3");
                throw new AssertionError("no time-out");
            } catch (SQLException error) {
                check(error.getSQLState(), "57014");
            }
        }
        System.out.println("ok");
    }
}
