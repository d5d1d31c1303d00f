//! The allow-list of origins from whose pages a browser may call, and CORS.
//!
//! Source: <https://fetch.spec.whatwg.org/#http-cors-protocol>. Requests without `Origin` do not come from a browser
//! page and are not checked. Pages of the script's own origin are always allowed. Credentials (cookies) are not: a
//! caller shows its token itself.

use edgefold_kernel::{Kind, Rejection};

use super::environment::is_development;

/// Name of the variable that lists the origins, with commas between them. `http://localhost:*` stands for every port.
pub const ALLOWED_ORIGINS: &str = "ALLOWED_ORIGINS";

/// The origins that are allowed in development unless the variable says otherwise.
const LOCAL: &str = "http://localhost:*, http://127.0.0.1:*, http://[::1]:*";

/// Seconds for which a browser may remember the answer to a preflight. Browsers cut them to 2 h or 24 h.
const REMEMBERED_S: &str = "86400";

/// Origins whose pages may call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origins(Vec<String>);

impl Origins {
    /// Reads the list: `ALLOWED_ORIGINS`; when that is not set, this machine in development, and none in production.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Self {
        let unset = || if is_development(&variable) { LOCAL } else { "" }.to_owned();
        let list = variable(ALLOWED_ORIGINS).unwrap_or_else(unset);
        Self(
            list.split(',')
                .map(str::trim)
                .filter(|one| !one.is_empty())
                .map(str::to_owned)
                .collect(),
        )
    }

    /// Checks the origin of a request that was sent to `own`.
    ///
    /// # Errors
    /// `ORIGIN_FORBIDDEN`
    pub fn check(&self, origin: &str, own: &str) -> Result<(), Rejection> {
        if origin == own || self.0.iter().any(|allowed| covers(allowed, origin)) {
            return Ok(());
        }
        let detail =
            "pages of this origin may not call; the deployment lists others in ALLOWED_ORIGINS";
        Err(Rejection::new(Kind::Forbidden, "ORIGIN_FORBIDDEN", detail))
    }
}

fn covers(allowed: &str, origin: &str) -> bool {
    match allowed.strip_suffix(":*") {
        None => allowed == origin,
        Some(host) => origin.strip_prefix(host).is_some_and(|port| {
            let digits = port.strip_prefix(':').unwrap_or(port);
            port.is_empty() || (digits.len() < port.len() && digits.parse::<u16>().is_ok())
        }),
    }
}

/// Headers of every answer to a page of this origin.
pub fn headers(origin: &str) -> [(&'static str, &str); 2] {
    [
        ("access-control-allow-origin", origin),
        ("access-control-expose-headers", "allow, etag, retry-after, www-authenticate"),
    ]
}

/// Further headers of the answer to a preflight: the methods and headers that a page may send.
pub const PREFLIGHT: [(&str, &str); 3] = [
    ("access-control-allow-methods", "GET, HEAD, POST, PUT, DELETE"),
    (
        "access-control-allow-headers",
        "authorization, content-type, idempotency-key, if-none-match, traceparent",
    ),
    ("access-control-max-age", REMEMBERED_S),
];

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "https://core.example";

    fn origins(list: &str) -> Origins {
        Origins::read(|name| (name == ALLOWED_ORIGINS).then(|| list.to_owned()))
    }

    #[test]
    fn a_listed_origin_and_the_own_one_are_allowed_and_no_other() {
        let origins = origins("https://a.example, https://b.example:8443");
        for allowed in ["https://a.example", "https://b.example:8443", OWN] {
            assert_eq!(origins.check(allowed, OWN), Ok(()), "{allowed}");
        }
        for foreign in [
            "http://a.example",
            "https://a.example:444",
            "https://a.example.evil",
            "https://b.example",
            "null",
            "",
        ] {
            assert!(origins.check(foreign, OWN).is_err(), "{foreign}");
        }
    }

    #[test]
    fn a_star_stands_for_a_port_and_for_nothing_else() {
        let origins = origins("http://localhost:*");
        for allowed in ["http://localhost", "http://localhost:5173"] {
            assert_eq!(origins.check(allowed, OWN), Ok(()), "{allowed}");
        }
        for foreign in [
            "http://localhost.evil",
            "http://localhost:5173.evil",
            "http://localhost:",
            "http://localhost5173",
        ] {
            assert!(origins.check(foreign, OWN).is_err(), "{foreign}");
        }
    }

    #[test]
    fn unset_it_is_this_machine_in_development_and_nobody_in_production() {
        let development =
            Origins::read(|name| (name == "ENVIRONMENT").then(|| "development".to_owned()));
        let production = Origins::read(|_| None);
        assert_eq!(development.check("http://127.0.0.1:3000", OWN), Ok(()));
        assert!(development.check("https://a.example", OWN).is_err());
        assert!(production.check("http://127.0.0.1:3000", OWN).is_err());
        assert_eq!(production.check(OWN, OWN), Ok(()));
    }
}
