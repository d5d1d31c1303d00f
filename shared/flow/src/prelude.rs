//! What every file of an aggregate uses: `use edgefold_flow::prelude::*;`.

pub use edgefold_kernel::{
    Aggregate, Amount, Balance, Code, Context, Currency, Date, Decision, Described, Envelope,
    Fault, Id, Principal, Reach, Reducer, Refusals, Rejection, Role, Rules, Scope, StreamId,
    Subject, Text, Timestamp, Version, command, commands, event, events, happened, nothing,
    refusals, refuse, refuse_field, refuse_shape, refuse_with, state, text,
};

pub use crate::participant::{
    Asked, Beside, Change, Condition, Due, Errand, Lists, Order, Policy, Process, Projection,
    Refused, Route, Table, To,
    list::{Filter, Given, Projected},
};
