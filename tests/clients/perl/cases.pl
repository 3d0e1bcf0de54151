#!/usr/bin/perl
# DBD::Pg: the matrix's cases, one printed line for each.
use strict;
use warnings;
use utf8;
use DBI;
use DBD::Pg qw(:pg_types);

binmode STDOUT, ":utf8";
my $on_pintail = $ENV{SERVER} eq "pintail";
my $source = "dbi:Pg:dbname=$ENV{PGDATABASE};host=$ENV{PGHOST};port=$ENV{PGPORT};sslmode=verify-full;sslrootcert=$ENV{CA_FILE}";
my @cases;

sub connected {
    my (%more) = @_;
    return DBI->connect($source, $ENV{PGUSER}, $ENV{PGPASSWORD}, { RaiseError => 1, PrintError => 0, AutoCommit => 1, %more });
}
sub named { push @cases, [@_] }
sub check {
    my ($found, $expected) = @_;
    $found = defined $found ? "$found" : "undef";
    $expected = defined $expected ? "$expected" : "undef";
    die "expected $expected, got $found\n" unless $found eq $expected;
}
sub fails {
    my ($db, $state, $work) = @_;
    eval { $work->(); 1 } and die "no error; expected $state\n";
    check($db->state, $state);
}

named "connect" => sub {
    my $db = connected();
    check($db->selectrow_array("SELECT 42"), 42);
    check($db->ping > 0 ? 1 : 0, 1);
    die "version $db->{pg_server_version}\n" if $db->{pg_server_version} < 150000;
};
named "types" => sub {
    my $db = connected();
    for (
        ["true", 1], ["1::smallint", 1], ["9223372036854775807::bigint", "9223372036854775807"], ["1.5::real", 1.5],
        ["12.340::numeric(10,3)", "12.340"], ["'tëxt'::text", "tëxt"], ["'2024-02-29'::date", "2024-02-29"],
        ["'2024-02-29 12:30:00.25'::timestamp", "2024-02-29 12:30:00.25"], ["NULL::integer", undef],
        ["'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"],
    ) {
        check(scalar $db->selectrow_array("SELECT $_->[0]"), $_->[1]);
    }
    my ($array) = $db->selectrow_array("SELECT ARRAY['a b','c,d',NULL]::text[]");
    check(join("|", map { defined $_ ? $_ : "undef" } @$array), "a b|c,d|undef");
};
named "parameters" => sub {
    my $db = connected();
    $db->do("CREATE TABLE pl_t(a integer, b text, c bytea, d integer[])");
    my $in = $db->prepare("INSERT INTO pl_t VALUES (?, ?, ?, ?)");
    $in->bind_param(3, undef, { pg_type => PG_BYTEA });
    $in->execute(1, "it's \\", "\x00\xff", [1, 2]);
    $in->execute(2, undef, undef, undef);
    my $row = $db->selectrow_arrayref("SELECT a, b, c, d FROM pl_t WHERE a = ?", undef, 1);
    check($row->[1], "it's \\");
    check(unpack("H*", $row->[2]), "00ff");
    check(join(",", @{ $row->[3] }), "1,2");
    my $named = $db->prepare("SELECT :x::int + :x::int");
    $named->bind_param(":x", 21);
    $named->execute;
    check($named->fetchrow_array, 42);
    check($db->do("UPDATE pl_t SET b = ? WHERE a = ?", undef, "new", 2), 1);
};
named "errors" => sub {
    my $db = connected();
    $db->do("CREATE TABLE pl_errors(a integer PRIMARY KEY)");
    $db->do("INSERT INTO pl_errors VALUES (1)");
    fails($db, "42P01", sub { $db->do("SELECT * FROM no_such_table") });
    fails($db, "42601", sub { $db->do("SELEC 1") });
    fails($db, "22P02", sub { $db->do("SELECT 'x'::integer") });
    fails($db, "23505", sub { $db->do("INSERT INTO pl_errors VALUES (?)", undef, 1) });
};
named "transactions" => sub {
    my $db = connected(AutoCommit => 0);
    $db->do("CREATE TABLE pl_transactions(a integer)");
    $db->do("INSERT INTO pl_transactions VALUES (1)");
    $db->commit;
    $db->do("INSERT INTO pl_transactions VALUES (2)");
    $db->rollback;
    check($db->selectrow_array("SELECT count(*) FROM pl_transactions"), 1);
    $db->rollback;
};
named "savepoints" => sub {
    my $db = connected(AutoCommit => 0);
    $db->do("CREATE TABLE pl_savepoints(a integer)");
    $db->pg_savepoint("one");
    $db->do("INSERT INTO pl_savepoints VALUES (1)");
    $db->pg_release("one");
    $db->pg_savepoint("two");
    eval { $db->do("SELECT * FROM no_such_table") };
    $db->pg_rollback_to("two");
    $db->commit;
    check($db->selectrow_array("SELECT count(*) FROM pl_savepoints"), 1);
    $db->rollback;
};
named "cursors" => sub {
    my $db = connected(AutoCommit => 0);
    $db->do("DECLARE c CURSOR FOR SELECT g FROM generate_series(1, 1000) AS s(g)");
    my $rows = $db->selectall_arrayref("FETCH 10 FROM c");
    check(scalar @$rows, 10);
    check($rows->[9][0], 10);
    $db->do("CLOSE c");
    $db->rollback;
};
named "copy" => sub {
    my $db = connected();
    $db->do("CREATE TABLE pl_copied(a integer, b text)");
    $db->do("COPY pl_copied FROM STDIN");
    $db->pg_putcopydata("1\tone\n");
    $db->pg_putcopydata("2\ttwo\n");
    check($db->pg_putcopyend ? 1 : 0, 1);
    $db->do("COPY (SELECT * FROM pl_copied ORDER BY a) TO STDOUT (FORMAT csv)");
    my ($all, $line) = ("", "");
    $all .= $line while $db->pg_getcopydata($line) >= 0;
    check($all, "1,one\n2,two\n");
};
named "batch" => sub {
    my $db = connected();
    $db->do("CREATE TABLE pl_batch(a integer, b text)");
    my $in = $db->prepare("INSERT INTO pl_batch VALUES (?, ?)");
    my @status;
    check($in->execute_array({ ArrayTupleStatus => \@status }, [1 .. 50], [map { "r$_" } 1 .. 50]), 50);
    check($db->selectrow_array("SELECT sum(a)::int FROM pl_batch"), 1275);
    $db->do("SELECT 1", { pg_async => PG_ASYNC });
    check($db->pg_result > 0 ? 1 : 0, 1);
};
named "metadata" => sub {
    my $db = connected();
    $db->do("CREATE TABLE pl_parent(id integer PRIMARY KEY)");
    $db->do("CREATE TABLE pl_child(id integer PRIMARY KEY, parent integer REFERENCES pl_parent(id), name varchar(20) NOT NULL)");
    check(join(",", $db->primary_key(undef, undef, "pl_child")), "id");
    my $columns = $db->column_info(undef, undef, "pl_child", "%")->fetchall_arrayref({});
    check(join(",", map { "$_->{COLUMN_NAME}:$_->{TYPE_NAME}" } @$columns), $on_pintail ? "id:integer,parent:integer,name:text" : "id:integer,parent:integer,name:character varying");
    my $tables = $db->table_info(undef, undef, "pl_%", "TABLE")->fetchall_arrayref({});
    check(join(",", sort map { "$_->{TABLE_SCHEM}.$_->{TABLE_NAME}" } grep { $_->{TABLE_NAME} =~ /^pl_(parent|child)$/ } @$tables), "public.pl_child,public.pl_parent");
    my $keys = $db->foreign_key_info(undef, undef, undef, undef, undef, "pl_child")->fetchall_arrayref({});
    check(scalar @$keys, 1);
    check($keys->[0]{UK_TABLE_NAME}, "pl_parent");
    my $described = $db->prepare("SELECT id, name FROM pl_child");
    $described->execute;
    check(join(",", @{ $described->{NAME} }), "id,name");
};

print "version\t$DBD::Pg::VERSION\n";
for (@cases) {
    my ($name, $work) = @$_;
    if (eval { $work->(); 1 }) {
        print "$name\tok\t\n";
    } else {
        my $said = $@;
        $said =~ s/\s+/ /g;
        print "$name\tfailed\t", substr($said, 0, 600), "\n";
    }
}
