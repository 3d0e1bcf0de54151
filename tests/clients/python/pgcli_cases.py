"""pgcli: the client itself (its executor, its completer's look-ups, its \\d commands), and the program once."""

import os
import subprocess
import sys

from cases import CA_FILE, DATABASE, HOST, PASSWORD, PORT, URI, USER, case, check, run

import pgcli
from pgcli.pgexecute import PGExecute
from pgspecial.main import PGSpecial

os.environ["PGSSLMODE"] = "verify-full"
os.environ["PGSSLROOTCERT"] = CA_FILE


def executor():
    return PGExecute(DATABASE, USER, PASSWORD, HOST, PORT, notify_callback=None)


def rows(answer):
    """The rows of every result of one command."""
    return [row for _, found, *_ in answer for row in (found or [])]


def prepared():
    made = executor()
    for statement in (
        "CREATE TABLE IF NOT EXISTS pc_parent(id integer PRIMARY KEY, name text NOT NULL)",
        "CREATE TABLE IF NOT EXISTS pc_child(id integer PRIMARY KEY, parent integer REFERENCES pc_parent(id))",
        "CREATE OR REPLACE VIEW pc_view AS SELECT id FROM pc_parent",
    ):
        list(made.run(statement))
    return made


@case("connect")
def _():
    made = executor()
    check(rows(made.run("SELECT 42")), [(42,)])
    assert made.server_version >= "15", made.server_version
    check(made.dbname, DATABASE)


@case("completions")
def _():
    made = prepared()
    assert ("public", "pc_parent") in list(made.tables()), list(made.tables())
    assert ("public", "pc_view") in list(made.views())
    columns = [(name, column) for _, name, column, *_ in made.table_columns()]
    assert ("pc_parent", "name") in columns, columns
    assert [k for k in made.foreignkeys() if k.childtable == "pc_child" and k.parenttable == "pc_parent"]
    assert "public" in made.schemata()
    check(made.search_path()[-1:], ["public"])
    assert DATABASE in made.databases()
    list(made.functions())
    list(made.datatypes())
    list(made.casing())


@case("commands")
def _():
    made = prepared()
    special = PGSpecial()
    bad = []
    for command in (
        "\\l", "\\dn", "\\d", "\\dt", "\\dt+", "\\dv", "\\di", "\\ds", "\\dT", "\\df", "\\du", "\\dx", "\\d pc_parent", "\\d+ pc_parent", "\\d pc_child",
        "\\d pc_view", "\\dE", "\\dp", "\\ddp", "\\dF", "\\db", "\\dD", "\\dm", "\\sf pc_none",
    ):
        try:
            list(made.run(command, special))
        except Exception as error:
            if "pc_none" in str(error):
                continue
            bad.append(f"{command}: {str(error).splitlines()[0]}")
    check(bad, [])
    assert any("pc_parent" in str(row) for row in rows(made.run("\\dt", special)))


@case("program")
def _():
    found = subprocess.run(
        [os.path.join(os.path.dirname(sys.executable), "pgcli"), "--pgclirc", "/dev/null", URI],
        input="SELECT 6 * 7 AS answer;\n\\q\n", capture_output=True, text=True, timeout=60, env={**os.environ, "PAGER": "cat"},
    )
    assert "42" in found.stdout, found.stdout + found.stderr


run(pgcli.__version__)
