use edgefold_flow::prelude::*;
use edgefold_testing::given;

#[event]
struct StockMoved {
    pieces: i32,
}

#[state]
struct State {
    pieces: i64,
}

#[refusals]
enum Refusal {
    /// Fewer pieces are left.
    OutOfStock,
}

commands! { enum Command { "MoveStock" [begins] => Move(MoveStock) } }
events! { enum Event { "StockMoved" v 1 => Moved(StockMoved) } }

/// The stock of one article.
struct Stock;

impl Aggregate for Stock {
    const TYPE: &'static str = "stock";
    type Command = Command;
    type Event = Event;
}

impl Reducer for Stock {
    type State = State;

    fn begin(Event::Moved(moved): &Event) -> Option<State> {
        Some(State { pieces: moved.pieces.into() })
    }

    fn evolve(stock: &mut State, Event::Moved(moved): &Event, _version: Version) {
        stock.pieces += i64::from(moved.pieces);
    }
}

// The README shows what follows.
#[command]
struct MoveStock {
    pieces: i32, // positive: in; negative: out
}

impl Rules for Stock {
    type Create = MoveStock;
    type Refusal = Refusal;

    fn begin(wanted: &MoveStock, context: &Context<'_>) -> Decision<Event> {
        Self::decide(&State { pieces: 0 }, &wanted.clone().into(), context)
    }

    fn decide(stock: &State, Command::Move(wanted): &Command, _: &Context<'_>) -> Decision<Event> {
        match stock.pieces + i64::from(wanted.pieces) {
            ..0 => refuse(Refusal::OutOfStock),
            0.. => happened(StockMoved { pieces: wanted.pieces }),
        }
    }
}

#[test]
fn the_stock_never_falls_below_zero() {
    let two = || given::<Stock>([StockMoved { pieces: 2 }.into()]);
    two().when(MoveStock { pieces: -3 }).then_refused("OUT_OF_STOCK");
    two().when(MoveStock { pieces: -2 }).then([StockMoved { pieces: -2 }.into()]);
}
