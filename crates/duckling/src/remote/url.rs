//! Which paths are remote ones, in DuckDB's own reading.

/// The prefixes that httpfs takes (`HTTPFileSystem::CanHandleFile`, `S3FileSystem::CanHandleFile`,
/// `HuggingFaceFileSystem::CanHandleFile`), in lower case as DuckDB has them: any other spelling is a local
/// file to it.
pub(super) const PREFIXES: [&str; 9] =
    ["https://", "http://", "s3://", "s3a://", "s3n://", "gcs://", "gs://", "r2://", "hf://"];

/// Those that the extension azure takes beside them. Of its third, `abfss://`, every address names a host.
pub(super) const AZURE_PREFIXES: [&str; 2] = ["az://", "azure://"];

/// Those of them that stand for a bucket (`S3FileSystem::TryGetPrefix`).
const BUCKETS: [&str; 6] = ["s3://", "s3a://", "s3n://", "gcs://", "gs://", "r2://"];

/// Whether the path is a remote one that httpfs opens.
#[must_use]
pub(crate) fn is_remote(path: &str) -> bool {
    PREFIXES.iter().any(|prefix| path.starts_with(prefix))
}

/// Whether an address of a bucket is that and a key, and nothing more. httpfs takes what stands behind a question mark,
/// percent-encoded or not, for parameters: endpoint, region and keys, with which the account's secret would sign
/// requests to a host that the statement names. A bucket's name is the beginning of a host's, and httpfs does not look
/// what is in it: with `#` it would be the whole of it.
///
/// The same goes for a container of Azure.
///
/// The shim's `addresses.cpp` refuses the same where no plan shows the path.
#[must_use]
pub(crate) fn names_no_host(path: &str) -> bool {
    let strip = |prefixes: &[&str]| prefixes.iter().find_map(|prefix| path.strip_prefix(prefix));
    // To azure, what has a dot is not a container but an account's host.
    let (place, marks) = match (strip(&BUCKETS), strip(&AZURE_PREFIXES)) {
        (Some(place), _) => (place, "-_."),
        (None, Some(place)) => (place, "-_$"),
        (None, None) => return true,
    };
    let bucket = place.split('/').next().unwrap_or_default();
    !place.contains('?') && bucket.chars().all(|c| c.is_ascii_alphanumeric() || marks.contains(c))
}

/// Whether it is one that the extension azure opens.
#[must_use]
pub(crate) fn is_azure(path: &str) -> bool {
    AZURE_PREFIXES.iter().any(|prefix| path.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buckets_address_has_no_parameters_and_no_other_host() {
        for path in [
            "s3://b/k",
            "s3://b.c-d_E/k#x",
            "gs://b/*/[ab]%3F&=.csv",
            "https://x/y?s3_endpoint=z",
            "hf://d/x?y",
            "az://c-1/k.csv",
            "azure://$web/k.csv",
        ] {
            assert!(names_no_host(path), "{path}");
        }
        for path in [
            "s3://b/k?s3_endpoint=x",
            "s3://b/k?s3%5Fendpoint=x",
            "s3a://b/k?",
            "s3n://b?s3_region=x/k",
            "gcs://b/*.csv?s3_use_ssl=false",
            "gs://b#/k",
            "r2://h:1/k",
            "s3://u@h/k",
            "s3://h%23/k",
            "s3://h\\/k",
            "s3://é/k",
            "az://account.blob.core.windows.net/c/k",
            "azure://c@host/k",
            "az://c/k?sig=x",
        ] {
            assert!(!names_no_host(path), "{path}");
        }
    }

    #[test]
    fn only_duckdbs_own_spelling_is_remote() {
        assert!(is_remote("https://x/y") && is_remote("s3://b/k") && is_remote("hf://datasets/a/b"));
        for path in ["HTTPS://x", " https://x", "file:///x", "/x/https://y", "az://c/x", "", "s3:/b"] {
            assert!(!is_remote(path), "{path}");
        }
    }
}
