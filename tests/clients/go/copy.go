// pgx (version 4, Debian's) and lib/pq: COPY both ways, pgx's binary CopyFrom of every type it has, batches (a
// pipeline), rows read and abandoned. Runs against PostgreSQL as well.
package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"math"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgconn"
	"github.com/jackc/pgx/v4"
	"github.com/lib/pq"
)

var ctx = context.Background()

func must(err error) {
	if err != nil {
		log.Output(2, err.Error())
		os.Exit(1)
	}
}

func check(found, expected interface{}) {
	if left, right := fmt.Sprintf("%#v", found), fmt.Sprintf("%#v", expected); left != right {
		log.Output(2, fmt.Sprintf("expected %s, got %s", right, left))
		os.Exit(1)
	}
}

func fails(err error, state string, words string) {
	var server *pgconn.PgError
	if !errors.As(err, &server) {
		log.Output(2, fmt.Sprintf("expected %s, got %v", state, err))
		os.Exit(1)
	}
	check(server.Code, state)
	if !strings.Contains(server.Message+" "+server.Where, words) {
		log.Output(2, fmt.Sprintf("%q is not in %q, %q", words, server.Message, server.Where))
		os.Exit(1)
	}
}

func dsn() string {
	return fmt.Sprintf("host=%s port=%s user=postgres dbname=%s password=%s sslmode=verify-full sslrootcert=%s",
		os.Getenv("PGHOST"), os.Getenv("PGPORT"), os.Getenv("PGDATABASE"), os.Getenv("MOTHERDUCK_TOKEN"), os.Getenv("CA_FILE"))
}

func connect() *pgx.Conn {
	config, err := pgx.ParseConfig(dsn())
	must(err)
	roots := x509.NewCertPool()
	file, err := os.ReadFile(os.Getenv("CA_FILE"))
	must(err)
	roots.AppendCertsFromPEM(file)
	config.TLSConfig = &tls.Config{RootCAs: roots, ServerName: os.Getenv("PGHOST")}
	conn, err := pgx.ConnectConfig(ctx, config)
	must(err)
	return conn
}

func one(conn *pgx.Conn, query string) (value int64) {
	must(conn.QueryRow(ctx, query).Scan(&value))
	return value
}

func copies(conn *pgx.Conn) {
	_, err := conn.Exec(ctx, "CREATE TABLE copied(a bigint, b text, c double precision, d boolean, e timestamp, f timestamptz, g date, h bytea, i smallint, j real, k integer)")
	must(err)
	moment := time.Date(2024, 2, 29, 12, 30, 0, 1000, time.UTC)
	columns := []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"}
	rows := [][]interface{}{
		{int64(1), "", math.Inf(-1), true, moment, moment, time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), []byte{}, int16(-32768), float32(1.5), int32(-1 << 31)},
		{int64(math.MaxInt64), "Ünï 🦆, \t\\N\n", math.SmallestNonzeroFloat64, false, moment, moment, moment.Truncate(24 * time.Hour), []byte{0, 255, 92}, int16(32767), float32(-0.5), int32(1<<31 - 1)},
		{int64(3), nil, nil, nil, nil, nil, nil, nil, nil, nil, nil},
	}
	count, err := conn.CopyFrom(ctx, pgx.Identifier{"copied"}, columns, pgx.CopyFromRows(rows))
	must(err)
	check(count, int64(3))
	found, err := conn.Query(ctx, "SELECT * FROM copied ORDER BY b NULLS LAST")
	must(err)
	for _, row := range rows {
		check(found.Next(), true)
		values, err := found.Values()
		must(err)
		for at, value := range values {
			expected := row[at]
			if when, is := value.(time.Time); is {
				check(when.UTC().Equal(expected.(time.Time)), true)
			} else {
				check(value, expected)
			}
		}
	}
	check(found.Next(), false)
	must(found.Err())

	// A million rows in binary; out in text, csv and binary; in again.
	_, err = conn.Exec(ctx, "CREATE TABLE many(a bigint, b text)")
	must(err)
	count, err = conn.CopyFrom(ctx, pgx.Identifier{"many"}, []string{"b", "a"}, pgx.CopyFromSlice(1000000, func(n int) ([]interface{}, error) {
		return []interface{}{fmt.Sprintf("row %d", n), int64(n)}, nil
	}))
	must(err)
	check(count, int64(1000000))
	check(one(conn, "SELECT count(DISTINCT b) + CAST(sum(a) AS bigint) FROM many"), int64(499999500000+1000000))
	for _, format := range []string{"text", "csv", "csv, HEADER", "binary"} {
		var out bytes.Buffer
		tag, err := conn.PgConn().CopyTo(ctx, &out, "COPY (SELECT * FROM many WHERE a < 10000) TO STDOUT (FORMAT "+format+")")
		must(err)
		check(tag.String(), "COPY 10000")
		_, err = conn.Exec(ctx, "CREATE TABLE again(a bigint, b text)")
		must(err)
		tag, err = conn.PgConn().CopyFrom(ctx, &out, "COPY again FROM STDIN (FORMAT "+format+")")
		must(err)
		check(tag.String(), "COPY 10000")
		check(one(conn, "SELECT count(DISTINCT b) + CAST(sum(a) AS bigint) FROM again"), int64(49995000+10000))
		_, err = conn.Exec(ctx, "DROP TABLE again")
		must(err)
	}
}

type broken struct{ left int }

func (b *broken) Read(into []byte) (int, error) {
	if b.left--; b.left < 0 {
		return 0, errors.New("the disk is gone")
	}
	return copy(into, "1\thalf\n"), nil
}

func failures(conn *pgx.Conn) {
	_, err := conn.Exec(ctx, "CREATE TABLE strict(a bigint PRIMARY KEY, b text)")
	must(err)
	_, err = conn.PgConn().CopyFrom(ctx, strings.NewReader("1\tx\ntwo\ty\n"), "COPY strict FROM STDIN")
	fails(err, "22P02", "line 2, column a")
	_, err = conn.PgConn().CopyFrom(ctx, &broken{1000}, "COPY many FROM STDIN")
	fails(err, "57014", "the disk is gone")
	_, err = conn.CopyFrom(ctx, pgx.Identifier{"strict"}, []string{"a", "b"}, pgx.CopyFromRows([][]interface{}{{int64(1), "x"}, {int64(1), "y"}}))
	fails(err, "23505", "")
	_, err = conn.CopyFrom(ctx, pgx.Identifier{"no_such_table"}, []string{"a"}, pgx.CopyFromRows([][]interface{}{{int64(1)}}))
	fails(err, "42P01", "no_such_table")
	check(one(conn, "SELECT count(*) FROM strict"), int64(0))
	check(one(conn, "SELECT count(*) FROM many"), int64(1000000))
	tx, err := conn.Begin(ctx)
	must(err)
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"strict"}, []string{"a"}, pgx.CopyFromRows([][]interface{}{{int64(1)}, {int64(2)}}))
	must(err)
	must(tx.Rollback(ctx))
	check(one(conn, "SELECT count(*) FROM strict"), int64(0))
}

// Ten thousand queued statements go in one pipeline with one Sync: one fails and takes the others with it.
func batches(conn *pgx.Conn) {
	for _, wrong := range []bool{false, true} {
		batch := &pgx.Batch{}
		for n := 0; n < 10000; n++ {
			batch.Queue("INSERT INTO strict VALUES ($1, $2)", int64(n), "queued")
		}
		if wrong {
			batch.Queue("SELECT CAST(CAST($1 AS text) AS integer)", "wrong")
		}
		_, err := conn.Exec(ctx, "DELETE FROM strict")
		must(err)
		results := conn.SendBatch(ctx, batch)
		for n := 0; n < 10000; n++ {
			tag, err := results.Exec()
			must(err)
			check(tag.RowsAffected(), int64(1))
		}
		if wrong {
			_, err := results.Exec()
			fails(err, "22P02", "wrong")
		}
		err = results.Close()
		if wrong {
			check(one(conn, "SELECT count(*) FROM strict"), int64(0))
		} else {
			must(err)
			check(one(conn, "SELECT count(*) FROM strict"), int64(10000))
		}
	}
	// Rows left in the middle: by Close, and by a context that ends.
	rows, err := conn.Query(ctx, "SELECT a FROM many")
	must(err)
	check(rows.Next(), true)
	rows.Close()
	must(rows.Err())
	check(one(conn, "SELECT 1"), int64(1))
}

// lib/pq: CopyIn inside a transaction, as it must be there.
func pqCopies() {
	db, err := sql.Open("postgres", dsn())
	must(err)
	defer db.Close()
	for _, commit := range []bool{false, true} {
		tx, err := db.Begin()
		must(err)
		statement, err := tx.Prepare(pq.CopyIn("strict", "a", "b"))
		must(err)
		for n := 20000; n < 30000; n++ {
			_, err = statement.Exec(n, "pq\t"+fmt.Sprint(n))
			must(err)
		}
		_, err = statement.Exec()
		must(err)
		must(statement.Close())
		if commit {
			must(tx.Commit())
		} else {
			must(tx.Rollback())
		}
	}
	var count int
	must(db.QueryRow("SELECT count(*) FROM strict WHERE a >= 20000 AND b LIKE 'pq%'").Scan(&count))
	check(count, 10000)
	tx, err := db.Begin()
	must(err)
	statement, err := tx.Prepare(pq.CopyIn("strict", "a"))
	must(err)
	_, err = statement.Exec("wrong")
	must(err)
	_, err = statement.Exec()
	var server *pq.Error
	check(errors.As(err, &server), true)
	check(string(server.Code), "22P02")
	must(tx.Rollback())
}

func main() {
	log.SetFlags(log.Lshortfile)
	conn := connect()
	defer conn.Close(ctx)
	copies(conn)
	failures(conn)
	batches(conn)
	pqCopies()
	fmt.Println("ok")
}
