//! The allow-list of origins from whose pages a browser may call, and CORS.
//!
//! Source: <https://fetch.spec.whatwg.org/#http-cors-protocol>. Requests without `Origin` do not come from a browser
//! page and are not checked. Pages of the script's own origin are always allowed. Credentials (cookies) are not: a
//! caller shows its token itself.

use edgefold_kernel::{Kind, Rejection};

use super::environment::{Variables, is_development};

/// Name of the variable that lists the origins, with commas between them. `http://localhost:*` stands for every port.
pub const ALLOWED_ORIGINS: &str = "ALLOWED_ORIGINS";

/// Name of the variable that lists further headers that a page may send, with commas between them.
pub const ALLOWED_HEADERS: &str = "ALLOWED_HEADERS";

/// Headers that a page may send: those that the doors read, and those that clients and tracing add of their own accord.
const HEADERS: &str = "authorization, baggage, content-type, edgefold-after, idempotency-key, if-none-match, prefer, traceparent, tracestate, \
    apollo-require-preflight, apollographql-client-name, apollographql-client-version, sentry-trace, x-request-id";

/// The origins that are allowed in development unless the variable says otherwise.
const LOCAL: &str = "http://localhost:*, http://127.0.0.1:*, http://[::1]:*";

/// Seconds for which a browser may remember the answer to a preflight. Browsers cut them to 2 h or 24 h.
const REMEMBERED_S: &str = "86400";

/// Origins whose pages may call, and what these may send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origins {
    listed: Vec<String>,
    headers: String,
}

impl Origins {
    /// Reads the lists: `ALLOWED_ORIGINS`, when that is not set, this machine in development, and none in production; and
    /// `ALLOWED_HEADERS`. What can never match is noted for the log and ignored.
    pub fn read(variables: &mut Variables<impl Fn(&str) -> Option<String>>) -> Self {
        let is_local = is_development(|name| variables.text(name));
        let unset = || if is_local { LOCAL } else { "" }.to_owned();
        let origins = variables
            .list(ALLOWED_ORIGINS, normal)
            .unwrap_or_else(|| unset().split(", ").filter_map(normal).collect());
        let more = variables.list(ALLOWED_HEADERS, |name| {
            let is_token = !name.is_empty()
                && name.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_".contains(&it));
            is_token.then(|| name.to_ascii_lowercase())
        });
        let headers = std::iter::once(HEADERS.to_owned()).chain(more.unwrap_or_default());
        Self { listed: origins, headers: headers.collect::<Vec<_>>().join(", ") }
    }

    /// Checks the origin of a request that was sent to `own`.
    ///
    /// # Errors
    /// `ORIGIN_FORBIDDEN`
    pub fn check(&self, origin: &str, own: &str) -> Result<(), Rejection> {
        if origin == own || self.listed.iter().any(|allowed| covers(allowed, origin)) {
            return Ok(());
        }
        let detail =
            "pages of this origin may not call; the deployment lists others in ALLOWED_ORIGINS";
        Err(Rejection::new(Kind::Forbidden, "ORIGIN_FORBIDDEN", detail))
    }

    /// Further headers of the answer to a preflight: the methods and headers that a page may send.
    pub fn preflight(&self) -> [(&'static str, &str); 3] {
        [
            ("access-control-allow-methods", "GET, HEAD, POST"),
            ("access-control-allow-headers", &self.headers),
            ("access-control-max-age", REMEMBERED_S),
        ]
    }
}

/// An origin as browsers write it: scheme and host in small letters, no default port, nothing behind it. `None` for what is
/// no origin.
fn normal(text: &str) -> Option<String> {
    let text = text.to_ascii_lowercase();
    let (scheme, rest) = text.split_once("://")?;
    let host = rest.strip_suffix('/').unwrap_or(rest);
    let default = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => return None,
    };
    let host = host.strip_suffix(default).unwrap_or(host);
    let name = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => {
            (port == "*" || port.parse::<u16>().is_ok()).then_some(name)?
        }
        _ => host,
    };
    let is_host = |it: char| it.is_ascii_alphanumeric() || "-._[]:".contains(it);
    let is_good = !name.is_empty()
        && name.chars().all(is_host)
        && (name.starts_with('[') || !name.contains(':'));
    is_good.then(|| format!("{scheme}://{host}"))
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
        (
            "access-control-expose-headers",
            "allow, etag, location, preference-applied, retry-after, www-authenticate",
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "https://core.example";

    fn origins(list: &str) -> Origins {
        noted(list).0
    }

    fn noted(list: &str) -> (Origins, Vec<String>) {
        let set = |name: &str| (name == ALLOWED_ORIGINS).then(|| list.to_owned());
        let mut variables = Variables::new(set);
        (Origins::read(&mut variables), variables.misread)
    }

    #[test]
    fn an_origin_is_understood_as_people_write_it() {
        let (origins, misread) = noted(
            "https://App.Example.com/, HTTPS://b.example:443, http://[::1]:3000,http://c:80/",
        );
        assert_eq!(misread, [""; 0]);
        for allowed in
            ["https://app.example.com", "https://b.example", "http://[::1]:3000", "http://c"]
        {
            assert_eq!(origins.check(allowed, OWN), Ok(()), "{allowed}");
        }
        for foreign in ["http://app.example.com", "https://b.example:444", "http://[::1]"] {
            assert!(origins.check(foreign, OWN).is_err(), "{foreign}");
        }
    }

    #[test]
    fn what_can_never_match_is_noted() {
        for useless in [
            "localhost:3000",
            "a.example",
            "https://a.example/path",
            "*",
            "https://",
            "https://*.example",
            "https://a.example:port",
            "ftp://a.example",
            "null",
        ] {
            let (origins, misread) = noted(&format!("https://good.example, {useless}"));
            assert_eq!(origins.check("https://good.example", OWN), Ok(()));
            assert_eq!(misread.len(), 1, "{useless}");
            assert!(misread[0].contains(useless), "{misread:?}");
        }
        assert_eq!(noted("").1, [""; 0]);
    }

    #[test]
    fn a_page_may_send_what_tracing_adds_and_what_a_setting_names() {
        let set = |name: &str| (name == ALLOWED_HEADERS).then(|| "X-Mine, a b".to_owned());
        let mut variables = Variables::new(set);
        let origins = Origins::read(&mut variables);
        assert_eq!(variables.misread.len(), 1);
        let [(_, methods), (_, headers), _] = origins.preflight();
        assert_eq!(methods, "GET, HEAD, POST");
        let headers: Vec<_> = headers.split(", ").collect();
        for name in [
            "authorization",
            "baggage",
            "prefer",
            "edgefold-after",
            "tracestate",
            "sentry-trace",
            "apollographql-client-name",
            "x-request-id",
            "x-mine",
        ] {
            assert!(headers.contains(&name), "{name} in {headers:?}");
        }
        assert!(headers.iter().all(|name| !name.contains(' ')));
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
        let set = |name: &str| (name == "ENVIRONMENT").then(|| "development".to_owned());
        let development = Origins::read(&mut Variables::new(set));
        let production = Origins::read(&mut Variables::new(|_| None));
        assert_eq!(development.check("http://127.0.0.1:3000", OWN), Ok(()));
        assert!(development.check("https://a.example", OWN).is_err());
        assert!(production.check("http://127.0.0.1:3000", OWN).is_err());
        assert_eq!(production.check(OWN, OWN), Ok(()));
    }
}
