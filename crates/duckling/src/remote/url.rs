//! Which paths are remote ones, in DuckDB's own reading.

/// The prefixes that httpfs takes (`HTTPFileSystem::CanHandleFile`, `S3FileSystem::CanHandleFile`,
/// `HuggingFaceFileSystem::CanHandleFile`), in lower case as DuckDB has them: any other spelling is a local
/// file to it.
pub(super) const PREFIXES: [&str; 9] =
    ["https://", "http://", "s3://", "s3a://", "s3n://", "gcs://", "gs://", "r2://", "hf://"];

/// Whether the path is a remote one that httpfs opens.
#[must_use]
pub(crate) fn is_remote(path: &str) -> bool {
    PREFIXES.iter().any(|prefix| path.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_duckdbs_own_spelling_is_remote() {
        assert!(is_remote("https://x/y") && is_remote("s3://b/k") && is_remote("hf://datasets/a/b"));
        for path in ["HTTPS://x", " https://x", "file:///x", "/x/https://y", "az://c/x", "", "s3:/b"] {
            assert!(!is_remote(path), "{path}");
        }
    }
}
