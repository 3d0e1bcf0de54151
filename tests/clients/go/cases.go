// pgx (version 4) and lib/pq: the matrix's cases, one printed line for each. The argument names the client.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/jackc/pgconn"
	"github.com/jackc/pgtype"
	"github.com/jackc/pgx/v4"
	"github.com/jackc/pgx/v4/pgxpool"
	"github.com/lib/pq"
)

var ctx = context.Background()

const undo = "ROLLBACK TO after something was written: DuckDB has no savepoints"

type impossible string

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func check(found, expected interface{}) {
	if left, right := fmt.Sprintf("%#v", found), fmt.Sprintf("%#v", expected); left != right {
		panic(fmt.Sprintf("expected %s, got %s", right, left))
	}
}

func state(err error) string {
	var fromPgx *pgconn.PgError
	var fromPq *pq.Error
	if errors.As(err, &fromPgx) {
		return fromPgx.Code
	} else if errors.As(err, &fromPq) {
		return string(fromPq.Code)
	}
	return fmt.Sprint(err)
}

func dsn() string {
	return fmt.Sprintf("host=%s port=%s user=%s dbname=%s password=%s sslmode=verify-full sslrootcert=%s", os.Getenv("PGHOST"), os.Getenv("PGPORT"),
		os.Getenv("PGUSER"), os.Getenv("PGDATABASE"), os.Getenv("PGPASSWORD"), os.Getenv("CA_FILE"))
}

func named(name string, work func()) {
	defer func() {
		switch caught := recover().(type) {
		case nil:
			fmt.Printf("%s\tok\t\n", name)
		case impossible:
			fmt.Printf("%s\timpossible\t%s\n", name, string(caught))
		default:
			fmt.Printf("%s\tfailed\t%s\n", name, strings.Join(strings.Fields(fmt.Sprint(caught)), " "))
		}
	}()
	work()
}

func withPgx(work func(*pgx.Conn)) func() {
	return func() {
		conn, err := pgx.Connect(ctx, dsn())
		must(err)
		defer conn.Close(ctx)
		work(conn)
	}
}

func exec(conn *pgx.Conn, text string, values ...interface{}) int64 {
	tag, err := conn.Exec(ctx, text, values...)
	must(err)
	return tag.RowsAffected()
}

func pgxCases() {
	named("connect", withPgx(func(conn *pgx.Conn) {
		var n int32
		must(conn.QueryRow(ctx, "SELECT 42").Scan(&n))
		check(n, int32(42))
	}))
	named("types", withPgx(func(conn *pgx.Conn) {
		for _, simple := range []bool{false, true} {
			var b bool
			var l int64
			var t string
			var when time.Time
			var day time.Time
			var array []int32
			var none *int32
			row := conn.QueryRow(ctx, "SELECT true, 9223372036854775807::bigint, 'tëxt'::text, '2024-02-29 12:30:00+00'::timestamptz, '2024-02-29'::date, ARRAY[1,2]::integer[], NULL::integer", pgx.QuerySimpleProtocol(simple))
			must(row.Scan(&b, &l, &t, &when, &day, &array, &none))
			check([]interface{}{b, l, t, when.UTC().Format(time.RFC3339), day.Format("2006-01-02"), array, none == nil},
				[]interface{}{true, int64(9223372036854775807), "tëxt", "2024-02-29T12:30:00Z", "2024-02-29", []int32{1, 2}, true})
			var number pgtype.Numeric
			var id pgtype.UUID
			must(conn.QueryRow(ctx, "SELECT 12.340::numeric(10,3), 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid", pgx.QuerySimpleProtocol(simple)).Scan(&number, &id))
			var float float64
			must(number.AssignTo(&float))
			check(float, 12.34)
			check(fmt.Sprintf("%x", id.Bytes), "a0eebc999c0b4ef8bb6d6bb9bd380a11")
		}
	}))
	named("parameters", withPgx(func(conn *pgx.Conn) {
		exec(conn, "CREATE TABLE gx_t(a integer, b text, c timestamptz, d text[], e bytea)")
		when := time.Date(2024, 2, 29, 12, 30, 0, 0, time.UTC)
		check(exec(conn, "INSERT INTO gx_t VALUES ($1, $2, $3, $4, $5)", 1, "it's", when, []string{"a b", "c"}, []byte{0, 255}), int64(1))
		var back time.Time
		var words []string
		var bytes []byte
		must(conn.QueryRow(ctx, "SELECT c, d, e FROM gx_t WHERE a = $1 AND b = $2", 1, "it's").Scan(&back, &words, &bytes))
		check([]interface{}{back.Equal(when), words, bytes}, []interface{}{true, []string{"a b", "c"}, []byte{0, 255}})
		var n int64
		must(conn.QueryRow(ctx, "SELECT count(*) FROM gx_t WHERE a = ANY($1)", []int32{1, 2}).Scan(&n))
		check(n, int64(1))
	}))
	named("errors", withPgx(func(conn *pgx.Conn) {
		exec(conn, "CREATE TABLE gx_errors(a integer PRIMARY KEY)")
		exec(conn, "INSERT INTO gx_errors VALUES (1)")
		for want, text := range map[string]string{"42P01": "SELECT * FROM no_such_table", "42601": "SELEC 1", "22P02": "SELECT 'x'::integer", "23505": "INSERT INTO gx_errors VALUES (1)"} {
			_, err := conn.Exec(ctx, text)
			check(state(err), want)
		}
	}))
	named("transactions", withPgx(func(conn *pgx.Conn) {
		exec(conn, "CREATE TABLE gx_transactions(a integer)")
		must(conn.BeginTxFunc(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead}, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, "INSERT INTO gx_transactions VALUES (1)")
			return err
		}))
		tx, err := conn.Begin(ctx)
		must(err)
		_, err = tx.Exec(ctx, "INSERT INTO gx_transactions VALUES (2)")
		must(err)
		must(tx.Rollback(ctx))
		var n int64
		must(conn.QueryRow(ctx, "SELECT count(*) FROM gx_transactions").Scan(&n))
		check(n, int64(1))
	}))
	named("savepoints", withPgx(func(conn *pgx.Conn) {
		exec(conn, "CREATE TABLE gx_savepoints(a integer)")
		must(conn.BeginFunc(ctx, func(tx pgx.Tx) error {
			return tx.BeginFunc(ctx, func(inner pgx.Tx) error {
				_, err := inner.Exec(ctx, "INSERT INTO gx_savepoints VALUES (1)")
				return err
			})
		}))
		var n int64
		must(conn.QueryRow(ctx, "SELECT count(*) FROM gx_savepoints").Scan(&n))
		check(n, int64(1))
	}))
	named("savepoint undo", withPgx(func(conn *pgx.Conn) {
		exec(conn, "CREATE TABLE gx_undone(a integer)")
		tx, err := conn.Begin(ctx)
		must(err)
		inner, err := tx.Begin(ctx)
		must(err)
		_, err = inner.Exec(ctx, "INSERT INTO gx_undone VALUES (1)")
		must(err)
		err = inner.Rollback(ctx)
		if os.Getenv("SERVER") == "pintail" {
			check(state(err), "0A000")
			panic(impossible(undo))
		}
		must(err)
		must(tx.Commit(ctx))
	}))
	named("cursors", withPgx(func(conn *pgx.Conn) {
		rows, err := conn.Query(ctx, "SELECT g::bigint FROM generate_series(1, 1000) AS s(g)")
		must(err)
		var sum, n int64
		for rows.Next() {
			must(rows.Scan(&n))
			sum += n
		}
		must(rows.Err())
		check(sum, int64(500500))
	}))
	named("copy", withPgx(func(conn *pgx.Conn) {
		exec(conn, "CREATE TABLE gx_copied(a integer, b text, c timestamptz)")
		rows := [][]interface{}{}
		for n := 0; n < 100; n++ {
			rows = append(rows, []interface{}{n, fmt.Sprint("row ", n), time.Unix(int64(n), 0)})
		}
		copied, err := conn.CopyFrom(ctx, pgx.Identifier{"gx_copied"}, []string{"a", "b", "c"}, pgx.CopyFromRows(rows))
		must(err)
		check(copied, int64(100))
		var text strings.Builder
		_, err = conn.PgConn().CopyTo(ctx, &text, "COPY (SELECT count(*), max(b) FROM gx_copied) TO STDOUT (FORMAT csv)")
		must(err)
		check(text.String(), "100,row 99\n")
	}))
	named("batch", withPgx(func(conn *pgx.Conn) {
		batch := &pgx.Batch{}
		for n := 0; n < 50; n++ {
			batch.Queue("SELECT $1::int", n)
		}
		answers := conn.SendBatch(ctx, batch)
		for n := int32(0); n < 50; n++ {
			var found int32
			must(answers.QueryRow().Scan(&found))
			check(found, n)
		}
		must(answers.Close())
	}))
	named("metadata", withPgx(func(conn *pgx.Conn) {
		exec(conn, "CREATE TABLE gx_described(a integer, b numeric(8,2))")
		described, err := conn.Prepare(ctx, "described", "SELECT * FROM gx_described WHERE a = $1")
		must(err)
		check(described.ParamOIDs, []uint32{23})
		check([]uint32{described.Fields[0].DataTypeOID, described.Fields[1].DataTypeOID}, []uint32{23, 1700})
		exec(conn, "CREATE TYPE gx_mood AS ENUM ('sad', 'happy')")
		var mood string
		must(conn.QueryRow(ctx, "SELECT 'happy'::gx_mood").Scan(&mood))
		check(mood, "happy")
	}))
	named("pool", func() {
		pool, err := pgxpool.Connect(ctx, dsn()+" pool_max_conns=3")
		must(err)
		defer pool.Close()
		for n := int32(0); n < 10; n++ {
			var found int32
			must(pool.QueryRow(ctx, "SELECT $1::int", n).Scan(&found))
			check(found, n)
		}
		must(pool.Ping(ctx))
	})
}

func pqCases() {
	db, err := sql.Open("postgres", dsn())
	must(err)
	run := func(text string, values ...interface{}) { _, err := db.Exec(text, values...); must(err) }
	named("connect", func() { must(db.Ping()) })
	named("types", func() {
		var b bool
		var l int64
		var t string
		var when time.Time
		var bytes []byte
		var array []int64
		row := db.QueryRow("SELECT true, 9223372036854775807::bigint, 'tëxt'::text, '2024-02-29 12:30:00+00'::timestamptz, 'a'::bytea, ARRAY[1,2]::integer[]")
		must(row.Scan(&b, &l, &t, &when, &bytes, pq.Array(&array)))
		check([]interface{}{b, l, t, when.UTC().Format(time.RFC3339), bytes, array}, []interface{}{true, int64(9223372036854775807), "tëxt", "2024-02-29T12:30:00Z", []byte("a"), []int64{1, 2}})
	})
	named("parameters", func() {
		run("CREATE TABLE gq_t(a integer, b text, c text[])")
		run("INSERT INTO gq_t VALUES ($1, $2, $3)", 1, "it's", pq.Array([]string{"a b", "c"}))
		var words []string
		must(db.QueryRow("SELECT c FROM gq_t WHERE a = $1", 1).Scan(pq.Array(&words)))
		check(words, []string{"a b", "c"})
		var n int
		must(db.QueryRow("SELECT count(*) FROM gq_t WHERE a = ANY($1)", pq.Array([]int64{1, 2})).Scan(&n))
		check(n, 1)
		statement, err := db.Prepare("SELECT $1::int * 2")
		must(err)
		must(statement.QueryRow(21).Scan(&n))
		check(n, 42)
	})
	named("errors", func() {
		_, err := db.Exec("SELECT * FROM no_such_table")
		check(state(err), "42P01")
		_, err = db.Query("SELECT $1::int", "x")
		check(state(err), "22P02")
	})
	named("transactions", func() {
		run("CREATE TABLE gq_transactions(a integer)")
		tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead})
		must(err)
		_, err = tx.Exec("INSERT INTO gq_transactions VALUES (1)")
		must(err)
		must(tx.Rollback())
		var n int
		must(db.QueryRow("SELECT count(*) FROM gq_transactions").Scan(&n))
		check(n, 0)
	})
	named("copy", func() {
		run("CREATE TABLE gq_copied(a integer, b text)")
		tx, err := db.Begin()
		must(err)
		statement, err := tx.Prepare(pq.CopyIn("gq_copied", "a", "b"))
		must(err)
		for n := 0; n < 100; n++ {
			_, err = statement.Exec(n, fmt.Sprint("row ", n))
			must(err)
		}
		_, err = statement.Exec()
		must(err)
		must(statement.Close())
		must(tx.Commit())
		var n int
		must(db.QueryRow("SELECT count(*) FROM gq_copied").Scan(&n))
		check(n, 100)
	})
	named("metadata", func() {
		run("CREATE TABLE gq_described(a integer, b numeric(8,2), c text)")
		rows, err := db.Query("SELECT * FROM gq_described")
		must(err)
		kinds, err := rows.ColumnTypes()
		must(err)
		precision, scale, _ := kinds[1].DecimalSize()
		check([]interface{}{kinds[0].DatabaseTypeName(), kinds[1].DatabaseTypeName(), precision, scale, kinds[2].DatabaseTypeName()}, []interface{}{"INT4", "NUMERIC", int64(8), int64(2), "TEXT"})
		must(rows.Close())
	})
	named("pool", func() {
		db.SetMaxOpenConns(3)
		for n := 0; n < 10; n++ {
			var found int
			must(db.QueryRow("SELECT $1::int", n).Scan(&found))
			check(found, n)
		}
		check(db.Stats().InUse, 0)
	})
}

func main() {
	debug.SetTraceback("none")
	if os.Args[1] == "pgx" {
		fmt.Println("version\t4.15")
		pgxCases()
	} else {
		fmt.Println("version\t1.10")
		pqCases()
	}
}
