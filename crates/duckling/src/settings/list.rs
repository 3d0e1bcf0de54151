//! The settings as `pg_settings` lists them.

use serde_json::{Value, json};

use super::{DEFINITIONS, Form, Settings};

/// The rows, with their present values.
pub(crate) fn list(settings: &Settings) -> Value {
    let rows = DEFINITIONS.iter().map(|definition| {
        let (vartype, unit) = match definition.form {
            Form::Boolean => ("bool", None),
            Form::Word(_) => ("enum", None),
            Form::Integer(..) => ("integer", None),
            Form::Milliseconds => ("integer", Some("ms")),
            Form::Text | Form::TimeZone | Form::DateStyle | Form::Encoding | Form::Names | Form::Fixed => {
                ("string", None)
            }
        };
        let shown = |text: &str| match unit {
            // Without its unit, as PostgreSQL lists it.
            Some(_) => settings.milliseconds(definition.name).to_string(),
            None => text.to_owned(),
        };
        json!({
            "name": definition.name,
            "setting": shown(settings.show(definition.name).unwrap_or_default()),
            "unit": unit,
            "category": "Client Connection Defaults",
            "short_desc": definition.description,
            "context": if definition.form == Form::Fixed { "internal" } else { "user" },
            "vartype": vartype,
            "boot_val": definition.default,
        })
    });
    rows.collect()
}
