//! Method and path of a request, as what is asked for.

use std::borrow::Cow;

use hyper::Method;
use percent_encoding::percent_decode_str;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// `GET /openapi.json`
    Document,
    /// `POST /v1/users`
    CreateUser,
    /// `DELETE /v1/users/{username}`
    DeleteUser {
        /// Whom.
        user: String,
    },
    /// `POST /v1/users/{username}/tokens`
    CreateToken {
        /// For whom.
        user: String,
    },
    /// `GET /v1/users/{username}/tokens`
    Tokens {
        /// Whose.
        user: String,
    },
    /// `DELETE /v1/users/{username}/tokens/{token_id}`
    DeleteToken {
        /// Whose.
        user: String,
        /// Which.
        token: String,
    },
    /// `GET /v1/active_accounts`
    ActiveAccounts,
}

/// Why there is no such thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoRoute {
    /// The path is none.
    Path,
    /// The path has other methods: these.
    Method(&'static str),
}

impl Route {
    /// Reads them.
    pub(super) fn of(method: &Method, path: &str) -> Result<Self, NoRoute> {
        let segments = path.strip_prefix('/').ok_or(NoRoute::Path)?.split('/');
        let decoded = segments.map(|segment| percent_decode_str(segment).decode_utf8());
        let segments: Vec<Cow<'_, str>> = decoded.collect::<Result<_, _>>().map_err(|_| NoRoute::Path)?;
        let segments: Vec<&str> = segments.iter().map(AsRef::as_ref).collect();
        let text = |segment: &str| segment.to_owned();
        match (segments.as_slice(), method) {
            ([.., ""] | [_, _, "", ..], _) => Err(NoRoute::Path),
            (["openapi.json"], &Method::GET) => Ok(Self::Document),
            (["openapi.json"] | ["v1", "active_accounts"], _) if *method != Method::GET => {
                Err(NoRoute::Method("GET"))
            }
            (["v1", "active_accounts"], _) => Ok(Self::ActiveAccounts),
            (["v1", "users"], &Method::POST) => Ok(Self::CreateUser),
            (["v1", "users"], _) => Err(NoRoute::Method("POST")),
            (["v1", "users", user], &Method::DELETE) => Ok(Self::DeleteUser { user: text(user) }),
            (["v1", "users", user, "tokens"], &Method::POST) => Ok(Self::CreateToken { user: text(user) }),
            (["v1", "users", user, "tokens"], &Method::GET) => Ok(Self::Tokens { user: text(user) }),
            (["v1", "users", _, "tokens"], _) => Err(NoRoute::Method("GET, POST")),
            (["v1", "users", user, "tokens", token], &Method::DELETE) => {
                Ok(Self::DeleteToken { user: text(user), token: text(token) })
            }
            (["v1", "users", _] | ["v1", "users", _, "tokens", _], _) => Err(NoRoute::Method("DELETE")),
            _ => Err(NoRoute::Path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(method: &Method, path: &str) -> Result<Route, NoRoute> {
        Route::of(method, path)
    }

    #[test]
    fn paths_are_taken_apart_before_they_are_decoded() {
        let user = "a/b ü".to_owned();
        assert_eq!(of(&Method::GET, "/v1/users/a%2Fb%20%C3%BC/tokens"), Ok(Route::Tokens { user }));
        assert_eq!(of(&Method::GET, "/v1/users/%ff/tokens"), Err(NoRoute::Path));
        let deleted = Route::DeleteToken { user: "ann".to_owned(), token: "7".to_owned() };
        assert_eq!(of(&Method::DELETE, "/v1/users/ann/tokens/7"), Ok(deleted));
    }

    #[test]
    fn other_methods_are_told_which_there_are() {
        assert_eq!(of(&Method::PUT, "/v1/users/ann/tokens"), Err(NoRoute::Method("GET, POST")));
        assert_eq!(of(&Method::GET, "/v1/users"), Err(NoRoute::Method("POST")));
        assert_eq!(of(&Method::TRACE, "/v1/active_accounts"), Err(NoRoute::Method("GET")));
        assert_eq!(of(&Method::POST, "/openapi.json"), Err(NoRoute::Method("GET")));
        for path in
            ["", "/", "/v1", "/v1/", "/v2/users", "/v1/users/", "/v1/users//tokens", "/v1/users/a/tokens/"]
        {
            assert_eq!(of(&Method::GET, path), Err(NoRoute::Path), "{path}");
        }
    }
}
