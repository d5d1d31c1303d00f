//! The environment of the script, and the values of its variables.

use std::ops::RangeInclusive;

/// Name of the variable that names the environment.
pub const ENVIRONMENT: &str = "ENVIRONMENT";

/// True if `ENVIRONMENT` is `development`. Any other value, and none, is production: a deployment must ask for the
/// conveniences of development.
pub fn is_development(variable: impl Fn(&str) -> Option<String>) -> bool {
    variable(ENVIRONMENT).as_deref() == Some("development")
}

/// The variables of a deployment, as they are read one by one.
pub struct Variables<F> {
    of: F,
    /// Values that could not be read, for the log, so that whoever set them learns of it.
    pub misread: Vec<String>,
    /// The numbers that were read: name, bounds, default.
    #[cfg(test)]
    pub numbers: Vec<(String, RangeInclusive<usize>, usize)>,
}

impl<F: Fn(&str) -> Option<String>> Variables<F> {
    /// The variables that `of` finds by name.
    pub fn new(of: F) -> Self {
        Self {
            of,
            misread: Vec::new(),
            #[cfg(test)]
            numbers: Vec::new(),
        }
    }

    /// The text of a variable.
    pub fn text(&self, name: &str) -> Option<String> {
        (self.of)(name)
    }

    /// The items of a variable that lists them with commas between, as `read` understands them. One that it does not
    /// understand counts as not listed. `None` when the variable is not set.
    pub fn list<T>(&mut self, name: &str, read: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
        let text = self.text(name)?;
        let mut items = Vec::new();
        for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
            match read(item) {
                Some(item) => items.push(item),
                None => self.misread.push(format!("{name} lists {item:?}, which can never count")),
            }
        }
        Some(items)
    }

    /// The number that a variable sets. A value that is not a whole number within these bounds counts as not set.
    pub fn number(&mut self, name: &str, within: RangeInclusive<usize>, default: usize) -> usize {
        #[cfg(test)]
        self.numbers.push((name.to_owned(), within.clone(), default));
        let Some(text) = self.text(name) else { return default };
        let number = text.trim().parse().ok().filter(|number| within.contains(number));
        number.unwrap_or_else(|| {
            let (least, most) = (within.start(), within.end());
            let said = format!("{name} is {text:?}, not from {least} to {most}: {default} counts");
            self.misread.push(said);
            default
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_within_its_bounds_counts_and_anything_else_is_noted() {
        let of = |name: &str| (name != "UNSET").then(|| name.to_owned());
        let mut variables = Variables::new(of);
        assert_eq!(variables.number("UNSET", 2..=9, 5), 5);
        for good in ["2", "9", " 7 "] {
            assert_eq!(variables.number(good, 2..=9, 5), good.trim().parse::<usize>().unwrap());
        }
        assert_eq!(variables.misread, [""; 0]);
        for bad in ["1", "10", "-3", "2.5", "many", ""] {
            assert_eq!(variables.number(bad, 2..=9, 5), 5, "{bad}");
        }
        assert_eq!(variables.misread.len(), 6);
        assert_eq!(variables.misread[0], r#"1 is "1", not from 2 to 9: 5 counts"#);
    }
}
