//! The limits of callers, as the deployment has set them: its variables, read once for each isolate.

use std::cell::OnceCell;

use edgefold_flow::door::{allowance::Allowance, environment::Variables, origin::Origins};
use worker::{Env, console_error};

thread_local! {
    static READ: OnceCell<Allowance> = const { OnceCell::new() };
    static ORIGINS: OnceCell<Origins> = const { OnceCell::new() };
}

/// The limits that are set, or else the defaults. Invalid values are logged once and ignored.
pub(crate) fn allowance(env: &Env) -> Allowance {
    READ.with(|known| {
        *known.get_or_init(|| {
            let mut variables = Variables::new(variable(env));
            let allowance = Allowance::read(&mut variables);
            variables.misread.iter().for_each(|said| console_error!("{said}"));
            allowance
        })
    })
}

/// The pages that may call, in the same way.
pub(crate) fn origins(env: &Env) -> Origins {
    ORIGINS.with(|known| {
        known
            .get_or_init(|| {
                let mut variables = Variables::new(variable(env));
                let origins = Origins::read(&mut variables);
                variables.misread.iter().for_each(|said| console_error!("{said}"));
                origins
            })
            .clone()
    })
}

fn variable(env: &Env) -> impl Fn(&str) -> Option<String> {
    |name| env.var(name).ok().map(|value| value.to_string())
}
