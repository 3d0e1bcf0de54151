//! Responses: JSON, and errors as the reference has them (`code`, `message`, `issues`).

use http_body_util::Full;
use hyper::{
    Response, StatusCode,
    body::Bytes,
    header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE},
};
use serde::Serialize;
use serde_json::json;

/// A response's body is there as a whole.
pub(super) type Answer = Response<Full<Bytes>>;

/// Why something was not done.
#[derive(Debug)]
pub(super) struct Failure {
    status: StatusCode,
    code: &'static str,
    message: String,
    issues: Vec<String>,
    allow: Option<&'static str>,
}

impl Failure {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), issues: Vec::new(), allow: None }
    }

    /// 400, with what is wrong.
    pub(super) fn bad_request(issue: impl Into<String>) -> Self {
        let issues = vec![issue.into()];
        Self { issues, ..Self::new(StatusCode::BAD_REQUEST, "BAD_REQUEST", "Bad Request") }
    }

    /// 401.
    pub(super) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "Invalid Credentials")
    }

    /// 403.
    pub(super) fn forbidden(message: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, "FORBIDDEN", message)
    }

    /// 404.
    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", message)
    }

    /// 405.
    pub(super) fn method(allow: &'static str) -> Self {
        let failure = Self::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_SUPPORTED", "Method Not Allowed");
        Self { allow: Some(allow), ..failure }
    }

    /// 409.
    pub(super) fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "CONFLICT", message)
    }

    /// 408.
    pub(super) fn too_slow() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "REQUEST_TIMEOUT", "Request Timeout")
    }

    /// 413.
    pub(super) fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE", "Payload Too Large")
    }

    /// 500; the cause is for the log.
    pub(super) fn internal(cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(%cause, "API request failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_SERVER_ERROR", "Internal Error")
    }

    /// As a response.
    pub(super) fn answer(self) -> Answer {
        let issues: Vec<_> = self.issues.iter().map(|issue| json!({ "message": issue })).collect();
        let body = json!({ "code": self.code, "message": self.message, "issues": issues });
        let mut answer = json_answer(&body);
        *answer.status_mut() = self.status;
        let headers = answer.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(allow) = self.allow {
            headers.insert(ALLOW, HeaderValue::from_static(allow));
        }
        answer
    }
}

/// 200, with this.
pub(super) fn json_answer(body: &impl Serialize) -> Answer {
    // What the API answers has only texts for keys.
    text_answer(serde_json::to_vec(body).unwrap_or_default())
}

/// 200, with JSON that is text already.
pub(super) fn text_answer(body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    // Secrets are among it.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}
