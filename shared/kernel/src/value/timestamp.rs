//! Instants.

use std::fmt;

use chrono::{DateTime, Datelike, SecondsFormat, Timelike, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use crate::{
    Date,
    shape::{Described, Shape},
};

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
        Date::of(instant.unwrap_or(DateTime::UNIX_EPOCH).date_naive())
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

impl Described for Timestamp {
    const SHAPE: Shape = Shape::Timestamp;
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
