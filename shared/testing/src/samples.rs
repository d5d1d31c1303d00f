//! Values that are right for a shape, and values just outside it: what readers are tried with.

use edgefold_kernel::{
    limits,
    shape::{Choice, Field, Object, SAFE_INTEGER, Shape},
};
use serde_json::{Map, Value, json};

/// One good value, as it is written: it may stand in a document. Days and instants follow one another in the order of the
/// fields.
pub fn example(shape: &Shape) -> Value {
    Maker::new(Size::Usual).value("", shape)
}

/// Good values: the usual one, the smallest, the largest, and each optional field left out.
pub fn good(shape: &Shape) -> Vec<Value> {
    let usual = example(shape);
    let of = |size| Maker::new(size).value("", shape);
    let mut good = vec![usual.clone(), of(Size::Least), of(Size::Most)];
    if let Some(object) = shape.object() {
        for field in object.fields.iter().filter(|field| field.is_optional) {
            good.push(without(&usual, field.name));
        }
    }
    good
}

/// A value of this shape, and what comes of it when one thing is changed, at any depth: a field is missing, unknown, null, at
/// one of its bounds, beside one, or of another type. Some of them are good.
///
/// A whole number written with a point (`2.0`) is not among them: to JSON Schema it is an integer, to the readers it is
/// none. Nor are a leap second at an hour that never has one, and an instant at either end of the calendar that its
/// offset carries out of the years 0 to 9999.
pub fn variants(shape: &Shape, value: &Value) -> Vec<Value> {
    let mut variants = odd(shape);
    match (shape, value) {
        (Shape::Object(object), Value::Object(members)) => {
            variants.push(json!([value]));
            variants.push(with(value, "more", json!(1)));
            for field in object.fields {
                variants.push(without(value, field.name));
                let there = members.get(field.name).cloned().unwrap_or_default();
                let changed = self::variants(&field.shape, &there);
                variants.extend(changed.into_iter().map(|odd| with(value, field.name, odd)));
            }
        }
        (Shape::List { of, .. }, Value::Array(items)) => {
            for (place, item) in items.iter().enumerate().take(2) {
                variants.extend(self::variants(of, item).into_iter().map(|odd| {
                    let mut items = items.clone();
                    items[place] = odd;
                    Value::Array(items)
                }));
            }
        }
        (Shape::Map { of }, Value::Object(members)) => {
            for (name, member) in members {
                let changed = self::variants(of, member);
                variants.extend(changed.into_iter().map(|odd| with(value, name, odd)));
            }
        }
        _ => {}
    }
    variants.push(value.clone());
    variants
}

/// Values at the bounds of a shape and just beside them, and values that are right for some shapes and wrong for others.
pub fn odd(shape: &Shape) -> Vec<Value> {
    let mut odd = anything();
    let (least, most) = shape.bounds();
    match shape {
        Shape::Money { .. } | Shape::Integer { .. } => {
            odd.extend([least - 1, least, most, most + 1].map(Value::from));
        }
        Shape::Text { pattern, .. } => {
            for letter in [letter(pattern), '😀'] {
                let lengths = beside(least, most);
                odd.extend(lengths.map(|length| json!(letter.to_string().repeat(length))));
            }
        }
        Shape::List { of, .. } => {
            let item = example(of);
            odd.extend(beside(least, most).map(|length| json!(vec![&item; length])));
        }
        Shape::Choice(Choice { values, .. }) => {
            for (name, _) in *values {
                odd.extend([json!(name), json!(name.to_lowercase()), json!({*name: null})]);
            }
        }
        _ => {}
    }
    odd
}

/// The lengths at two bounds and beside them.
fn beside(least: i64, most: i64) -> impl Iterator<Item = usize> {
    let most = if most == i64::MAX { least + 2 } else { most };
    [least - 1, least, most, most + 1].into_iter().filter_map(|length| length.try_into().ok())
}

/// Values of every type, that no shape in particular asks for.
pub fn anything() -> Vec<Value> {
    let mut all = vec![
        json!(null),
        json!(true),
        json!([]),
        json!([20]),
        json!({}),
        json!({"OK": null}),
        json!(-1),
        json!(0),
        json!(1),
        json!(2.5),
        json!(u32::MAX),
        json!(1_u64 << 32),
        json!(SAFE_INTEGER),
        json!(SAFE_INTEGER + 1),
        json!(u64::MAX),
        json!(f64::MAX),
    ];
    let texts = [
        "",
        "x",
        "1",
        "20",
        "a/b",
        "a b",
        "a-._~:@!",
        "é",
        "tab\t",
        "line\n",
        "nul\0",
        "del\u{7f}",
        "c1\u{85}",
        "OK",
        "A_CODE",
        "4_CODE",
        "A CODE",
        "{}",
        "2026-02-28",
        "2028-02-29",
        "2026-02-29",
        "2026-02-30",
        "2026-1-05",
        "2026-13-01",
        "26-01-01",
        "+10000-01-01",
        "-0001-01-01",
        "10000-01-01",
        " 2026-01-01",
        "2026-01-01 ",
        "2026-01-01T00:00",
        "yesterday",
        "2026-01-01T12:00:00",
        "2026-01-01T12:00:00Z",
        "2026-01-01T12:00:00.123456789Z",
        "2026-01-01T12:00:00.Z",
        "2026-01-01T12:00:00+05:30",
        "2026-01-01T12:00:00-00:00",
        "2026-01-01T12:00:00+24:00",
        "2026-01-01T12:00:00+0530",
        "2026-01-01t12:00:00z",
        "2026-01-01 12:00:00Z",
        "2026-01-01T24:00:00Z",
        "2016-12-31T23:59:60Z",
        "2026-01-01T12:60:00Z",
        "2026-02-30T12:00:00Z",
        "12026-01-01T12:00:00Z",
        "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999Z",
        "2026-01-01T12:00Z",
    ];
    all.extend(texts.map(Value::from));
    let lengths = [limits::ID_BYTES, limits::SUBJECT_BYTES];
    all.extend(
        lengths.iter().flat_map(|most| [*most, most + 1]).map(|most| "x".repeat(most).into()),
    );
    all
}

/// How large a good value is.
#[derive(Clone, Copy, PartialEq)]
enum Size {
    Usual,
    Least,
    Most,
}

/// Makes good values; each day and each instant comes after the one before it.
struct Maker {
    size: Size,
    day: u32,
}

impl Maker {
    fn new(size: Size) -> Self {
        Self { size, day: 0 }
    }

    fn value(&mut self, name: &str, shape: &Shape) -> Value {
        let (least, most) = shape.bounds();
        match shape {
            Shape::Id => json!(self.id(name)),
            Shape::Subject => json!(self.subject()),
            Shape::Date => json!(format!("2026-01-{:02}", self.next_day())),
            Shape::Timestamp => json!(format!("2026-01-{:02}T12:00:00.000Z", self.next_day())),
            Shape::Code => json!("A_CODE"),
            Shape::Money { .. } => json!(self.number(100, least, most)),
            Shape::Integer { .. } => json!(self.number(2, least, most)),
            Shape::Real => json!(self.number(20, -1_000_000, 1_000_000) as f64 + 0.5),
            Shape::Bool => json!(self.size != Size::Least),
            Shape::Text { pattern, .. } => {
                let length = self.number(8, least, most.min(1_000));
                json!(letter(pattern).to_string().repeat(length.try_into().unwrap_or_default()))
            }
            Shape::List { of, .. } => {
                let length = self.number(1, least, most.min(least + 3));
                Value::Array((0..length).map(|_| self.value(name, of)).collect())
            }
            Shape::Map { of } => match self.size {
                Size::Least => json!({}),
                _ => json!({"ana": self.value(name, of)}),
            },
            Shape::Choice(choice) => {
                let last = choice.values.len() - 1;
                json!(choice.values[if self.size == Size::Most { last } else { 0 }].0)
            }
            Shape::Object(object) => self.object(object),
            Shape::Any => json!({}),
        }
    }

    fn object(&mut self, object: &Object) -> Value {
        let is_there = |field: &&Field| self.size != Size::Least || !field.is_optional;
        let fields: Vec<&Field> = object.fields.iter().filter(is_there).collect();
        let member = |field: &Field| (field.name.to_owned(), self.value(field.name, &field.shape));
        fields.into_iter().map(member).collect::<Map<_, _>>().into()
    }

    /// `room-1` for `roomId`.
    fn id(&self, field: &str) -> String {
        match self.size {
            Size::Least => "x".to_owned(),
            Size::Most => "x".repeat(limits::ID_BYTES),
            Size::Usual if field.is_empty() => "id-1".to_owned(),
            Size::Usual => format!("{}-1", field.strip_suffix("Id").unwrap_or(field)),
        }
    }

    fn subject(&self) -> String {
        match self.size {
            Size::Least => "x".to_owned(),
            Size::Most => "x".repeat(limits::SUBJECT_BYTES),
            Size::Usual => "ana".to_owned(),
        }
    }

    fn number(&self, usual: i64, least: i64, most: i64) -> i64 {
        match self.size {
            Size::Usual => usual.clamp(least, most),
            Size::Least => least,
            Size::Most => most,
        }
    }

    fn next_day(&mut self) -> u32 {
        self.day = self.day % 28 + 1;
        self.day
    }
}

/// A letter that may stand in a text of this pattern: the first of its class, as `#[text]` writes it.
fn letter(pattern: &str) -> char {
    let class = pattern.strip_prefix("^[").unwrap_or_default();
    match class.chars().next() {
        Some('\\') => class.chars().nth(1).unwrap_or('x'),
        Some('^') | None => 'x',
        Some(letter) => letter,
    }
}

fn with(value: &Value, field: &str, changed: Value) -> Value {
    let mut value = value.clone();
    value[field] = changed;
    value
}

fn without(value: &Value, field: &str) -> Value {
    let mut value = value.clone();
    value.as_object_mut().map(|members| members.remove(field));
    value
}
