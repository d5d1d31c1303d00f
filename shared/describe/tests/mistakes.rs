//! What a mistake is told, at the line that made it: each file in `mistakes/` beside the messages that it gets.
//!
//! `TRYBUILD=overwrite cargo test -p edgefold-describe` writes the messages anew.

#[test]
fn a_mistake_is_a_message_at_the_line_that_made_it() {
    trybuild::TestCases::new().compile_fail("tests/mistakes/*.rs");
}
