//! The script that is deployed: it binds the aggregates to their Durable Object classes, the queue and D1. Nothing else.

// The classes that `durable_object` expands to have constructors without documentation.
#![allow(missing_docs)]

use edgefold_account::Account;
use edgefold_catalogue::Catalogue;
use edgefold_device::Device;
use edgefold_flow::Hooks;
use edgefold_order::Order;
use edgefold_reservation::Reservation;
use edgefold_roles::ROLES;
use edgefold_room::Room;
use edgefold_round::Round;

edgefold_runtime::script! {
    aggregates: {
        "ROOM" => RoomObject(Room),
        "RESERVATION" => ReservationObject(Reservation),
        "DEVICE" => DeviceObject(Device),
        "ACCOUNT" => AccountObject(Account),
        "CATALOGUE" => CatalogueObject(Catalogue),
        "ORDER" => OrderObject(Order),
        "ROUND" => RoundObject(Round),
    },
    projections: &[edgefold_room::nights::NIGHTS, edgefold_round::leaderboard::LEADERBOARD],
    hooks: Hooks::NONE,
    roles: ROLES,
    openapi: include_str!("../../../schema/openapi.json"),
}
