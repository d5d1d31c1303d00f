//! The rooms of the engine's crates stand in an order, and a room imports only rooms that stand before it: so there are no
//! circles, and a reader who starts at the top meets only what came before.
//!
//! The order is that in which a module declares its rooms. What a room's own `mod.rs` holds belongs to all of its files.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod sources;

use std::path::Path as File;

use sources::{Path, Sources};

/// Imports that run up, each as a sentence.
fn upward(sources: &Sources) -> Vec<String> {
    let mut found = Vec::new();
    for module in sources.modules().filter(|module| !module.is_empty()) {
        for imported in sources.imports(module) {
            let shared = module.iter().zip(&imported).take_while(|(one, other)| one == other);
            let at = shared.count();
            let (Some(room), Some(other)) = (module.get(at), imported.get(at)) else { continue };
            let declared = sources.declared(&module[..at]);
            let place = |name: &String| declared.iter().position(|it| it == name);
            if place(other) > place(room) {
                found.push(format!("{} imports {}", shown(module), shown(&imported)));
            }
        }
    }
    found
}

/// Tables of rooms that do not list what is declared, in its order.
fn mislisted(sources: &Sources) -> Vec<String> {
    let tables = sources.modules().map(|module| (module, sources.declared(module)));
    let wrong = tables.filter(|(module, declared)| {
        let listed = sources.listed(module);
        !declared.is_empty() && !listed.is_empty() && listed != *declared
    });
    wrong.map(|(module, _)| shown(module)).collect()
}

fn shown(module: &Path) -> String {
    format!("crate::{}", module.join("::"))
}

fn shared() -> &'static File {
    File::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

#[test]
fn no_room_imports_one_that_stands_after_it() {
    for name in ["kernel", "flow", "runtime", "testing"] {
        let sources = Sources::read(&shared().join(name).join("src"));
        assert!(sources.modules().count() > 5, "{name} is read");
        assert_eq!(upward(&sources), [""; 0], "{name}");
        assert_eq!(mislisted(&sources), [""; 0], "{name}");
    }
}

fn of(files: &[(&str, &str)]) -> Sources {
    Sources::of(files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())))
}

#[test]
fn an_import_that_runs_up_is_found_however_it_is_written() {
    let root = "mod low;\npub mod high;\n\npub use high::inner::{Deep as _, Other};\n";
    let high = "//! | [`inner`] | in it |\nmod inner;\nmod outer;\n\npub use inner::Deep;\n";
    for (file, text, expected) in [
        ("low.rs", "use crate::high::Thing;", "crate::low imports crate::high"),
        ("low.rs", "use crate::{\n    high::{self, Thing},\n};", "crate::low imports crate::high"),
        (
            "low.rs",
            "    fn f() {\n        super::high::f();\n    }",
            "crate::low imports crate::high",
        ),
        ("low.rs", "type A = Vec<crate::high::Thing>;", "crate::low imports crate::high"),
        (
            "low.rs",
            "pub(crate) use super::high::inner::f;",
            "crate::low imports crate::high::inner",
        ),
        ("low.rs", "use crate::high::Deep;", "crate::low imports crate::high::inner"),
        ("low.rs", "use crate::Other;", "crate::low imports crate::high::inner"),
        ("high/inner.rs", "use super::outer::f;", "crate::high::inner imports crate::high::outer"),
    ] {
        let files =
            [("lib.rs", root), ("high/mod.rs", high), ("high/inner.rs", ""), ("high/outer.rs", "")];
        let files: Vec<_> =
            files.into_iter().filter(|(name, _)| *name != file).chain([(file, text)]).collect();
        assert_eq!(upward(&of(&files)), [expected], "{text}");
    }
}

#[test]
fn an_import_that_runs_down_or_stays_in_its_room_is_none() {
    let files = of(&[
        ("lib.rs", "mod low;\nmod high;\n"),
        (
            "low.rs",
            "use std::fmt;\n// use crate::high;\n\n#[cfg(test)]\nmod tests {\n    use crate::high;\n}",
        ),
        ("high/mod.rs", "mod inner;\nuse inner::Deep;\nuse crate::low;\n"),
        ("high/inner.rs", "use super::Thing;\nuse crate::{low::f, high::Thing};\n"),
    ]);
    assert_eq!(upward(&files), [""; 0]);
}

#[test]
fn a_table_that_leaves_a_room_out_or_has_another_order_is_found() {
    let table = |rows: &str| {
        let text = format!("//! | room | what |\n//! |---|---|\n{rows}\nmod low;\npub mod high;\n");
        mislisted(&of(&[("lib.rs", &text), ("low.rs", ""), ("high.rs", "")]))
    };
    assert_eq!(table("//! | `low` | first |\n//! | [`high`] | second |"), [""; 0]);
    assert_eq!(table("//! | [`high`] | second |\n//! | `low` | first |"), ["crate::"]);
    assert_eq!(table("//! | `low` | first |"), ["crate::"]);
}
