//! As much of Azure's blob service as reading needs: a blob's properties, its bytes by ranges, the list of a container.
//! Below `/blobs/CONTAINER/`, from one folder of files; any signature is taken, none is not.

use std::{fs, os::unix::fs::FileExt, path::Path};

use http_body_util::Full;
use hyper::{Method, Request, Response, StatusCode, body::Bytes, body::Incoming, header};

/// The path below which it answers.
pub(super) const ROOT: &str = "/blobs/";

/// A moment, for headers that must be there.
const MOMENT: &str = "Sat, 21 Nov 2026 20:00:00 GMT";

pub(super) fn answer(request: &Request<Incoming>, files: &Path) -> Response<Full<Bytes>> {
    let plain = |code: StatusCode, body: String| {
        let answer = Response::builder()
            .status(code)
            .header("x-ms-request-id", "1")
            .header("x-ms-version", "2020-02-10");
        answer.body(Full::from(body)).unwrap()
    };
    let is_signed = request
        .headers()
        .get(header::AUTHORIZATION)
        .is_some_and(|value| value.as_bytes().starts_with(b"SharedKey "));
    if !is_signed {
        return plain(StatusCode::FORBIDDEN, String::new());
    }
    if request.uri().query().is_some_and(|query| query.contains("comp=list")) {
        return plain(StatusCode::OK, list(files));
    }
    let name = request.uri().path().rsplit('/').next().unwrap_or_default();
    let Ok(file) = fs::File::open(files.join(name)) else {
        return plain(StatusCode::NOT_FOUND, String::new());
    };
    let total = usize::try_from(file.metadata().unwrap().len()).unwrap();
    let range = request.headers().get("x-ms-range").and_then(|range| range.to_str().ok());
    let range = range.and_then(|range| range.strip_prefix("bytes=")?.split_once('-'));
    let (first, last) = range.map_or((0, total - 1), |(first, last)| {
        (first.parse().unwrap(), last.parse().unwrap_or(usize::MAX).min(total - 1))
    });
    let mut part = vec![0; last + 1 - first];
    file.read_exact_at(&mut part, u64::try_from(first).unwrap()).unwrap();
    let code = if range.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let mut answer = Response::builder()
        .status(code)
        .header("x-ms-request-id", "1")
        .header("x-ms-version", "2020-02-10")
        .header("x-ms-blob-type", "BlockBlob")
        .header("x-ms-creation-time", MOMENT)
        .header("x-ms-server-encrypted", "true")
        .header(header::LAST_MODIFIED, MOMENT)
        .header(header::ETAG, "\"1\"")
        .header(header::CONTENT_LENGTH, part.len());
    if range.is_some() {
        answer = answer.header(header::CONTENT_RANGE, format!("bytes {first}-{last}/{total}"));
    }
    let body = if request.method() == Method::HEAD { Full::default() } else { Full::from(part) };
    answer.body(body).unwrap()
}

fn list(files: &Path) -> String {
    let files =
        fs::read_dir(files).unwrap().map(|entry| entry.unwrap()).filter(|entry| entry.path().is_file());
    let blobs: String = files
        .map(|entry| {
            let (name, size) = (entry.file_name(), entry.metadata().unwrap().len());
            format!(
                "<Blob><Name>{}</Name><Properties><Creation-Time>{MOMENT}</Creation-Time><Last-Modified>{MOMENT}</Last-Modified>\
                 <Etag>1</Etag><Content-Length>{size}</Content-Length><BlobType>BlockBlob</BlobType></Properties></Blob>",
                name.to_string_lossy()
            )
        })
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ServiceEndpoint=\"x\" ContainerName=\"c\">\
         <Prefix></Prefix><Blobs>{blobs}</Blobs><NextMarker/></EnumerationResults>"
    )
}
