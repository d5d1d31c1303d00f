//! The README and the manual are true: the aggregate of the README is compiled and tested, links lead somewhere,
//! commands and variables exist.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(clippy::unwrap_used, clippy::panic)]

mod pages;
mod stock;

use std::collections::BTreeSet;

use pages::{Page, anchors, code_spans, links, outside_fences, pages, root};

/// Longest README, in lines: its reader decides in five minutes.
const README_LINES: usize = 130;

#[test]
fn the_readme_is_read_in_five_minutes() {
    let lines = pages().remove(0).text.lines().count();
    assert!(lines <= README_LINES, "README.md has {lines} lines: move some to shared/manual");
}

#[test]
fn the_readme_shows_the_aggregate_that_is_tested_here() {
    let (_, shown) =
        include_str!("stock.rs").split_once("// The README shows what follows.\n").unwrap();
    let shown = format!("```rust\n{shown}```\n");
    assert!(
        pages().remove(0).text.contains(&shown),
        "copy the end of stock.rs into README.md, or back"
    );
}

#[test]
fn every_link_leads_to_a_file_and_to_a_heading_in_it() {
    let (mut looked_at, mut broken) = (0, Vec::new());
    for page in pages() {
        for link in links(&page.text) {
            if link.contains("://") {
                continue;
            }
            looked_at += 1;
            let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = match path {
                "" => page.path.clone(),
                _ => page.path.parent().unwrap().join(path),
            };
            let headed = || anchors(&std::fs::read_to_string(&target).unwrap_or_default());
            if !target.exists() || (!anchor.is_empty() && !headed().contains(anchor)) {
                broken.push(format!("{}: {link}", page.name()));
            }
        }
    }
    assert!(looked_at > 30, "{looked_at} links are looked at");
    assert_eq!(broken, [""; 0]);
}

#[test]
fn every_page_of_the_manual_is_linked_from_the_readme() {
    let mut pages = pages().into_iter();
    let readme: BTreeSet<_> = links(&pages.next().unwrap().text).into_iter().collect();
    let missing: Vec<_> =
        pages.map(|page| page.name()).filter(|name| !readme.contains(name)).collect();
    assert_eq!(missing, [""; 0]);
}

#[test]
fn every_npm_command_is_a_script() {
    let package = std::fs::read_to_string(root().join("package.json")).unwrap();
    let package: serde_json::Value = serde_json::from_str(&package).unwrap();
    let named = pages().into_iter().flat_map(|page| npm_scripts(&page.text)).collect::<Vec<_>>();
    assert!(named.len() > 10, "{named:?}");
    let missing: Vec<_> =
        named.iter().filter(|name| !package["scripts"][name.as_str()].is_string()).collect();
    assert!(missing.is_empty(), "package.json has no {missing:?}");
}

/// The scripts that `npm start`, `npm test` and `npm run …` name in a text.
fn npm_scripts(text: &str) -> Vec<String> {
    let word = |text: &str| {
        let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != ':').unwrap_or(text.len());
        text.split_at(end).0.to_owned()
    };
    let after = |start: &str| text.split(start).skip(1).map(word).collect::<Vec<_>>();
    let mut named = after("npm run ");
    named.extend(after("npm run -s "));
    named.extend(
        ["start", "test"]
            .map(str::to_owned)
            .into_iter()
            .filter(|name| text.contains(&format!("npm {name}"))),
    );
    named.retain(|name| !name.is_empty());
    named
}

#[test]
fn the_table_of_settings_names_the_variables_that_the_code_reads_and_no_other() {
    let page = pages().into_iter().find(|page| page.name().ends_with("/settings.md")).unwrap();
    let table = outside_fences(&page.text);
    let table = table.split("## Variables").nth(1).unwrap().split("\n## ").next().unwrap();
    let cells = table.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
    let listed: BTreeSet<_> = cells.flat_map(code_spans).collect();
    assert!(listed.len() > 15, "{listed:?}");

    let code = pages::code();
    let unread: Vec<_> =
        listed.iter().filter(|name| !code.contains(&format!("\"{name}\""))).collect();
    assert!(unread.is_empty(), "no code reads {unread:?}");

    let read = ["var(", "secret(", "number(", "text("].map(|call| literals_after(&code, call));
    let read: BTreeSet<_> = read.into_iter().flatten().collect();
    assert!(read.contains("BUS_ATTEMPTS") && read.contains("MAX_BODY_BYTES"), "{read:?}");
    let unlisted: Vec<_> = read.difference(&listed).collect();
    assert!(unlisted.is_empty(), "settings.md does not list {unlisted:?}");
}

/// Names in capitals that are the first argument of a call.
fn literals_after(code: &str, call: &str) -> Vec<String> {
    let first =
        |rest: &str| Some(rest.trim_start().strip_prefix('"')?.split('"').next()?.to_owned());
    let names = code.split(call).skip(1).filter_map(first);
    names
        .filter(|name| {
            name.len() > 3 && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
        })
        .collect()
}

#[test]
fn a_page_names_no_place_of_one_machine() {
    for Page { path, text } in pages() {
        for place in ["/root", "/home/", "/tmp"] {
            assert!(!text.contains(place), "{} names {place}", path.display());
        }
    }
}
