//! What a failure of D1 means: D1 tells its errors as texts, such as `D1_ERROR: no such table: x: SQLITE_ERROR`.

use edgefold_kernel::Fault;

/// Parts of the errors that a second attempt meets again, in lower case: the statement, the tables or a value have to
/// change first.
const LASTING: [&str; 20] = [
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
    "already exists",
    "to delete view",
];

/// The constraints by which a runner learns that another one was faster, as the error names them, in lower case.
const OVERTAKEN: [&str; 2] =
    ["constraint failed: checkpoint.turn", "constraint failed: processor."];

/// The constraint with which a rehearsal ends.
const REHEARSED: &str = "constraint failed: parked.id";

/// Errors that no event causes: the tables are not those that this code knows.
const TABLES: [&str; 4] =
    ["no such table", "no such column", "has no column named", "no such function"];

/// What a failure says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// It heals by itself.
    Away,
    /// Another runner was faster, or the database was restored: look again.
    Overtaken,
    /// A rehearsal went well. Nothing was changed.
    Rehearsed,
    /// The tables are not those that the statements expect.
    Tables,
    /// A second attempt meets it again.
    Poison,
}

/// What this failure of the database says.
pub fn meaning(fault: &Fault) -> Meaning {
    let Fault::Defect(said) = fault else {
        return if fault.retryable() { Meaning::Away } else { Meaning::Poison };
    };
    // The statements follow behind the error.
    let error = said.split(STATEMENTS).next().unwrap_or_default().to_lowercase();
    let names = |part: &&str| error.contains(*part);
    if OVERTAKEN.iter().any(names) {
        Meaning::Overtaken
    } else if names(&REHEARSED) {
        Meaning::Rehearsed
    } else if TABLES.iter().any(names) {
        Meaning::Tables
    } else {
        Meaning::Poison
    }
}

/// Stands between error and statements.
const STATEMENTS: &str = ", in: ";

/// Characters of a statement in a fault: enough to find it by.
const STATEMENT_CHARS: usize = 300;

/// The fault of these statements, from the text of D1's error. Whatever is not known to last is taken to heal by
/// itself: an overload, a lost connection, a stall.
pub fn fault<'a>(error: &str, statements: impl IntoIterator<Item = &'a str>) -> Fault {
    let lower = error.to_lowercase();
    if LASTING.iter().any(|part| lower.contains(part)) {
        let statements: Vec<String> = statements.into_iter().map(short).collect();
        Fault::Defect(format!("{error}{STATEMENTS}{}", statements.join("; ")))
    } else {
        Fault::Unavailable("the database".into(), error.to_owned())
    }
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
            "D1_ERROR: NOT NULL constraint failed: room.number: SQLITE_CONSTRAINT",
            "D1_ERROR: table room_g1 already exists at offset 13: SQLITE_ERROR",
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
            "D1_ERROR: database or disk is full: SQLITE_FULL",
            "D1_ERROR: Exceeded maximum DB size",
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
    fn each_failure_says_what_is_to_be_done() {
        let meaning = |error: &str| meaning(&fault(error, ["SELECT 'no such table'"]));
        for (error, expected) in [
            ("D1_ERROR: Network connection lost.", Meaning::Away),
            (
                "D1_ERROR: NOT NULL constraint failed: checkpoint.turn: SQLITE_CONSTRAINT",
                Meaning::Overtaken,
            ),
            ("UNIQUE constraint failed: processor.name, processor.status", Meaning::Overtaken),
            ("NOT NULL constraint failed: parked.id", Meaning::Rehearsed),
            ("D1_ERROR: no such table: room_g1: SQLITE_ERROR", Meaning::Tables),
            ("D1_ERROR: table x has no column named y: SQLITE_ERROR", Meaning::Tables),
            ("D1_ERROR: UNIQUE constraint failed: room_g1.id: SQLITE_CONSTRAINT", Meaning::Poison),
            ("D1_ERROR: malformed JSON: SQLITE_ERROR", Meaning::Poison),
        ] {
            assert_eq!(meaning(error), expected, "{error}");
        }
    }
}
