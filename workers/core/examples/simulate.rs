//! `npm run simulate -- --seeds N [--seed S]`: tells the stories of N seeds, from S on, and the shortest one of the first that
//! fails.

// What it writes is its result, and it is no Worker: it has a clock.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::indexing_slicing
)]

#[path = "../tests/story/mod.rs"]
mod story;

use std::{process::ExitCode, time::Instant};

use story::{Story, run, shortest::shortest};

/// Seeds between two words of progress.
const STEP: u64 = 500;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut named = [("--seeds", None), ("--seed", None)];
    for pair in arguments.chunks(2) {
        let known = named.iter_mut().find(|(name, _)| *name == pair[0]);
        let value = pair.get(1).and_then(|value| value.parse::<u64>().ok());
        let (Some((_, place)), Some(value)) = (known, value) else {
            eprintln!("simulate takes --seeds N and --seed S, both numbers; it got {arguments:?}");
            return ExitCode::FAILURE;
        };
        *place = Some(value);
    }
    let [(_, seeds), (_, first)] = named;
    let seeds = seeds.unwrap_or(if first.is_some() { 1 } else { 2_000 });
    simulate(first.unwrap_or(0), seeds)
}

fn simulate(first: u64, seeds: u64) -> ExitCode {
    let since = Instant::now();
    // A panic is the end of a story, and told with it.
    std::panic::set_hook(Box::new(|_| {}));
    for (done, seed) in (1..=seeds).zip(first..) {
        let story = Story::new(seed);
        if let Err(broken) = run(&story) {
            println!(
                "{story}\nseed {seed} fails: {}\n{}\nLooking for the shortest story.",
                broken.invariant, broken.said
            );
            let (story, broken) = shortest(&story, broken);
            println!("\n{story}\nIt does not hold: {}\n{}\n", broken.invariant, broken.said);
            println!("Again: npm run simulate -- --seed {seed}");
            return ExitCode::FAILURE;
        }
        if done % STEP == 0 || done == seeds {
            println!("{done} of {seeds} seeds hold, {:.1} s", since.elapsed().as_secs_f64());
        }
    }
    ExitCode::SUCCESS
}
