//! What a failure of D1 means: D1 tells its errors as texts, such as `D1_ERROR: no such table: x: SQLITE_ERROR`.

use edgefold_kernel::Fault;

/// Parts of the errors that a second attempt meets again, in lower case: the statement, the tables or a value have to
/// change first.
const LASTING: [&str; 18] = [
    "no such table",
    "no such column",
    "no such function",
    "has no column named",
    "ambiguous column",
    "constraint failed",
    "sqlite_constraint",
    "syntax error",
    "incomplete input",
    "datatype mismatch",
    "sqlite_mismatch",
    "d1_type_error",
    "malformed json",
    "too many sql variables",
    "wrong number of parameter bindings",
    "statement too long",
    "too big",
    "too large",
];

/// Parts of the errors about what is not made yet.
const MISSING: [&str; 2] = ["no such table", "no such column"];

/// The journal's own constraint, as the error names it, in lower case.
const JOURNALLED: &str = "unique constraint failed: journal.";

/// What is unavailable to a consumer that another one was faster than.
const JOURNAL: &str = "the journal";

/// Characters of a statement in a fault: enough to find it by.
const STATEMENT_CHARS: usize = 300;

/// The fault of these statements, from the text of D1's error. Whatever is not known to last is taken to heal by
/// itself: an overload, a lost connection, a stall.
pub fn fault<'a>(error: &str, statements: impl IntoIterator<Item = &'a str>) -> Fault {
    let lower = error.to_lowercase();
    if lower.contains(JOURNALLED) {
        Fault::Unavailable(JOURNAL.into(), error.to_owned())
    } else if LASTING.iter().any(|part| lower.contains(part)) {
        let statements: Vec<String> = statements.into_iter().map(short).collect();
        Fault::Defect(format!("{error}, in: {}", statements.join("; ")))
    } else {
        Fault::Unavailable("the database".into(), error.to_owned())
    }
}

/// True if another consumer has journalled one of these events meanwhile: what is left of them may be tried at once.
pub fn is_overtaken(fault: &Fault) -> bool {
    matches!(fault, Fault::Unavailable(what, _) if *what == JOURNAL)
}

/// True if a statement met no such table, or no such column: what it reads is not made yet.
pub fn is_missing(fault: &Fault) -> bool {
    let Fault::Defect(text) = fault else { return false };
    MISSING.iter().any(|part| text.contains(part))
}

/// A statement in one line, without its comments.
fn short(sql: &str) -> String {
    let words = sql.lines().filter_map(|line| line.split("--").next());
    let words: Vec<&str> = words.flat_map(str::split_whitespace).collect();
    words.join(" ").chars().take(STATEMENT_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SQL: &str = "-- ?1: an id.\nSELECT a, -- the first\n  b FROM x\n";

    #[test]
    fn what_a_second_attempt_meets_again_is_a_defect_that_names_the_statement() {
        for error in [
            "D1_ERROR: no such table: x: SQLITE_ERROR",
            "D1_ERROR: no such column: timeout at offset 7: SQLITE_ERROR",
            "D1_ERROR: table x has no column named y: SQLITE_ERROR",
            "D1_ERROR: UNIQUE constraint failed: room.id: SQLITE_CONSTRAINT",
            "D1_ERROR: UNIQUE constraint failed: journal_of_mine.id: SQLITE_CONSTRAINT",
            "D1_ERROR: NOT NULL constraint failed: journal.event: SQLITE_CONSTRAINT",
            "D1_ERROR: cannot store TEXT value in INTEGER column x.y: SQLITE_CONSTRAINT",
            "D1_ERROR: near \"FORM\": syntax error at offset 9: SQLITE_ERROR",
            "D1_ERROR: datatype mismatch: SQLITE_MISMATCH",
            "D1_TYPE_ERROR: Type 'object' not supported for value '[object Object]'",
            "D1_ERROR: malformed JSON: SQLITE_ERROR",
            "D1_ERROR: too many SQL variables at offset 410: SQLITE_ERROR",
            "D1_ERROR: statement too long: SQLITE_TOOBIG",
            "D1_ERROR: string or blob too big: SQLITE_TOOBIG",
        ] {
            let expected = Fault::Defect(format!("{error}, in: SELECT a, b FROM x"));
            assert_eq!(fault(error, [SQL]), expected);
        }
    }

    #[test]
    fn whatever_else_fails_heals_by_itself() {
        for error in [
            "D1_ERROR: Network connection lost.",
            "D1_ERROR: D1 DB is overloaded. Requests queued for too long.",
            "D1_ERROR: D1 DB is overloaded. Too many requests queued.",
            "D1_ERROR: D1 DB storage operation exceeded timeout which caused object to be reset.",
            "D1_ERROR: D1 DB reset because its code was updated.",
            "D1_ERROR: Internal error in D1 DB storage caused object to be reset.",
            "D1_ERROR: Cannot resolve D1 DB due to transient issue on remote node.",
            "D1_ERROR: database is locked: SQLITE_BUSY",
            "D1_ERROR: Memory limit would be exceeded before EOF.",
            "something that nobody has seen before",
        ] {
            assert_eq!(
                fault(error, [SQL]),
                Fault::Unavailable("the database".into(), error.to_owned())
            );
        }
    }

    #[test]
    fn what_is_not_made_yet_is_told_apart() {
        assert!(is_missing(&fault("D1_ERROR: no such table: x: SQLITE_ERROR", [SQL])));
        assert!(is_missing(&fault("D1_ERROR: no such column: r.y: SQLITE_ERROR", [SQL])));
        assert!(!is_missing(&fault("D1_ERROR: Network connection lost.", [SQL])));
        assert!(!is_missing(&fault("D1_ERROR: malformed JSON: SQLITE_ERROR", [SQL])));
    }

    #[test]
    fn a_consumer_that_was_slower_than_another_one_is_told_apart() {
        let error = "D1_ERROR: UNIQUE constraint failed: journal.aggregate_type, \
                     journal.aggregate_id, journal.version: SQLITE_CONSTRAINT";
        assert!(is_overtaken(&fault(error, [SQL])));
        assert!(fault(error, [SQL]).retryable());
        assert!(!is_overtaken(&fault("D1_ERROR: Network connection lost.", [SQL])));
        assert!(!is_overtaken(&fault("D1_ERROR: UNIQUE constraint failed: room.id", [SQL])));
    }
}
