//! The events of other aggregates that a reservation wants.

use edgefold_flow::participant::{Route, To};
use edgefold_kernel::Aggregate;
use edgefold_room::Room;

/// The room's answer goes to the reservation that it names.
pub const ROUTES: &[Route] =
    &[Route { source: Room::TYPE, event: "RoomHeld", to: To::Field("reservationId") }];
