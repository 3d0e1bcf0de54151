//! CREATE and DROP TOKEN.

use super::{
    PlatformStatement,
    reader::{Malformed, Reader},
};

/// CREATE TOKEN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CreateToken {
    /// Its name.
    pub name: String,
    /// How long it is valid, as typed (`90d`, or seconds); for ever when it is not given.
    pub ttl: Option<String>,
    /// Whether it only reads (`read_scaling`).
    pub is_read_scaling: bool,
}

/// `CREATE TOKEN n [WITH (ttl '90d', type read_scaling)]`.
pub(super) fn create(mut reader: Reader<'_, '_>) -> Result<PlatformStatement, Malformed> {
    let mut token = CreateToken { name: reader.name()?, ttl: None, is_read_scaling: false };
    let with = reader.word("with");
    if let Some(group) = reader.group() {
        options(group, &mut token)?;
    } else if with {
        return Err(reader.malformed());
    }
    reader.end(PlatformStatement::CreateToken(token))
}

fn options(mut group: Reader<'_, '_>, token: &mut CreateToken) -> Result<(), Malformed> {
    let mut given = Vec::new();
    loop {
        let repeated = group.malformed();
        let option = group.expect_one_of(&["ttl", "type"])?;
        if given.contains(&option) {
            return Err(repeated);
        }
        given.push(option);
        let _ = group.symbol("=");
        if option == "ttl" {
            token.ttl = Some(group.value()?);
        } else {
            token.is_read_scaling = group.expect_one_of(&["read_write", "read_scaling"])? == "read_scaling";
        }
        if !group.symbol(",") {
            return group.end(());
        }
    }
}

pub(super) fn drop_token(mut reader: Reader<'_, '_>) -> Result<PlatformStatement, Malformed> {
    let if_exists = reader.words(&["if", "exists"]);
    let name = reader.name()?;
    reader.end(PlatformStatement::DropToken { name, if_exists })
}
