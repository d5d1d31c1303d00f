//! Every code of a refusal in the engine's sources is known: it is either one of a command, or one of something else.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use edgefold_kernel::codes::CODES;

/// Refusals of anything but a command that has been read: queries, subscriptions, bodies, connections, and administration.
const ELSEWHERE: &[&str] = &[
    "AUTH_NOT_CONFIGURED",
    "BATCH_UNSUPPORTED",
    "BODY_TOO_LARGE",
    "DUPLICATE_MEMBER",
    "DUPLICATE_PARAMETER",
    "GRAPHQL_VALIDATION_FAILED",
    "INTROSPECTION_OFF",
    "INVALID_BATCH",
    "INVALID_CURSOR",
    "INVALID_INSTANT",
    "INVALID_LIMIT",
    "INVALID_SUBSCRIPTION",
    "INVALID_TOKEN",
    "MALFORMED_CALL",
    "MALFORMED_JSON",
    "MALFORMED_MESSAGE",
    "MALFORMED_REQUEST",
    "METHOD_NOT_ALLOWED",
    "NAME_TOO_LONG",
    "NOT_ACCEPTABLE",
    "NOT_BEGUN",
    "NOT_FIRST",
    "NO_REBUILD",
    "ORIGIN_FORBIDDEN",
    "RATE_LIMITED",
    "READ_MODEL_BEHIND",
    "REBUILD_RUNS",
    "SLOW_CONSUMER",
    "STALE_CURSOR",
    "TOKEN_EXPIRED",
    "TOO_MANY_AWAITED",
    "TOO_MANY_FOLLOWED",
    "TOO_MANY_FOLLOWERS",
    "TOO_MANY_SOCKETS",
    "TOO_MANY_TICKETS",
    "UNKNOWN_CORRELATION",
    "UNKNOWN_INSTANCE",
    "UNKNOWN_JOURNAL",
    "UNKNOWN_OUTCOME",
    "TOO_MANY_VALUES",
    "UNKNOWN_PARAMETER",
    "UNKNOWN_PATH",
    "UNKNOWN_PROJECTION",
    "UNSUPPORTED_CONTENT_TYPE",
    "UNSUPPORTED_ENCODING",
    "UNSUPPORTED_PROTOCOL",
    "UPGRADE_REQUIRED",
    "VARIABLES_TOO_LARGE",
    "VERSION_AHEAD",
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.extension() {
            None if path.is_dir() => sources(&path, found),
            Some(extension) if extension == "rs" => found.push(path),
            _ => {}
        }
    }
}

/// The codes in a source: each is the first text in a call that makes a refusal. Tests and documentation do not count.
fn codes(text: &str) -> BTreeSet<String> {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let text = lines.collect::<Vec<_>>().join(" ");
    let calls = ["Rejection::new(", "Rejection::shape(", "Rejection::rule("];
    let calls = calls.iter().flat_map(|call| text.match_indices(call).map(|(at, _)| at));
    let code = |at: usize| {
        let (arguments, _) = text.get(at..)?.split_once(')')?;
        let code = arguments.split('"').nth(1)?;
        let is_code = code.bytes().all(|it| it.is_ascii_uppercase() || it == b'_');
        (is_code && !code.is_empty()).then(|| code.to_owned())
    };
    calls.filter_map(code).collect()
}

#[test]
fn every_code_in_the_sources_is_known() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = Vec::new();
    for part in ["kernel", "flow", "runtime"] {
        sources(&shared.join(part).join("src"), &mut found);
    }
    let known: BTreeSet<_> =
        CODES.iter().map(|(code, _)| *code).chain(ELSEWHERE.iter().copied()).collect();
    let mut seen = BTreeSet::new();
    for path in found {
        for code in codes(&fs::read_to_string(&path).unwrap()) {
            assert!(known.contains(&*code), "{code} in {} is in no list", path.display());
            seen.insert(code);
        }
    }
    for (code, _) in CODES {
        assert!(seen.contains(*code), "nothing refuses with {code} any more");
    }
}

#[test]
fn codes_are_in_order_and_say_what_they_mean() {
    assert!(CODES.is_sorted_by_key(|(code, _)| *code));
    assert!(CODES.iter().all(|(_, about)| about.ends_with('.')));
}
