//! Days of the calendar.

use std::{fmt, ops::Range};

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use crate::shape::{Described, Shape};

/// Day of the calendar, `YYYY-MM-DD`, without a time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(NaiveDate);

impl Date {
    /// Reads `YYYY-MM-DD`.
    ///
    /// # Errors
    /// The text is not such a day; the error says what was expected.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        // The form that it is printed in, and no other: it sorts as the days do. chrono's own parser takes "2026-1-5" too.
        let number = |place: Range<usize>| {
            let digits = text.get(place).filter(|it| it.bytes().all(|it| it.is_ascii_digit()))?;
            digits.parse::<u32>().ok()
        };
        let dash = |place: usize| text.get(place..=place) == Some("-");
        let date = match (number(0..4), number(5..7), number(8..10)) {
            (Some(year), Some(month), Some(day)) if text.len() == 10 && dash(4) && dash(7) => {
                NaiveDate::from_ymd_opt(year.cast_signed(), month, day)
            }
            _ => None,
        };
        date.map(Self).ok_or("a date of the calendar as YYYY-MM-DD")
    }
}

impl Date {
    /// The day of an instant whose year has four digits.
    pub(super) fn of(day: NaiveDate) -> Self {
        Self(day)
    }

    /// Days from this one until another; negative if that one comes before.
    pub fn days_until(self, other: Self) -> i64 {
        (other.0 - self.0).num_days()
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0.year(), self.0.month(), self.0.day())
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

impl Described for Date {
    const SHAPE: Shape = Shape::Date;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;

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
}
