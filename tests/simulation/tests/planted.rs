//! The stories find faults: for each that is planted in the flow, some seed among the first ones fails, and names what does
//! not hold.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use edgefold_flow::planted::{Planted, plant};
use edgefold_simulation::{Story, run};
use edgefold_testing::Way;

/// The stories of these seeds, until one fails. Returns the invariant that does not hold.
fn found(fault: Planted, seeds: u64) -> Option<&'static str> {
    plant(Some(fault));
    // Only on calm days does it show that something is late.
    let is_late = [Planted::RefusalForgotten, Planted::AnswerByLost].contains(&fault);
    let stories = (0..seeds).map(Story::new);
    let mut stories = stories.filter(|story| !is_late || story.is_calm && story.way == Way::Lost);
    let found = stories.find_map(|story| run(&story).err());
    plant(None);
    found.map(|broken| broken.invariant)
}

/// Declares a test for each fault: within so many seeds, one of these invariants is named.
macro_rules! is_found {
    ($($test:ident: $fault:ident within $seeds:literal as $($invariant:literal)|+;)+) => {
        $(#[test]
        fn $test() {
            let found = found(Planted::$fault, $seeds);
            assert!(found.is_some_and(|it| [$($invariant),+].contains(&it)), "{found:?}");
        })+
    };
}

is_found! {
    a_destination_that_drops_no_repeat: NoDedup within 100 as "everything is done once" | "nothing is lost";
    a_message_that_counts_as_arrived_when_it_is_sent: SentIsArrived within 100 as "nothing is lost";
    a_gap_that_is_passed_over: GapIgnored within 100 as "nothing is lost";
    a_deadline_that_is_not_met: DeadlineLost within 100 as "no deadline is lost";
    a_cursor_that_runs_ahead: CursorAhead within 100 as "nothing is lost";
    a_failure_that_heals_and_counts_as_poison: RetryableIsPoison within 100 as "only poison is held back";
    a_command_that_older_code_refuses: UnknownIsAnswer within 100 as "only a rule refuses";
    a_hold_that_begins_too_late: HoldMarkLost within 100 as "nothing is lost";
    a_mark_that_is_not_stored: MarkLost within 100 as "it comes to an end" | "nothing is lost";
    a_refusal_that_is_forgotten: RefusalForgotten within 2_000 as "what is answered in time does not expire";
    an_instant_until_which_nobody_is_known_to_wait: AnswerByLost within 2_000 as "what is answered in time does not expire";
    a_call_that_failed_and_counts_as_journalled: JournalAssumed within 100 as "everything is journalled once and in order";
    a_journal_that_drops_no_repeat: RepeatsKept within 100 as "everything is journalled once and in order";
    a_journal_that_passes_over_a_gap: BeforeIgnored within 100 as "everything is journalled once and in order";
    a_stream_that_does_not_say_what_was_before: BeforeLost within 100 as "everything is journalled once and in order";
}
