//! The shortest story that still fails.

use super::{Broken, Story, run};

/// Most runs for one story.
const RUNS: usize = 2_000;

/// Leaves out steps as long as the same invariant is broken.
pub fn shortest(story: &Story, broken: Broken) -> (Story, Broken) {
    let (mut story, mut broken, mut runs) = (story.clone(), broken, 0);
    let mut size = story.steps.len().div_ceil(2).max(1);
    loop {
        let (mut from, mut is_shorter) = (0, false);
        while from < story.steps.len() && runs < RUNS {
            let mut less = story.clone();
            less.steps.drain(from..(from + size).min(story.steps.len()));
            runs += 1;
            match run(&less) {
                Err(again) if again.invariant == broken.invariant => {
                    (story, broken, is_shorter) = (less, again, true);
                }
                _ => from += size,
            }
        }
        match (size, is_shorter) {
            _ if runs >= RUNS => return (story, broken),
            (1, false) => return (story, broken),
            (1, true) => {}
            _ => size = size.div_ceil(2),
        }
    }
}
