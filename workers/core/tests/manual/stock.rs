use edgefold_kernel::{Aggregate, Context, Decision, Rejection, Version, commands, event, events};
use edgefold_testing::given;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MoveStock {
    pieces: i32, // positive: in; negative: out
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct StockMoved {
    pieces: i32,
}

commands! { enum Command { "MoveStock" [creates] => Move(MoveStock) } }
events! { enum Event upcast event::no_upcast { "StockMoved" v 1 => Moved(StockMoved) } }

/// The stock of one article.
struct Stock;

impl Aggregate for Stock {
    const TYPE: &'static str = "stock";
    type Command = Command;
    type Event = Event;
    type State = i64;

    fn decide(stock: &i64, Command::Move(wanted): &Command, _: &Context<'_>) -> Decision<Event> {
        if stock + i64::from(wanted.pieces) < 0 {
            return Err(Rejection::rule("OUT_OF_STOCK", format!("{stock} are left")).into());
        }
        Ok(vec![StockMoved { pieces: wanted.pieces }.into()])
    }

    fn evolve(stock: &mut i64, Event::Moved(moved): &Event, _version: Version) {
        *stock += i64::from(moved.pieces);
    }
}

#[test]
fn the_stock_never_falls_below_zero() {
    let two = || given::<Stock>([StockMoved { pieces: 2 }.into()]);
    two().when(MoveStock { pieces: -3 }).then_refused("OUT_OF_STOCK");
    two().when(MoveStock { pieces: -2 }).then([StockMoved { pieces: -2 }.into()]);
}
