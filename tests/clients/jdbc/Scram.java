// JDBC by account and password.
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.util.Properties;

public class Scram {
    public static void main(String[] arguments) throws Exception {
        String url = "jdbc:postgresql://" + System.getenv("PGHOST") + ":" + System.getenv("PGPORT")
                + "/md:?sslmode=verify-full&sslrootcert=" + System.getenv("CA_FILE");
        Properties properties = new Properties();
        properties.setProperty("user", "@default");
        properties.setProperty("password", System.getenv("PASSWORD"));
        for (String binding : new String[] {"prefer", "require", "disable"}) {
            properties.setProperty("channelBinding", binding);
            try (Connection connection = DriverManager.getConnection(url, properties);
                    ResultSet rows = connection.createStatement().executeQuery("select current_user")) {
                rows.next();
                if (!rows.getString(1).equals("default")) {
                    throw new AssertionError(rows.getString(1));
                }
            }
        }
        System.out.println("ok");
    }
}
