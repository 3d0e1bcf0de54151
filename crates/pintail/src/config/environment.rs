//! The environment: read once, as a whole, and searched from then on.

use std::{collections::BTreeMap, ffi::OsString, path::PathBuf};

use toml::{Table, Value};

/// Variables that begin with the prefix but are no config keys: the token for clients, and where the
/// config file lies.
const OTHER_NAMES: [&str; 2] = ["PINTAIL_TOKEN", "PINTAIL_CONFIG"];

const PREFIX: &str = "PINTAIL_";

/// The process's environment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment {
    variables: BTreeMap<String, String>,
}

impl Environment {
    /// Reads it. Variables that are not UTF-8 are none of ours.
    pub(crate) fn read() -> Self {
        let pairs = std::env::vars_os();
        let variables =
            pairs.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self { variables: variables.collect() }
    }

    /// A variable that is set and not empty.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        let value = self.variables.get(name).map(String::as_str);
        value.filter(|value| !value.is_empty())
    }

    /// The command line of a duckling.
    pub(crate) fn duckling_arguments(&self) -> Vec<OsString> {
        let mut arguments = vec![OsString::from("duckling")];
        if cfg!(feature = "weaken")
            && let Some(layers) = self.variable("PINTAIL_TEST_WITHOUT")
        {
            arguments.push(format!("--without={layers}").into());
        }
        arguments
    }

    /// The folder for users' data: `XDG_DATA_HOME`, else `~/.local/share` (XDG Base Directory
    /// Specification).
    pub(crate) fn data_home(&self) -> Option<PathBuf> {
        self.xdg("XDG_DATA_HOME", ".local/share")
    }

    /// The folder for users' configuration.
    pub(crate) fn config_home(&self) -> Option<PathBuf> {
        self.xdg("XDG_CONFIG_HOME", ".config")
    }

    fn xdg(&self, name: &str, under_home: &str) -> Option<PathBuf> {
        let set = self.variable(name).map(PathBuf::from);
        set.filter(|path| path.is_absolute())
            .or_else(|| Some(PathBuf::from(self.variable("HOME")?).join(under_home)))
    }

    /// Puts `PINTAIL_<SECTION>_<KEY>` and `PINTAIL_<KEY>` in the place of the file's values. `known` has
    /// every key with its default, whose type says how the text is to be read. Answers the variables that
    /// have the prefix and mean nothing.
    pub(crate) fn override_keys(&self, table: &mut Table, known: &Table) -> Result<Vec<String>, String> {
        let mut meaningless = Vec::new();
        for (name, value) in self.variables.iter().filter(|(name, _)| name.starts_with(PREFIX)) {
            if OTHER_NAMES.contains(&name.as_str())
                || name.starts_with("PINTAIL_TEST_")
                || name == "PINTAIL_BIN"
            {
                continue;
            }
            let Some((section, key, default)) = find(known, name) else {
                meaningless.push(name.clone());
                continue;
            };
            let value = read(value, default).map_err(|error| format!("{name}: {error}"))?;
            let place = match section {
                Some(section) => table
                    .entry(section)
                    .or_insert_with(|| Value::Table(Table::new()))
                    .as_table_mut()
                    .ok_or_else(|| format!("{section} is a section"))?,
                None => &mut *table,
            };
            place.insert(key.to_owned(), value);
        }
        Ok(meaningless)
    }

    #[cfg(test)]
    pub(crate) fn of(pairs: &[(&str, &str)]) -> Self {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self { variables: pairs.collect() }
    }
}

/// The key that a variable means.
fn find<'k>(known: &'k Table, variable: &str) -> Option<(Option<&'k str>, &'k str, &'k Value)> {
    let all = known.iter().flat_map(|(name, value)| match value {
        Value::Table(section) => {
            section.iter().map(|(key, value)| (Some(name.as_str()), key.as_str(), value)).collect::<Vec<_>>()
        }
        Value::String(_)
        | Value::Integer(_)
        | Value::Float(_)
        | Value::Boolean(_)
        | Value::Datetime(_)
        | Value::Array(_) => vec![(None, name.as_str(), value)],
    });
    let mut all = all;
    all.find(|(section, key, _)| variable_name(*section, key) == variable)
}

fn variable_name(section: Option<&str>, key: &str) -> String {
    let name = match section {
        Some(section) => format!("{PREFIX}{section}_{key}"),
        None => format!("{PREFIX}{key}"),
    };
    name.to_ascii_uppercase()
}

/// A variable's text as a value of the default's type; lists are separated by commas.
fn read(text: &str, default: &Value) -> Result<Value, String> {
    match default {
        Value::Integer(_) => {
            text.parse().map(Value::Integer).map_err(|_| format!("{text:?} is no whole number"))
        }
        Value::Boolean(_) => {
            text.parse().map(Value::Boolean).map_err(|_| format!("{text:?} is neither true nor false"))
        }
        Value::Array(_) => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Ok(Value::Array(items.map(Value::from).collect()))
        }
        Value::String(_) | Value::Float(_) | Value::Datetime(_) | Value::Table(_) => Ok(Value::from(text)),
    }
}
