//! The types of PostgreSQL's catalogs that are others under a name of their own: `oid` is a UINTEGER, `name` a VARCHAR.
//! `shim/catalog/types.cpp` puts the same ones into DuckDB. Deliberately absent: how they go over the wire.

/// The type beneath.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Base {
    /// UINTEGER.
    Number,
    /// VARCHAR.
    Text,
    /// A list of `oid`.
    Numbers,
    /// A list of SMALLINT.
    Shorts,
}

macro_rules! named_types {
    ($($(#[$doc:meta])* $variant:ident = $alias:literal $sql:literal $base:ident,)*) => {
        /// A named type.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum NamedType {
            $($(#[$doc])* $variant,)*
        }

        impl NamedType {
            const ALL: &[(Self, &'static str, &'static str, Base)] =
                &[$((Self::$variant, $alias, $sql, Base::$base),)*];
        }
    };
}

named_types! {
    /// The number of an object.
    Oid = "pg_oid" "pg_catalog.pg_oid" Number,
    /// An identifier.
    Name = "name" "pg_catalog.\"name\"" Text,
    /// The name of a schema: DuckDB's `main` is `public`.
    SchemaName = "schema_name" "pg_catalog.schema_name" Text,
    /// A single letter, PostgreSQL's `"char"`.
    Char = "pg_char" "pg_catalog.pg_char" Text,
    /// Text that says it is `varchar`.
    Varchar = "pg_varchar" "pg_catalog.pg_varchar" Text,
    /// A function by its name.
    Regproc = "regproc" "pg_catalog.regproc" Number,
    /// A function by its name and arguments.
    Regprocedure = "regprocedure" "pg_catalog.regprocedure" Number,
    /// A relation.
    Regclass = "regclass" "pg_catalog.regclass" Number,
    /// A type.
    Regtype = "regtype" "pg_catalog.regtype" Number,
    /// A role.
    Regrole = "regrole" "pg_catalog.regrole" Number,
    /// A schema.
    Regnamespace = "regnamespace" "pg_catalog.regnamespace" Number,
    /// An operator by its name.
    Regoper = "regoper" "pg_catalog.regoper" Number,
    /// An operator by its name and arguments.
    Regoperator = "regoperator" "pg_catalog.regoperator" Number,
    /// A collation.
    Regcollation = "regcollation" "pg_catalog.regcollation" Number,
    /// A configuration of text search, of which there are none.
    Regconfig = "regconfig" "pg_catalog.regconfig" Number,
    /// A dictionary of text search, of which there are none.
    Regdictionary = "regdictionary" "pg_catalog.regdictionary" Number,
    /// A transaction.
    Xid = "xid" "pg_catalog.xid" Number,
    /// A command in a transaction.
    Cid = "cid" "pg_catalog.cid" Number,
    /// An expression.
    PgNodeTree = "pg_node_tree" "pg_catalog.pg_node_tree" Text,
    /// A privilege.
    AclItem = "aclitem" "pg_catalog.aclitem" Text,
    /// A place in the log.
    PgLsn = "pg_lsn" "pg_catalog.pg_lsn" Text,
    /// Small numbers, written with blanks between them.
    Int2Vector = "int2vector" "pg_catalog.int2vector" Shorts,
    /// Numbers of objects, written with blanks between them.
    OidVector = "oidvector" "pg_catalog.oidvector" Numbers,
    /// A function as it is sent: its number, a blank, its name.
    SentRegproc = "sent_regproc" "VARCHAR" Text,
    /// A function with its arguments as it is sent.
    SentRegprocedure = "sent_regprocedure" "VARCHAR" Text,
    /// A relation as it is sent.
    SentRegclass = "sent_regclass" "VARCHAR" Text,
    /// A type as it is sent.
    SentRegtype = "sent_regtype" "VARCHAR" Text,
    /// A role as it is sent.
    SentRegrole = "sent_regrole" "VARCHAR" Text,
    /// A schema as it is sent.
    SentRegnamespace = "sent_regnamespace" "VARCHAR" Text,
    /// An operator as it is sent.
    SentRegoper = "sent_regoper" "VARCHAR" Text,
    /// An operator with its arguments as it is sent.
    SentRegoperator = "sent_regoperator" "VARCHAR" Text,
    /// A collation as it is sent.
    SentRegcollation = "sent_regcollation" "VARCHAR" Text,
    /// A configuration of text search as it is sent.
    SentRegconfig = "sent_regconfig" "VARCHAR" Text,
    /// A dictionary of text search as it is sent.
    SentRegdictionary = "sent_regdictionary" "VARCHAR" Text,
}

impl NamedType {
    /// By DuckDB's alias.
    pub(crate) fn find(alias: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, name, ..)| *name == alias).map(|(variant, ..)| *variant)
    }

    /// Whether its numbers are shown as names, which only the engine knows: `pg_catalog.__pintail_sent(value)` makes
    /// of them what is sent.
    #[must_use]
    pub fn is_registered(self) -> bool {
        use NamedType as N;
        matches!(
            self,
            N::Regproc
                | N::Regprocedure
                | N::Regclass
                | N::Regtype
                | N::Regrole
                | N::Regnamespace
                | N::Regoper
                | N::Regoperator
                | N::Regcollation
                | N::Regconfig
                | N::Regdictionary
        )
    }

    /// Whether its values are a number, a blank and a name.
    #[must_use]
    pub fn is_sent(self) -> bool {
        self.alias().starts_with("sent_")
    }

    pub(crate) fn beneath(self) -> Base {
        self.row().2
    }

    fn row(self) -> (&'static str, &'static str, Base) {
        let row = Self::ALL.iter().find(|(variant, ..)| *variant == self);
        row.map_or(("", "", Base::Text), |(_, alias, sql, base)| (*alias, *sql, *base))
    }

    /// Its name.
    #[must_use]
    pub fn alias(self) -> &'static str {
        self.row().0
    }

    /// Its spelling in DuckDB's SQL.
    #[must_use]
    pub fn sql(self) -> &'static str {
        self.row().1
    }
}
