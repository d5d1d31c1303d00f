//! The events of other aggregates that a claim wants.

use crate::resource::Resource;
use edgefold_flow::participant::{Route, To};
use edgefold_kernel::Aggregate;

/// The resource's answer goes to the claim that it names.
pub const ROUTES: &[Route] =
    &[Route { source: Resource::TYPE, event: "ResourceHeld", to: To::Field("claimId") }];
