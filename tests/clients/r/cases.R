# RPostgreSQL (Debian's package; RPostgres itself is in absent.toml) over DBI: the matrix's cases, one line for each.
suppressPackageStartupMessages({ library(DBI); library(RPostgreSQL) })

connected <- function() dbConnect(PostgreSQL(), host = Sys.getenv("PGHOST"), port = as.integer(Sys.getenv("PGPORT")), user = Sys.getenv("PGUSER"),
  password = Sys.getenv("PGPASSWORD"), dbname = Sys.getenv("PGDATABASE"))
check <- function(found, expected) if (!isTRUE(all.equal(found, expected, check.attributes = FALSE))) stop(paste("expected", deparse(expected), "got", deparse(found)))
fails <- function(words, work) {
  said <- tryCatch({ suppressWarnings(work()); "" }, error = function(e) conditionMessage(e))
  if (!grepl(words, said)) stop(paste("expected", words, "got", said))
}
get <- function(db, sql) suppressWarnings(dbGetQuery(db, sql))

cases <- list(
  connect = function(db) check(get(db, "SELECT 42 AS n")$n, 42L),
  types = function(db) {
    row <- get(db, "SELECT true AS b, 1::integer AS i, 1.5::float8 AS f, 12.34::numeric(10,2) AS n, 'x'::text AS t, DATE '2024-02-29' AS d, TIMESTAMP '2024-02-29 12:30:00' AS w, NULL::integer AS z")
    check(row$b, TRUE); check(row$i, 1L); check(row$f, 1.5); check(row$n, 12.34); check(row$t, "x")
    check(as.character(row$d), "2024-02-29"); check(format(row$w, "%H:%M"), "12:30"); check(is.na(row$z), TRUE)
  },
  parameters = function(db) check(suppressWarnings(dbGetQuery(db, "SELECT $1::int + 1 AS n, $2::text AS t", c(41, "it's")))$n, 42L),
  errors = function(db) {
    fails("no_such_table", function() dbSendQuery(db, "SELECT * FROM no_such_table"))
    check(get(db, "SELECT 1 AS a")$a, 1L)
  },
  transactions = function(db) {
    get(db, "CREATE TABLE r_transactions(a integer)")
    dbBegin(db); get(db, "INSERT INTO r_transactions VALUES (1)"); dbCommit(db)
    dbBegin(db); get(db, "INSERT INTO r_transactions VALUES (2)"); dbRollback(db)
    check(get(db, "SELECT a FROM r_transactions")$a, 1L)
  },
  cursors = function(db) {
    rs <- dbSendQuery(db, "SELECT g::integer AS g FROM generate_series(1, 1000) AS s(g)")
    check(nrow(fetch(rs, n = 10)), 10L)
    check(sum(fetch(rs, n = -1)$g), 500500L - 55L)
    dbClearResult(rs)
  },
  copy = function(db) {
    frame <- data.frame(i = 1:3, f = c(1.5, NA, 3), t = c("x", NA, "z"), b = c(TRUE, FALSE, NA))
    check(dbWriteTable(db, "r_frame", frame, row.names = FALSE), TRUE)
    back <- dbReadTable(db, "r_frame")
    check(back$i, 1:3); check(back$t, c("x", NA, "z")); check(back$b, c(TRUE, FALSE, NA)); check(back$f, c(1.5, NA, 3))
    check(dbWriteTable(db, "r_frame", frame, row.names = FALSE, append = TRUE), TRUE)
    check(get(db, "SELECT count(*)::integer AS n FROM r_frame")$n, 6L)
  },
  metadata = function(db) {
    get(db, "CREATE TABLE r_described(a integer PRIMARY KEY, b text)")
    check("r_described" %in% dbListTables(db), TRUE)
    check(dbExistsTable(db, "r_described"), TRUE)
    check(dbExistsTable(db, "r_none"), FALSE)
    # The statement has no ORDER BY.
    check(sort(dbListFields(db, "r_described")), c("a", "b"))
    check(dbRemoveTable(db, "r_described"), TRUE)
  }
)
cat("version\t", as.character(packageVersion("RPostgreSQL")), "\n", sep = "")
for (name in names(cases)) {
  said <- tryCatch({ db <- connected(); cases[[name]](db); "" }, error = function(e) paste("failed:", conditionMessage(e)))
  suppressWarnings(try(dbDisconnect(db), silent = TRUE))
  cat(name, "\t", if (said == "") "ok" else "failed", "\t", substr(gsub("[[:space:]]+", " ", said), 1, 600), "\n", sep = "")
}
