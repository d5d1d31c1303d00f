//! The limits of callers, as the deployment has set them: its variables, read once for each isolate.

use std::cell::OnceCell;

use edgefold_flow::door::{allowance::Allowance, environment::Variables};
use worker::{Env, console_error};

thread_local! {
    static READ: OnceCell<Allowance> = const { OnceCell::new() };
}

/// The limits that are set, or else the defaults. Invalid values are logged once and ignored.
pub(crate) fn allowance(env: &Env) -> Allowance {
    let read = || {
        let variable = |name: &str| env.var(name).ok().map(|value| value.to_string());
        let mut variables = Variables::new(variable);
        let allowance = Allowance::read(&mut variables);
        variables.misread.iter().for_each(|said| console_error!("{said}"));
        allowance
    };
    READ.with(|known| *known.get_or_init(read))
}
