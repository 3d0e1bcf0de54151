#!/usr/bin/env bash
# Writes crates/duckling/src/catalog/postgres/*.tsv: the rows of PostgreSQL's own catalogs that never change (types,
# functions, operators, …), as a server of version 15 tells them. Run by hand after a change of that version, with the usual
# PG* variables pointing at a freshly made cluster.
#
# A file's first line names its columns and their types; \N is NULL, lists are written [a, b] as DuckDB casts them.
set -euo pipefail

folder=$(dirname "${BASH_SOURCE[0]}")/../crates/duckling/src/catalog/postgres

# export NAME "COLUMN:TYPE …" QUERY
export_table() {
    { tr ' ' '\t' <<<"$2"; psql -XAt -F $'\t' -P 'null=\N' -c "$3"; } >"$folder/$1.tsv"
}

# Those of the relations that tools can read; not their indexes, and not what TOAST keeps.
relations="SELECT c.* FROM pg_class c WHERE c.relkind IN ('r', 'v')
    AND c.relnamespace IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)"
# A table's row types are no types of ours.
types="SELECT t.* FROM pg_type t LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
    WHERE t.typtype <> 'c' AND coalesce(e.typtype, 'b') <> 'c'"
list() { echo "'[' || array_to_string($1, ', ') || ']'"; }

export_table pg_class "oid:oid relname:name relnamespace:oid relkind:char relnatts:int2" \
    "SELECT oid, relname, relnamespace, relkind, relnatts FROM ($relations) r ORDER BY oid"
export_table pg_attribute "attrelid:oid attname:name atttypid:oid attnum:int2 attnotnull:bool" \
    "SELECT attrelid, attname, coalesce(nullif(typbasetype, 0), atttypid), attnum, attnotnull
     FROM pg_attribute JOIN pg_type t ON t.oid = atttypid
     WHERE attnum > 0 AND attrelid IN (SELECT oid FROM ($relations) r) ORDER BY attrelid, attnum"
export_table pg_type "oid:oid typname:name typnamespace:oid typlen:int2 typbyval:bool typtype:char typcategory:char typispreferred:bool typdelim:char typsubscript:regproc typelem:oid typarray:oid typinput:regproc typoutput:regproc typreceive:regproc typsend:regproc typmodin:regproc typmodout:regproc typanalyze:regproc typalign:char typstorage:char typbasetype:oid typtypmod:int4 typcollation:oid" \
    "SELECT oid, typname, typnamespace, typlen, typbyval, typtype, typcategory, typispreferred, typdelim, typsubscript::oid,
        typelem, typarray, typinput::oid, typoutput::oid, typreceive::oid, typsend::oid, typmodin::oid, typmodout::oid,
        typanalyze::oid, typalign, typstorage, typbasetype, typtypmod, typcollation FROM ($types) t ORDER BY oid"
export_table pg_proc "oid:oid proname:name pronamespace:oid prolang:oid procost:float4 prorows:float4 provariadic:oid prokind:char prosecdef:bool proleakproof:bool proisstrict:bool proretset:bool provolatile:char proparallel:char pronargs:int2 pronargdefaults:int2 prorettype:oid proargtypes:oidvector proallargtypes:oid[] proargmodes:char[] proargnames:text[] prosrc:text" \
    "SELECT oid, proname, pronamespace, prolang, procost, prorows, provariadic, prokind, prosecdef, proleakproof, proisstrict,
        proretset, provolatile, proparallel, pronargs, pronargdefaults, prorettype, $(list "proargtypes::oid[]"),
        $(list proallargtypes), $(list proargmodes), $(list proargnames), CASE WHEN prolang = 12 THEN proname END
     FROM pg_proc ORDER BY oid"
export_table pg_operator "oid:oid oprname:name oprkind:char oprcanmerge:bool oprcanhash:bool oprleft:oid oprright:oid oprresult:oid oprcom:oid oprnegate:oid oprcode:regproc oprrest:regproc oprjoin:regproc" \
    "SELECT oid, oprname, oprkind, oprcanmerge, oprcanhash, oprleft, oprright, oprresult, oprcom, oprnegate, oprcode::oid,
        oprrest::oid, oprjoin::oid FROM pg_operator ORDER BY oid"
export_table pg_cast "oid:oid castsource:oid casttarget:oid castfunc:oid castcontext:char castmethod:char" \
    "SELECT oid, castsource, casttarget, castfunc, castcontext, castmethod FROM pg_cast ORDER BY oid"
export_table pg_aggregate "aggfnoid:regproc aggkind:char aggnumdirectargs:int2 aggtransfn:regproc aggfinalfn:regproc aggsortop:oid aggtranstype:oid" \
    "SELECT aggfnoid::oid, aggkind, aggnumdirectargs, aggtransfn::oid, aggfinalfn::oid, aggsortop, aggtranstype
     FROM pg_aggregate ORDER BY aggfnoid"
export_table pg_am "oid:oid amname:name amhandler:regproc amtype:char" \
    "SELECT oid, amname, amhandler::oid, amtype FROM pg_am ORDER BY oid"
export_table pg_opfamily "oid:oid opfmethod:oid opfname:name" \
    "SELECT oid, opfmethod, opfname FROM pg_opfamily ORDER BY oid"
export_table pg_opclass "oid:oid opcmethod:oid opcname:name opcfamily:oid opcintype:oid opcdefault:bool opckeytype:oid" \
    "SELECT oid, opcmethod, opcname, opcfamily, opcintype, opcdefault, opckeytype FROM pg_opclass ORDER BY oid"
export_table pg_range "rngtypid:oid rngsubtype:oid rngmultitypid:oid rngcollation:oid rngsubopc:oid rngcanonical:regproc rngsubdiff:regproc" \
    "SELECT rngtypid, rngsubtype, rngmultitypid, rngcollation, rngsubopc, rngcanonical::oid, rngsubdiff::oid
     FROM pg_range ORDER BY rngtypid"
export_table pg_language "oid:oid lanname:name lanispl:bool lanpltrusted:bool" \
    "SELECT oid, lanname, lanispl, lanpltrusted FROM pg_language ORDER BY oid"
export_table pg_get_keywords "word:text catcode:char barelabel:bool catdesc:text baredesc:text" \
    "SELECT * FROM pg_get_keywords()"
