//! Values that are checked when they are read, and are valid from then on.

use std::fmt;

use chrono::{DateTime, Datelike, NaiveDate, SecondsFormat, Timelike, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use crate::limits;

/// Identifier of an aggregate instance, a command, a person: 1–128 visible ASCII characters without `/`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Id(
    #[cfg_attr(
        feature = "schema",
        schemars(length(min = 1, max = limits::ID_BYTES), pattern("^[!-.0-~]*$"))
    )]
    String,
);

impl Id {
    /// Reads an identifier.
    ///
    /// # Errors
    /// The text is not well formed; the error says what was expected.
    pub fn parse(text: impl Into<String>) -> Result<Self, &'static str> {
        let text = text.into();
        if text.is_empty() {
            return Err("an id of 1 to 128 characters, got an empty one");
        }
        if text.len() > limits::ID_BYTES {
            return Err("an id of at most 128 characters, got a longer one");
        }
        if !text.bytes().all(|b| b.is_ascii_graphic() && b != b'/') {
            return Err("an id of visible ASCII characters without '/'");
        }
        Ok(Self(text))
    }

    /// A placeholder for a missing identifier: `-`.
    pub fn nobody() -> Self {
        Self("-".to_owned())
    }

    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        Self::parse(String::deserialize(source)?).map_err(D::Error::custom)
    }
}

/// Day of the calendar, `YYYY-MM-DD`, without a time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(with = "String", extend("format" = "date")))]
pub struct Date(NaiveDate);

impl Date {
    /// Reads `YYYY-MM-DD`.
    ///
    /// # Errors
    /// The text is not such a day; the error says what was expected.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const EXPECTED: &str = "a date of the calendar as YYYY-MM-DD";
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| EXPECTED)?;
        // The parser takes "2026-1-5" and "+10000-01-05" too: only the form that it would print itself, with a year of
        // four digits, is well formed and sorts as the days do.
        let printed = date.format("%Y-%m-%d").to_string();
        let well_formed = printed == text && (0..=9999).contains(&date.year());
        if well_formed { Ok(Self(date)) } else { Err(EXPECTED) }
    }
}

impl Date {
    /// Days from this one until another; negative if that one comes before.
    pub fn days_until(self, other: Self) -> i64 {
        (other.0 - self.0).num_days()
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m-%d"))
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, sink: S) -> Result<S::Ok, S::Error> {
        sink.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(source)?).map_err(D::Error::custom)
    }
}

/// Instant in milliseconds since 1970-01-01T00:00:00Z, within the years 0 to 9999; RFC 3339 in UTC with milliseconds on the
/// wire. Every instant that there can be is printed in a form that is read again and sorts as the instants do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// 0000-01-01T00:00:00.000Z.
    const MIN: Self = Self(-62_167_219_200_000);

    /// The last millisecond of the year 9999: later than anything that happens.
    pub const MAX: Self = Self(253_402_300_799_999);

    /// The instant so many milliseconds after the epoch, or the nearest that there is.
    pub fn from_millis(millis: i64) -> Self {
        Self(millis.clamp(Self::MIN.0, Self::MAX.0))
    }

    /// Milliseconds since the epoch.
    pub fn millis(self) -> i64 {
        self.0
    }

    /// The instant so many milliseconds later, at most [`MAX`](Self::MAX).
    #[must_use]
    pub fn plus_millis(self, millis: i64) -> Self {
        Self::from_millis(self.0.saturating_add(millis))
    }

    /// Its day in UTC.
    pub fn day(self) -> Date {
        let instant = DateTime::<Utc>::from_timestamp_millis(self.0);
        Date(instant.unwrap_or(DateTime::UNIX_EPOCH).date_naive())
    }

    /// Reads RFC 3339, in any offset. A leap second is the second after it, as it is for every clock that counts from 1970.
    ///
    /// # Errors
    /// The text is not an instant, or names a leap second that never was; the error says what was expected.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const EXPECTED: &str = "an instant as RFC 3339, such as 2026-01-31T12:00:00Z";
        // The parser takes a space for the T as well, which the grammar of RFC 3339 does not have.
        if text.contains(' ') {
            return Err(EXPECTED);
        }
        let instant = DateTime::parse_from_rfc3339(text).map_err(|_| EXPECTED)?.to_utc();
        // The parser takes :60 in any minute, and counts it as nanoseconds beyond the second.
        if instant.nanosecond() >= NANOS && !is_leap_second(&instant) {
            return Err("a second from 0 to 59: there was no leap second then");
        }
        // An offset carries the first and the last day out of the four digits of a year.
        match instant.timestamp_millis() {
            millis if (Self::MIN.0..=Self::MAX.0).contains(&millis) => Ok(Self(millis)),
            _ => Err(EXPECTED),
        }
    }
}

/// Nanoseconds in a second.
const NANOS: u32 = 1_000_000_000;

/// Years in which the last minute of June had 61 seconds. Source: IERS, Bulletin C; none was announced after 2016.
const LEAPS_IN_JUNE: [i32; 11] = [1972, 1981, 1982, 1983, 1985, 1992, 1993, 1994, 1997, 2012, 2015];
/// Years in which the last minute of December had.
const LEAPS_IN_DECEMBER: [i32; 16] = [
    1972, 1973, 1974, 1975, 1976, 1977, 1978, 1979, 1987, 1989, 1990, 1995, 1998, 2005, 2008, 2016,
];

fn is_leap_second(instant: &DateTime<Utc>) -> bool {
    let was = match (instant.month(), instant.day()) {
        (6, 30) => LEAPS_IN_JUNE.contains(&instant.year()),
        (12, 31) => LEAPS_IN_DECEMBER.contains(&instant.year()),
        _ => false,
    };
    was && (instant.hour(), instant.minute(), instant.second()) == (23, 59, 59)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instant =
            DateTime::<Utc>::from_timestamp_millis(self.0).unwrap_or(DateTime::UNIX_EPOCH);
        f.write_str(&instant.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, sink: S) -> Result<S::Ok, S::Error> {
        sink.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(source)?).map_err(D::Error::custom)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Timestamp {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        if generator.contract().is_serialize() {
            schemars::json_schema!({
                "description": "Instant as RFC 3339, in UTC with milliseconds.",
                "type": "string",
                "format": "date-time",
                "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$",
            })
        } else {
            schemars::json_schema!({
                "description": "Instant as RFC 3339, in any offset. Kept to the millisecond.",
                "type": "string",
                "format": "date-time",
            })
        }
    }
}

/// Amount of money in minor units (cents), 0 to 10^12. Never a float.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Amount(
    #[cfg_attr(
        feature = "schema",
        schemars(with = "u64", range(min = 0, max = limits::AMOUNT_MAX))
    )]
    i64,
);

impl Amount {
    /// Reads an amount.
    ///
    /// # Errors
    /// The amount is out of range; the error says what was expected.
    pub fn parse(minor_units: i64) -> Result<Self, &'static str> {
        match minor_units {
            0..=limits::AMOUNT_MAX => Ok(Self(minor_units)),
            _ => Err("a whole number of minor units from 0 to 1000000000000"),
        }
    }

    /// The amount in minor units.
    pub fn minor_units(self) -> i64 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        Self::parse(i64::deserialize(source)?).map_err(D::Error::custom)
    }
}

/// Free text: 1–500 characters, no control characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Text(
    #[cfg_attr(
        feature = "schema",
        schemars(
            length(min = 1, max = limits::TEXT_CHARS),
            pattern(r"^[^\x00-\x1F\x7F-\x9F]*$")
        )
    )]
    String,
);

impl Text {
    /// Reads a text.
    ///
    /// # Errors
    /// The text is empty, too long or holds control characters; the error says what was expected.
    pub fn parse(text: impl Into<String>) -> Result<Self, &'static str> {
        let text = text.into();
        let well_formed = !text.is_empty()
            && text.chars().count() <= limits::TEXT_CHARS
            && !text.chars().any(char::is_control);
        if well_formed {
            Ok(Self(text))
        } else {
            Err("a text of 1 to 500 characters without control characters")
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        Self::parse(String::deserialize(source)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_visible_ascii_without_a_slash() {
        assert!(Id::parse("room-12:A").is_ok());
        for bad in ["", "a/b", "a b", "tab\t", "é", "nul\0", &"x".repeat(129)] {
            assert!(Id::parse(bad).is_err(), "{bad:?}");
        }
        assert!(Id::parse("x".repeat(128)).is_ok());
    }

    #[test]
    fn a_date_exists_and_is_padded() {
        assert_eq!(Date::parse("2028-02-29").unwrap().to_string(), "2028-02-29");
        for bad in [
            "2026-02-29",
            "2026-1-05",
            "2026-13-01",
            "26-01-01",
            "+10000-01-01",
            "-0001-01-01",
            "2026-01-01T00:00",
            " 2026-01-01",
            "",
        ] {
            assert!(Date::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn days_are_counted_over_the_calendar() {
        let date = |text: &str| Date::parse(text).unwrap();
        assert_eq!(date("2028-02-28").days_until(date("2028-03-01")), 2);
        assert_eq!(date("2028-03-01").days_until(date("2028-02-28")), -2);
        assert_eq!(date("0000-01-01").days_until(date("9999-12-31")), 3_652_424);
        let last = Timestamp::parse("2026-12-31T23:59:59.999Z").unwrap();
        assert_eq!(
            [last.day(), last.plus_millis(1).day()],
            [date("2026-12-31"), date("2027-01-01")]
        );
    }

    #[test]
    fn an_instant_is_printed_in_utc_with_milliseconds() {
        let instant = Timestamp::parse("2026-01-31T13:00:00.5+01:00").unwrap();
        assert_eq!(instant.to_string(), "2026-01-31T12:00:00.500Z");
        assert!(Timestamp::parse("2026-01-31 12:00:00Z").is_err());
    }

    #[test]
    fn an_instant_that_is_read_can_be_printed_and_read_again() {
        for good in ["0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z", "2016-12-31T23:59:60Z"] {
            let instant = Timestamp::parse(good).unwrap();
            assert_eq!(Timestamp::parse(&instant.to_string()), Ok(instant), "{good}");
        }
        for bad in ["0000-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01"] {
            assert!(Timestamp::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_instant_that_is_reckoned_can_be_printed_and_read_again() {
        let now = Timestamp::parse("2026-01-31T12:00:00Z").unwrap();
        for millis in [i64::MIN, i64::MIN / 2, -1, 0, 1, i64::MAX / 2, i64::MAX] {
            for instant in [Timestamp::from_millis(millis), now.plus_millis(millis)] {
                assert_eq!(Timestamp::parse(&instant.to_string()), Ok(instant), "{millis}");
            }
        }
        assert_eq!(Timestamp::MIN.to_string(), "0000-01-01T00:00:00.000Z");
        assert_eq!(Timestamp::MAX.to_string(), "9999-12-31T23:59:59.999Z");
    }

    #[test]
    fn a_leap_second_is_taken_if_it_was_one() {
        for was in ["1972-06-30T23:59:60Z", "2016-12-31T23:59:60.5Z", "2017-01-01T00:59:60+01:00"] {
            assert!(Timestamp::parse(was).is_ok(), "{was}");
        }
        for never in [
            "9999-12-31T23:59:60Z",
            "2016-12-31T22:59:60Z",
            "2016-12-31T23:59:60+01:00",
            "2016-06-30T23:59:60Z",
            "2026-01-31T12:00:60Z",
        ] {
            assert!(Timestamp::parse(never).is_err(), "{never}");
        }
        assert!(Timestamp::parse("2016-12-31T23:59:61Z").is_err());
    }

    #[test]
    fn an_amount_is_a_whole_number_within_bounds() {
        assert!(serde_json::from_str::<Amount>("1000000000000").is_ok());
        for bad in ["-1", "1000000000001", "1.5", "\"1\"", "1e3"] {
            assert!(serde_json::from_str::<Amount>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_text_holds_no_control_characters() {
        assert!(Text::parse("späte Anreise").is_ok());
        for bad in ["", "a\nb", &"x".repeat(501)] {
            assert!(Text::parse(bad).is_err(), "{bad:?}");
        }
    }
}
