<?php
// PDO (pdo_pgsql) and the pgsql functions: the matrix's cases, one printed line for each.
$dsn = sprintf("pgsql:host=%s;port=%s;dbname=%s;sslmode=verify-full;sslrootcert=%s", getenv("PGHOST"), getenv("PGPORT"), getenv("PGDATABASE"), getenv("CA_FILE"));
$onPintail = getenv("SERVER") === "pintail";

class Impossible extends Exception {}
function connected(array $more = []): PDO {
    global $dsn;
    return new PDO($dsn, getenv("PGUSER"), getenv("PGPASSWORD"), $more + [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
}
function check($found, $expected): void {
    if ($found !== $expected) throw new Exception("expected " . var_export($expected, true) . ", got " . var_export($found, true));
}
function fails(string $state, callable $work): void {
    try {
        $work();
    } catch (PDOException $error) {
        check($error->getCode(), $state);
        return;
    }
    throw new Exception("no error; expected $state");
}

$cases = [
    "connect" => function () {
        $db = connected();
        check($db->query("SELECT 42")->fetchColumn(), 42);
        if (!preg_match('/^1[5-9]/', $db->getAttribute(PDO::ATTR_SERVER_VERSION))) throw new Exception($db->getAttribute(PDO::ATTR_SERVER_VERSION));
    },
    "types" => function () use ($onPintail) {
        $db = connected();
        foreach ([
            ["true", true], ["1::smallint", 1], ["9223372036854775807::bigint", PHP_INT_MAX], ["'tëxt'::text", "tëxt"], ["12.340::numeric(10,3)", "12.340"],
            ["'2024-02-29'::date", "2024-02-29"], ["NULL::integer", null], ["ARRAY[1,2]::integer[]", "{1,2}"], ["ARRAY['a b',NULL]::text[]", '{"a b",NULL}'],
            ["'2024-02-29 12:30:00+00'::timestamptz", "2024-02-29 12:30:00+00"],
        ] as [$text, $expected]) check($db->query("SELECT $text")->fetchColumn(), $expected);
        $bytes = $onPintail ? "'\\x00\\xff'::bytea" : "'\\x00ff'::bytea";
        check(stream_get_contents($db->query("SELECT $bytes")->fetchColumn()), "\x00\xff");
    },
    "parameters" => function () {
        foreach ([true, false] as $emulated) {
            $db = connected([PDO::ATTR_EMULATE_PREPARES => $emulated]);
            $name = $emulated ? "ph_emulated" : "ph_native";
            $db->exec("CREATE TABLE $name(a integer, b text, c boolean, d bytea)");
            $in = $db->prepare("INSERT INTO $name VALUES (:a, :b, :c, :d)");
            $in->bindValue("a", 1, PDO::PARAM_INT);
            $in->bindValue("b", "it's \\");
            $in->bindValue("c", true, PDO::PARAM_BOOL);
            $in->bindValue("d", "\x00\xff", PDO::PARAM_LOB);
            $in->execute();
            check($in->rowCount(), 1);
            $out = $db->prepare("SELECT * FROM $name WHERE a = ? AND b = ?");
            $out->execute([1, "it's \\"]);
            $row = $out->fetch(PDO::FETCH_ASSOC);
            check(stream_get_contents($row["d"]), "\x00\xff");
            check([$row["a"], $row["c"]], [1, true]);
        }
    },
    "errors" => function () {
        $db = connected();
        $db->exec("CREATE TABLE ph_errors(a integer PRIMARY KEY)");
        $db->exec("INSERT INTO ph_errors VALUES (1)");
        fails("42P01", fn() => $db->query("SELECT * FROM no_such_table"));
        fails("42601", fn() => $db->query("SELEC 1"));
        fails("22P02", fn() => $db->query("SELECT 'x'::integer"));
        fails("23505", fn() => $db->prepare("INSERT INTO ph_errors VALUES (?)")->execute([1]));
    },
    "transactions" => function () {
        $db = connected();
        $db->exec("CREATE TABLE ph_transactions(a integer)");
        $db->beginTransaction();
        $db->exec("INSERT INTO ph_transactions VALUES (1)");
        $db->commit();
        $db->beginTransaction();
        $db->exec("INSERT INTO ph_transactions VALUES (2)");
        check($db->inTransaction(), true);
        $db->rollBack();
        check($db->query("SELECT count(*) FROM ph_transactions")->fetchColumn(), 1);
    },
    "savepoints" => function () {
        $db = connected();
        $db->exec("CREATE TABLE ph_savepoints(a integer)");
        $db->beginTransaction();
        $db->exec("SAVEPOINT a");
        $db->exec("INSERT INTO ph_savepoints VALUES (1)");
        $db->exec("RELEASE SAVEPOINT a");
        $db->commit();
        check($db->query("SELECT count(*) FROM ph_savepoints")->fetchColumn(), 1);
    },
    "cursors" => function () {
        $db = connected();
        $db->beginTransaction();
        $db->exec("DECLARE c CURSOR FOR SELECT g FROM generate_series(1, 100) AS s(g)");
        check(count($db->query("FETCH 7 FROM c")->fetchAll()), 7);
        $db->rollBack();
    },
    "scroll cursor" => function () use ($onPintail) {
        $db = connected();
        $db->beginTransaction();
        if ($onPintail) {
            fails("0A000", fn() => $db->prepare("SELECT 1", [PDO::ATTR_CURSOR => PDO::CURSOR_SCROLL])->execute());
            throw new Impossible("PDO::CURSOR_SCROLL: DuckDB's results move forward only");
        }
        $st = $db->prepare("SELECT g FROM generate_series(1, 1000) AS s(g)", [PDO::ATTR_CURSOR => PDO::CURSOR_SCROLL]);
        $st->execute();
        $sum = 0;
        for ($n = 0; $n < 1000; $n++) $sum += $st->fetch(PDO::FETCH_NUM, PDO::FETCH_ORI_NEXT)[0];
        check($sum, 500500);
        $db->rollBack();
    },
    "copy" => function () {
        $db = connected();
        $db->exec("CREATE TABLE ph_copied(a integer, b text)");
        check($db->pgsqlCopyFromArray("ph_copied", ["1\tone\n", "2\ttwo\n"]), true);
        check($db->pgsqlCopyToArray("ph_copied"), ["1\tone\n", "2\ttwo\n"]);
    },
    "metadata" => function () {
        $db = connected();
        $db->exec("CREATE TABLE ph_described(id integer PRIMARY KEY, n numeric(8,2), t text)");
        $st = $db->query("SELECT * FROM ph_described");
        check($st->getColumnMeta(0)["native_type"], "int4");
        check($st->getColumnMeta(1)["native_type"], "numeric");
        check($st->getColumnMeta(2)["table"], "ph_described");
        check(array_map(fn($n) => $st->getColumnMeta($n)["name"], [0, 1, 2]), ["id", "n", "t"]);
    },
    "serial" => function () {
        $db = connected();
        $db->exec("CREATE TABLE ph_serial(id serial PRIMARY KEY, t text)");
        $db->exec("INSERT INTO ph_serial(t) VALUES ('x')");
        check($db->lastInsertId("ph_serial_id_seq"), "1");
        check($db->lastInsertId(), "1");
    },
    "pgsql" => function () {
        $link = pg_connect(sprintf("host=%s port=%s dbname=%s user=%s password=%s sslmode=verify-full sslrootcert=%s", getenv("PGHOST"), getenv("PGPORT"), getenv("PGDATABASE"), getenv("PGUSER"), getenv("PGPASSWORD"), getenv("CA_FILE")));
        check(pg_fetch_result(pg_query_params($link, 'SELECT $1::int * 2', [21]), 0, 0), "42");
        pg_query($link, "CREATE TABLE ph_pgsql(a integer NOT NULL, b text)");
        check(pg_insert($link, "ph_pgsql", ["a" => 1, "b" => "x"]) !== false, true);
        check(pg_select($link, "ph_pgsql", ["a" => 1]), [["a" => "1", "b" => "x"]]);
        $meta = pg_meta_data($link, "ph_pgsql");
        check([$meta["a"]["type"], $meta["a"]["not null"], $meta["b"]["num"]], ["int4", true, 2]);
        check(pg_copy_to($link, "ph_pgsql"), ["1\tx\n"]);
        check(pg_field_table(pg_query($link, "SELECT * FROM ph_pgsql"), 0), "ph_pgsql");
    },
];

echo "version\t", PHP_VERSION, "\n";
foreach ($cases as $name => $work) {
    try {
        $work();
        echo "$name\tok\t\n";
    } catch (Impossible $reason) {
        echo "$name\timpossible\t", $reason->getMessage(), "\n";
    } catch (Throwable $error) {
        echo "$name\tfailed\t", substr(preg_replace('/\s+/', ' ', $error->getMessage()), 0, 600), "\n";
    }
}
