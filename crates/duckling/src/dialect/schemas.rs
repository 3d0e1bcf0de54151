//! CREATE SCHEMA … AUTHORIZATION (SQL Server's migrators, `pg_dump -s` of other owners), and extensions whose functions are
//! there anyway (Rails, `TypeORM`, Ecto send CREATE EXTENSION before they use `uuid_generate_v4`).

use super::draft::{Draft, Name};
use crate::sql::Tokens;

/// Whether it is CREATE SCHEMA or CREATE EXTENSION, which is translated then.
pub(super) fn create(mut cursor: Tokens<'_, '_>, draft: &mut Draft<'_>) -> bool {
    if cursor.word("schema") {
        schema(cursor, draft);
        return true;
    }
    if !cursor.word("extension") {
        return false;
    }
    let _ = cursor.words(&["if", "not", "exists"]);
    let Some(name) = Name::take(&mut cursor) else { return true };
    let has = match name.last() {
        "uuid-ossp" => "uuid_generate_v4() and gen_random_uuid()",
        "pgcrypto" => "gen_random_uuid(), sha256() and md5()",
        "plpgsql" => "nothing of it: CREATE MACRO makes functions",
        // The rule about a server's objects refuses the others.
        _ => return true,
    };
    draft.become_nothing();
    draft.notice(format!("extension \"{}\" is not installed; what is there of it: {has}", name.last()));
    true
}

fn schema(mut cursor: Tokens<'_, '_>, draft: &mut Draft<'_>) {
    let _ = cursor.words(&["if", "not", "exists"]);
    let is_named = !cursor.peek().is_some_and(|token| token.is_word("authorization"));
    if is_named {
        let _ = Name::take(&mut cursor);
    }
    let before = cursor.rest();
    if !cursor.word("authorization") {
        return;
    }
    let Some(role) = cursor.take() else { return };
    draft.cut(before.get(..if is_named { 2 } else { 1 }).unwrap_or_default());
    if role.is_word("current_user") || role.is_word("current_role") || role.is_word("session_user") {
        return;
    }
    super::alter::tell_owner(draft);
}
