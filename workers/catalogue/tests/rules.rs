//! The rules of a catalogue, and who may do what with it.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(clippy::unwrap_used)]

use edgefold_catalogue::{
    Catalogue,
    commands::{Command, OpenCatalogue, SetPrice, WithdrawArticle},
    events::{ArticleWithdrawn, CatalogueOpened, Event, PriceSet},
    rules::ARTICLES,
};
use edgefold_flow::Participant;
use edgefold_kernel::{Amount, CommandSet, Currency, Id, Principal, Scope};
use edgefold_roles::{ADMIN, CAST, GUEST, STAFF};
use edgefold_testing::{given, state_after, who};

fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

fn euro() -> Currency {
    Currency::parse("EUR").unwrap()
}

fn opened() -> Event {
    CatalogueOpened { currency: euro() }.into()
}

fn set(sku: &str, price: i64) -> SetPrice {
    SetPrice { sku: id(sku), unit_price: Amount::parse(price).unwrap() }
}

fn price_set(sku: &str, price: i64) -> Event {
    let SetPrice { sku, unit_price } = set(sku, price);
    PriceSet { sku, unit_price }.into()
}

fn withdrawn(sku: &str) -> Event {
    ArticleWithdrawn { sku: id(sku) }.into()
}

#[test]
fn it_is_opened_once_and_has_no_articles_yet() {
    let open = || OpenCatalogue { currency: euro() };
    let state = given::<Catalogue>([]).when(open()).then([opened()]).unwrap();
    assert_eq!((state.currency, state.articles.len()), (euro(), 0));
    given::<Catalogue>([opened()]).when(open()).then_refused("CATALOGUE_EXISTS");
    given::<Catalogue>([]).when(set("tea", 1)).then_refused("CATALOGUE_UNKNOWN");
}

#[test]
fn an_article_has_the_price_that_was_set_last_until_it_is_withdrawn() {
    let past = [opened(), price_set("tea", 400), price_set("cup", 900), price_set("tea", 450)];
    let prices = |past: Vec<Event>| {
        let state = state_after::<Catalogue>(past).unwrap();
        ["cup", "tea"].map(|sku| state.price(&id(sku)).map(Amount::minor_units))
    };
    assert_eq!(prices(past.to_vec()), [Some(900), Some(450)]);
    given::<Catalogue>(past.clone()).when(set("tea", 450)).then_nothing();
    given::<Catalogue>(past.clone()).when(set("tea", 400)).then([price_set("tea", 400)]);
    let withdraw =
        |past: &[Event]| given::<Catalogue>(past.to_vec()).when(WithdrawArticle { sku: id("tea") });
    withdraw(&past).then([withdrawn("tea")]);
    let past = [past.as_slice(), &[withdrawn("tea")]].concat();
    assert_eq!(prices(past.clone()), [Some(900), None]);
    withdraw(&past).then_nothing();
    given::<Catalogue>(past).when(set("tea", 500)).then([price_set("tea", 500)]);
}

#[test]
fn it_takes_so_many_articles_and_their_prices_change_nevertheless() {
    let articles = (0..ARTICLES).map(|n| price_set(&format!("a-{n}"), 100));
    let full: Vec<_> = std::iter::once(opened()).chain(articles).collect();
    given::<Catalogue>(full.clone()).when(set("tea", 100)).then_refused("TOO_MANY_ARTICLES");
    given::<Catalogue>(full.clone()).when(set("a-7", 200)).then([price_set("a-7", 200)]);
    let less = [full, vec![withdrawn("a-7")]].concat();
    given::<Catalogue>(less).when(set("tea", 100)).then([price_set("tea", 100)]);
}

#[test]
fn a_price_is_positive() {
    let read = |price: i64| {
        let payload = serde_json::json!({"sku": "tea", "unitPrice": price});
        Command::read("SetPrice", &payload).map(drop).map_err(|refused| refused.code)
    };
    assert_eq!(read(1), Ok(()));
    assert_eq!((read(0), read(-1)), (Err("INVALID_FIELD".into()), Err("INVALID_FIELD".into())));
}

#[test]
fn everyone_reads_it_and_the_staff_alone_changes_it() {
    let state = state_after::<Catalogue>([opened()]);
    let send = |command: Command, state: &_| {
        who(CAST, |somebody| Catalogue::may_send(somebody, &Catalogue::main(), &command, state))
    };
    assert_eq!(send(OpenCatalogue { currency: euro() }.into(), &None), ["staff sam"]);
    assert_eq!(send(set("tea", 1).into(), &state), ["staff sam"]);
    assert_eq!(send(WithdrawArticle { sku: id("tea") }.into(), &state), ["staff sam"]);
    let sees = who(CAST, |somebody| Catalogue::may_see(somebody, &Catalogue::main(), &state));
    assert_eq!(sees.len(), CAST.len());
    for role in [GUEST, STAFF, ADMIN] {
        let lists = Catalogue::may_list(&Principal::new(id("ana"), role));
        assert_eq!(lists, Scope::All);
    }
}
