//! The statement of a list, made from its `.sql` file: a line that ends with a comment is included when all words of
//! the comment were asked for; any other line is always included. So the database evaluates only the conditions that
//! were asked for, and an index serves them.

/// The statement with the lines for these words.
pub(super) fn statement(text: &str, asked: &[&str]) -> String {
    let mut statement = String::new();
    for line in text.lines() {
        let (code, words) = line.split_once("--").unwrap_or((line, ""));
        let is_asked_for = words.split_whitespace().all(|word| asked.contains(&word));
        if is_asked_for && !code.trim().is_empty() {
            statement.push_str(code.trim());
            statement.push('\n');
        }
    }
    statement
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_there_when_all_its_words_were_asked_for() {
        let text = "-- A page.\nSELECT a\nFROM t -- the\n  AND a = ?1 -- a\n  AND b > ?2 -- after UP\nLIMIT ?3\n";
        assert_eq!(statement(text, &[]), "SELECT a\nLIMIT ?3\n");
        assert_eq!(statement(text, &["a", "UP"]), "SELECT a\nAND a = ?1\nLIMIT ?3\n");
        assert_eq!(statement(text, &["after", "UP"]), "SELECT a\nAND b > ?2\nLIMIT ?3\n");
    }
}
