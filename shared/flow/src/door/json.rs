//! JSON from outside. What two readers could understand differently is refused or made one: a member that comes twice, and
//! the ways to write a number. How many values there are is bounded: a small one takes a hundred times its bytes in memory.

use std::cell::{Cell, RefCell};

use edgefold_kernel::{Kind, Rejection, limits};
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor,
};
use serde_json::{Map, Value};

/// Largest whole number that a double still tells from its neighbours: 2^53.
const WHOLE: f64 = 9_007_199_254_740_992.0;

/// What RFC 8259 allows a reader to skip: some editors begin every file with it.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads JSON. A whole number is the same number however it is written: `2.0` and `2e0` are 2, and `-0.0` is 0.
///
/// # Errors
/// `DUPLICATE_MEMBER` with the member's path; `TOO_MANY_VALUES`; `MALFORMED_JSON`.
pub fn read(text: &[u8]) -> Result<Value, Rejection> {
    let malformed = |said: String| {
        Rejection::new(Kind::Malformed, "MALFORMED_JSON", format!("not JSON: {said}"))
    };
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let text = std::str::from_utf8(text).map_err(|error| malformed(error.to_string()))?;
    let found = Found { twice: RefCell::new(None), values: Cell::new(0) };
    let mut source = serde_json::Deserializer::from_str(text);
    let read = Reader(&found).deserialize(&mut source);
    let read = read.and_then(|value| source.end().map(|()| value));
    read.map_err(|error| match found.twice.take() {
        None if found.values.get() > limits::JSON_VALUES => {
            let most = limits::JSON_VALUES;
            let detail =
                format!("at most {most} values may come at once, each item and member one");
            Rejection::new(Kind::TooLarge, "TOO_MANY_VALUES", detail)
        }
        Some(path) => {
            let detail = format!("the member {path} comes twice");
            let refusal = Rejection::new(Kind::Malformed, "DUPLICATE_MEMBER", detail);
            Rejection { field: Some(path), ..refusal }
        }
        None => malformed(error.to_string()),
    })
}

/// Reads a type from a value: as text, like everything else. One reader of each type in the script, and not one for values
/// beside it.
///
/// # Errors
/// What was expected. The place in that text is none that anybody knows, and is left out.
pub fn of<T: DeserializeOwned>(value: &Value) -> Result<T, String> {
    serde_json::from_str(&value.to_string()).map_err(|error| {
        let mut said = error.to_string();
        said.truncate(said.find(" at line ").unwrap_or(said.len()));
        said
    })
}

/// The same value with every number as [`read`] would read it.
pub fn plain(value: Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => number.as_f64().map_or(Value::Null, float),
        Value::Array(items) => items.into_iter().map(plain).collect(),
        Value::Object(members) => {
            members.into_iter().map(|(name, value)| (name, plain(value))).collect()
        }
        other => other,
    }
}

#[allow(clippy::cast_possible_truncation, reason = "the range is checked before")]
fn float(number: f64) -> Value {
    match number.fract() == 0.0 && number.abs() < WHOLE {
        true => Value::from(number as i64),
        false => Value::from(number),
    }
}

/// What was found on the way.
struct Found {
    /// The path of a member that comes twice.
    twice: RefCell<Option<String>>,
    /// Number of values so far.
    values: Cell<usize>,
}

/// Reads one value.
#[derive(Clone, Copy)]
struct Reader<'a>(&'a Found);

impl Reader<'_> {
    /// Puts a name or an index before the path, on the way out.
    fn within(self, name: &str) {
        if let Some(path) = self.0.twice.borrow_mut().as_mut() {
            let dot = if path.starts_with('[') { "" } else { "." };
            *path = format!("{name}{dot}{path}");
        }
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<Value, D::Error> {
        self.0.values.set(self.0.values.get() + 1);
        if self.0.values.get() > limits::JSON_VALUES {
            return Err(D::Error::custom("there are too many values"));
        }
        source.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(float(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut read = Vec::new();
        loop {
            match items.next_element_seed(self) {
                Ok(Some(item)) => read.push(item),
                Ok(None) => return Ok(Value::Array(read)),
                Err(error) => {
                    self.within(&format!("[{}]", read.len()));
                    return Err(error);
                }
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut read = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if read.contains_key(&name) {
                self.0.twice.replace(Some(name));
                return Err(A::Error::custom("a member comes twice"));
            }
            let value = members.next_value_seed(self).inspect_err(|_| self.within(&name))?;
            read.insert(name, value);
        }
        Ok(Value::Object(read))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_bounded_whatever_they_are() {
        let of = |count: usize, value: &str| format!("[{}]", vec![value; count].join(","));
        let code = |text: &str| read(text.as_bytes()).err().map(|it| (it.status(), it.code));
        let too_many = Some((413, "TOO_MANY_VALUES".into()));
        for (value, each) in [("0", 1), (r#"{"a":0}"#, 2), ("[]", 1), (r#""a""#, 1), ("null", 1)] {
            let most = (limits::JSON_VALUES - 1) / each;
            assert_eq!(code(&of(most, value)), None, "{value}");
            assert_eq!(code(&of(most + 1, value)), too_many, "{value}");
        }
    }

    fn refused(text: &str) -> (String, Option<String>) {
        let refusal = read(text.as_bytes()).unwrap_err();
        assert_eq!(refusal.status(), 400, "{text}");
        (refusal.code.into_owned(), refusal.field)
    }

    #[test]
    fn a_whole_number_is_the_same_however_it_is_written() {
        for (written, number) in [
            ("2.0", json!(2)),
            ("2e0", json!(2)),
            ("9.9e3", json!(9900)),
            ("-0.0", json!(0)),
            ("-0", json!(0)),
            ("-1e-400", json!(0)),
            ("-3.0", json!(-3)),
            ("2.5", json!(2.5)),
            ("1e300", json!(1e300)),
            ("9007199254740993", json!(9_007_199_254_740_993_u64)),
            ("18446744073709551615", json!(u64::MAX)),
        ] {
            assert_eq!(read(written.as_bytes()), Ok(number.clone()), "{written}");
            let nested = read(format!(r#"{{"a":[{written}]}}"#).as_bytes());
            assert_eq!(nested, Ok(json!({"a": [number]})), "{written}");
        }
        assert_eq!(
            plain(json!({"a": [-0.0, 2.0, 2.5, "2.0", null]})),
            json!({"a": [0, 2, 2.5, "2.0", null]})
        );
        assert_eq!(refused("1e400").0, "MALFORMED_JSON");
    }

    #[test]
    fn a_member_that_comes_twice_is_refused_with_its_path() {
        for (text, path) in [
            (r#"{"amount":1,"amount":1000000}"#, "amount"),
            (r#"{"amount":1,"am\u006funt":1}"#, "amount"),
            (
                r#"{"payload":{"lines":[{"sku":"a"},{"sku":"b","sku":"b"}]}}"#,
                "payload.lines[1].sku",
            ),
            (r#"[[{"":1,"":2}]]"#, "[0][0]."),
            (
                r#"{"$serde_json::private::RawValue":"1","$serde_json::private::RawValue":"2"}"#,
                "$serde_json::private::RawValue",
            ),
        ] {
            assert_eq!(refused(text), ("DUPLICATE_MEMBER".into(), Some(path.into())), "{text}");
        }
        assert!(read(br#"[{"a":1},{"a":{"a":1}}]"#).is_ok());
    }

    #[test]
    fn a_byte_order_mark_at_the_beginning_is_skipped() {
        assert_eq!(read(b"\xef\xbb\xbf {}"), Ok(json!({})));
        for bad in [
            &b" \xef\xbb\xbf{}"[..],
            b"\xef\xbb\xbf\xef\xbb\xbf{}",
            b"\xef\xbb{}",
            b"\xff\xfe{\0}\0",
        ] {
            assert_eq!(read(bad).unwrap_err().code, "MALFORMED_JSON");
        }
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for bad in ["", "{", "{}{}", "[1,]", "nul", "\u{feff}"] {
            assert_eq!(refused(bad), ("MALFORMED_JSON".into(), None), "{bad}");
        }
        let deep = "[".repeat(100_000);
        assert_eq!(refused(&deep).0, "MALFORMED_JSON");
        let magic = r#"{"$serde_json::private::RawValue":"{\"a\":1,\"a\":2}"}"#;
        assert!(read(magic.as_bytes()).unwrap().is_object(), "no member is read as anything else");
    }
}
