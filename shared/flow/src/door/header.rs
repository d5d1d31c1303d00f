//! Headers of a request that a door has to understand.

use edgefold_kernel::{Kind, Metadata, Rejection, limits};

/// Refuses a body that is coded, as with gzip.
///
/// # Errors
/// `UNSUPPORTED_ENCODING`
pub fn expect_uncoded(content_encoding: Option<&str>) -> Result<(), Rejection> {
    let codings = content_encoding.unwrap_or_default().split(',').map(str::trim);
    let mut coded = codings.filter(|one| !one.is_empty() && !one.eq_ignore_ascii_case("identity"));
    match coded.next() {
        None => Ok(()),
        Some(coding) => {
            let detail = format!("send the body without Content-Encoding, got {coding}");
            Err(Rejection::new(Kind::Unsupported, "UNSUPPORTED_ENCODING", detail))
        }
    }
}

/// The text of an `Idempotency-Key`. Its draft writes the key as a string of a structured header (RFC 8941), in quotes;
/// callers leave them out, too.
pub fn key(header: String) -> String {
    let Some(quoted) = header.trim().strip_prefix('"') else { return header };
    let mut text = String::with_capacity(quoted.len());
    let mut characters = quoted.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => text.extend(characters.next()),
            // Parameters may follow, which say nothing here.
            '"' if matches!(characters.as_str().trim_start().chars().next(), None | Some(';')) => {
                return text;
            }
            other => text.push(other),
        }
    }
    // It does not end: no id has a quote, so this one is refused.
    header
}

/// True if an `If-None-Match` names this entity tag. Tags are compared weakly, as RFC 9110 wants it here.
pub fn knows(if_none_match: &str, tag: &str) -> bool {
    let listed = |one: &str| one.trim().strip_prefix("W/").unwrap_or(one.trim()) == tag;
    if_none_match.trim() == "*" || if_none_match.split(',').any(listed)
}

/// The trace context of a request, from its headers. As W3C's specifications say, what is malformed or too long is ignored, and
/// `tracestate` means nothing without `traceparent`.
pub fn trace(header: impl Fn(&str) -> Option<String>) -> Metadata {
    let fits = |name: &str, is_good: fn(&str) -> bool| {
        header(name).map(|text| text.trim().to_owned()).filter(|text| is_good(text))
    };
    let traceparent = fits("traceparent", is_traceparent);
    let tracestate = fits("tracestate", is_tracestate).filter(|_| traceparent.is_some());
    Metadata {
        traceparent,
        tracestate,
        baggage: fits("baggage", is_baggage),
        ..Metadata::default()
    }
}

/// The metadata of a message, with the trace context of its request where the message names none of its own.
pub fn traced(metadata: Option<Metadata>, trace: &Metadata) -> Option<Metadata> {
    let mut metadata = metadata.unwrap_or_default();
    // A tracestate without it is refused, and not forgotten.
    if metadata.traceparent.is_none() && metadata.tracestate.is_none() {
        metadata.traceparent.clone_from(&trace.traceparent);
        metadata.tracestate.clone_from(&trace.tracestate);
    }
    if metadata.baggage.is_none() {
        metadata.baggage.clone_from(&trace.baggage);
    }
    (metadata != Metadata::default()).then_some(metadata)
}

/// Checks the trace context that a message names.
///
/// # Errors
/// `INVALID_FIELD`
pub fn check_trace(metadata: &Metadata) -> Result<(), Rejection> {
    let invalid = |name: &str, expected: String| {
        Err(Rejection::shape(
            "INVALID_FIELD",
            format!("metadata.{name}"),
            format!("expected: {expected}"),
        ))
    };
    let is_bad = |text: &Option<String>, is_good: fn(&str) -> bool| {
        text.as_ref().is_some_and(|text| !is_good(text))
    };
    if is_bad(&metadata.traceparent, is_traceparent) {
        return invalid(
            "traceparent",
            "the form of W3C, such as 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
                .to_owned(),
        );
    }
    if is_bad(&metadata.tracestate, is_tracestate) {
        let most = limits::TRACESTATE_BYTES;
        return invalid("tracestate", format!("at most {most} printable ASCII characters"));
    }
    if is_bad(&metadata.baggage, is_baggage) {
        let most = limits::BAGGAGE_BYTES;
        return invalid("baggage", format!("at most {most} printable ASCII characters"));
    }
    if metadata.tracestate.is_some() && metadata.traceparent.is_none() {
        return invalid("tracestate", "a traceparent beside it".to_owned());
    }
    Ok(())
}

/// True for a `traceparent` as W3C's Trace Context writes it. Versions after 00 may say more behind a further `-`.
fn is_traceparent(text: &str) -> bool {
    let is_hex = |part: &str, length: usize| {
        part.len() == length && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let is_zero = |part: &str| part.bytes().all(|byte| byte == b'0');
    let mut parts = text.splitn(5, '-');
    let mut next = || parts.next().unwrap_or_default();
    let (version, trace, parent, flags, more) = (next(), next(), next(), next(), parts.next());
    is_hex(version, 2)
        && version != "ff"
        && is_hex(trace, 32)
        && !is_zero(trace)
        && is_hex(parent, 16)
        && !is_zero(parent)
        && is_hex(flags, 2)
        && (version != "00" || more.is_none())
        && is_printable(text, limits::TRACE_BYTES)
}

fn is_tracestate(text: &str) -> bool {
    is_printable(text, limits::TRACESTATE_BYTES)
}

fn is_baggage(text: &str) -> bool {
    is_printable(text, limits::BAGGAGE_BYTES)
}

/// True if this may stand in a header again as it is.
fn is_printable(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn a_coded_body_is_refused_and_says_so() {
        for plain in [None, Some(""), Some("identity"), Some(" Identity ")] {
            assert_eq!(expect_uncoded(plain), Ok(()), "{plain:?}");
        }
        for coded in ["gzip", "br", "identity, gzip", "deflate"] {
            let refusal = expect_uncoded(Some(coded)).unwrap_err();
            assert_eq!(
                (refusal.status(), &*refusal.code),
                (415, "UNSUPPORTED_ENCODING"),
                "{coded}"
            );
        }
    }

    #[test]
    fn a_tracestate_alone_is_refused_and_not_forgotten() {
        let named = Metadata { tracestate: Some("a=1".into()), ..Metadata::default() };
        let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned();
        let request = Metadata { traceparent: Some(traceparent), ..Metadata::default() };
        for trace in [Metadata::default(), request] {
            let traced = traced(Some(named.clone()), &trace).unwrap();
            let refused = check_trace(&traced).unwrap_err();
            assert_eq!(refused.field.as_deref(), Some("metadata.tracestate"));
        }
    }

    #[test]
    fn a_key_in_quotes_is_the_key() {
        for (header, text) in [
            ("abc", "abc"),
            ("\"abc\"", "abc"),
            (" \"abc\" ", "abc"),
            (r#""a\"b\\c""#, r#"a"b\c"#),
            ("\"abc\";p=1", "abc"),
            ("\"abc\" ; p", "abc"),
            ("\"abc", "\"abc"),
            (r#""ab\""#, r#""ab\""#),
            ("\"", "\""),
            ("\"\"", ""),
            ("a\"b\"", "a\"b\""),
        ] {
            assert_eq!(key(header.to_owned()), text, "{header}");
        }
    }

    #[test]
    fn a_tag_is_known_weakly_in_a_list_and_by_a_star() {
        for known in ["\"5\"", "W/\"5\"", "*", " * ", "\"4\", \"5\"", "W/\"4\",W/\"5\""] {
            assert!(knows(known, "\"5\""), "{known}");
        }
        for other in ["", "5", "\"4\"", "w/\"5\"", "W/5", "\"55\"", "\"4\", *"] {
            assert!(!knows(other, "\"5\""), "{other}");
        }
    }

    #[test]
    fn a_traceparent_has_the_form_that_w3c_gives_it() {
        for good in [PARENT, "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00-what-follows"]
        {
            assert!(is_traceparent(good), "{good}");
        }
        for bad in [
            "",
            "garbage",
            "a\u{0}\r\nx: y",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-a\nb",
            &format!("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-{}", "x".repeat(256)),
        ] {
            assert!(!is_traceparent(bad), "{bad}");
            let metadata = Metadata { traceparent: Some(bad.to_owned()), ..Metadata::default() };
            let field = check_trace(&metadata).unwrap_err().field;
            assert_eq!(field.as_deref(), Some("metadata.traceparent"));
        }
    }

    #[test]
    fn a_request_brings_its_trace_unless_the_message_names_another() {
        let headers = |parent: &'static str, state: &'static str| {
            trace(move |name| match name {
                "traceparent" => Some(parent.to_owned()),
                "tracestate" => Some(state.to_owned()),
                "baggage" => Some("tenant=a".to_owned()),
                _ => None,
            })
        };
        let brought = headers(PARENT, "vendor=1");
        assert_eq!(brought.tracestate.as_deref(), Some("vendor=1"));
        assert_eq!(traced(None, &brought), Some(brought.clone()));
        let malformed = headers("garbage", "vendor=1");
        assert_eq!((malformed.traceparent, malformed.tracestate), (None, None));
        let own = Metadata { traceparent: Some(PARENT.replace("01", "00")), ..Metadata::default() };
        let taken = traced(Some(own.clone()), &brought).unwrap();
        assert_eq!((&taken.traceparent, &taken.tracestate), (&own.traceparent, &None));
        assert_eq!(taken.baggage.as_deref(), Some("tenant=a"));
        assert_eq!(traced(None, &Metadata::default()), None);
    }

    #[test]
    fn a_state_without_its_parent_and_baggage_beyond_measure_are_refused() {
        let field = |metadata: Metadata| check_trace(&metadata).unwrap_err().field.unwrap();
        let state = Some("vendor=1".to_owned());
        let alone = Metadata { tracestate: state.clone(), ..Metadata::default() };
        assert_eq!(field(alone.clone()), "metadata.tracestate");
        let both = Metadata { traceparent: Some(PARENT.to_owned()), ..alone };
        assert_eq!(check_trace(&both), Ok(()));
        let long = Some("x".repeat(limits::BAGGAGE_BYTES + 1));
        assert_eq!(field(Metadata { baggage: long, ..both.clone() }), "metadata.baggage");
        assert_eq!(
            field(Metadata { tracestate: Some("é".to_owned()), ..both }),
            "metadata.tracestate"
        );
    }
}
