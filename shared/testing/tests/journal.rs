//! A partition of a journal: each stream without a gap, in order, each event once, whatever comes in whatever way.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::expect_used)]

use std::collections::BTreeMap;

use edgefold_flow::journal::{Append, Appended, Item, Link, Partition, Row};
use edgefold_kernel::{Envelope, Fault, Id, Metadata, StreamId, Timestamp, limits};
use edgefold_testing::MemoryJournal;
use serde_json::value::RawValue;

fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

/// An event. Every third has the correlation of its command; the others one that many share.
fn event(stream: &str, version: u64) -> Envelope {
    let correlation_id = (!version.is_multiple_of(3)).then(|| id(&format!("k-{}", version % 5)));
    Envelope {
        id: format!("{stream}.{version}"),
        stream: StreamId::new("order", id(stream)),
        version,
        event_type: "Moved".into(),
        schema_version: 1,
        time: Timestamp::from_millis(version as i64),
        command_id: id(&format!("c-{stream}-{version}")),
        metadata: Metadata { correlation_id, ..Metadata::default() },
        data: RawValue::from_string(format!("{{\"at\":{version}}}")).unwrap(),
    }
}

/// An append of the published versions of a stream from one place on.
fn append(stream: &str, published: &[u64], from: usize, through: usize) -> String {
    let text = |version: &u64| serde_json::to_string(&event(stream, *version)).unwrap();
    let row = Row {
        version: published.get(through.saturating_sub(1)).copied().unwrap_or(0),
        began: Timestamp::from_millis(1),
        state_version: 1,
        state: RawValue::from_string(format!("{{\"through\":{through}}}")).unwrap(),
    };
    let append = Append {
        id: id(stream),
        before: from.checked_sub(1).map(|before| Link::of(&event(stream, published[before]))),
        events: published[from..through]
            .iter()
            .map(|v| RawValue::from_string(text(v)).unwrap())
            .collect(),
        row,
    };
    serde_json::to_string(&append).unwrap()
}

fn all(partition: &Partition<MemoryJournal>) -> Vec<Item> {
    let (mut found, mut at) = (Vec::new(), 0);
    loop {
        let page = partition.page(at, 7, usize::MAX).unwrap();
        let Some(last) = page.last() else { return found };
        at = last.position;
        found.extend(page);
    }
}

fn shown(items: &[Item]) -> Vec<(u64, String)> {
    items.iter().map(|item| (item.position, item.event.id.clone())).collect()
}

/// splitmix64 (Vigna 2015).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((x ^ (x >> 31)) % bound as u64) as usize
    }
}

/// A stream, and how much of it the journal has.
struct Stream {
    name: String,
    published: Vec<u64>,
    has: usize,
}

impl Stream {
    fn new(number: usize, dice: &mut Dice) -> Self {
        let mut version = 0;
        // Between two published events lie some that are not.
        let published = (0..12).map(|_| {
            version += 1 + dice.below(3) as u64;
            version
        });
        Self { name: format!("o-{number}"), published: published.collect(), has: 0 }
    }
}

#[test]
fn streams_have_no_gaps_and_no_repeats_whatever_comes_in_whatever_way() {
    for seed in 0..300 {
        let mut dice = Dice(seed);
        let storage = MemoryJournal::default();
        let mut partition = Partition::new(storage.clone());
        let mut streams: Vec<_> = (0..4).map(|number| Stream::new(number, &mut dice)).collect();
        let mut reader: Vec<Item> = Vec::new();
        for _ in 0..60 {
            // A batch of appends, from any place on: late, doubled, too early, overlapping.
            let fails = dice.below(10) == 0;
            let mut has: Vec<_> = streams.iter().map(|stream| stream.has).collect();
            let (mut texts, mut expected) = (Vec::new(), Vec::new());
            for _ in 0..=dice.below(5) {
                let one = dice.below(streams.len());
                let Stream { name, published, .. } = &streams[one];
                let near = (has[one] + dice.below(3)).saturating_sub(dice.below(3));
                let from = if dice.below(3) == 0 { dice.below(published.len()) } else { near };
                let from = from.min(published.len());
                let through = (from + dice.below(4)).min(published.len());
                texts.push(append(name, published, from, through));
                let lacks = from > has[one];
                if !lacks {
                    has[one] = has[one].max(through);
                }
                let last = through.checked_sub(1).map(|last| format!("{name}.{}", published[last]));
                expected.push((lacks, last));
            }
            let is_new = streams.iter().zip(&has).any(|(stream, has)| stream.has < *has);
            if fails && is_new {
                storage.fail_next_commit();
            }
            let answers = partition.append_all(&texts);
            if fails && is_new {
                assert!(answers.iter().all(Result::is_err), "seed {seed}: none of them");
            } else {
                streams.iter_mut().zip(has).for_each(|(stream, has)| stream.has = has);
                for (answer, (lacks, last)) in answers.iter().zip(expected) {
                    match answer.as_ref().unwrap() {
                        Appended::Lacks => assert!(lacks, "seed {seed}"),
                        Appended::Taken { position } => {
                            assert!(!lacks, "seed {seed}");
                            let at = partition.item(*position).unwrap();
                            assert_eq!(at.map(|item| item.event.id.clone()), last, "seed {seed}");
                        }
                    }
                }
            }
            if dice.below(6) == 0 {
                partition = Partition::new(storage.clone());
            }
            if dice.below(2) == 0 {
                let after = reader.last().map_or(0, |item| item.position);
                let bytes = if dice.below(2) == 0 { 30 } else { usize::MAX };
                reader.extend(partition.page(after, 1 + dice.below(5), bytes).unwrap());
            }
        }
        let found = all(&partition);
        let after = reader.last().map_or(0, |item| item.position) as usize;
        reader.extend_from_slice(&found[after..]);
        assert_eq!(shown(&reader), shown(&found), "seed {seed}: a reader has missed nothing");
        assert_eq!(shown(&all(&Partition::new(storage.clone()))), shown(&found));
        let positions: Vec<_> = found.iter().map(|item| item.position).collect();
        assert_eq!(positions, (1..=found.len() as u64).collect::<Vec<_>>(), "seed {seed}");
        let mut by_stream: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        let mut last: BTreeMap<String, Link> = BTreeMap::new();
        for item in &found {
            let name = item.event.stream.aggregate_id.to_string();
            assert_eq!(item.before.as_ref(), last.get(&name), "seed {seed}: {:?}", item.event.id);
            assert!(item.row.version >= item.event.version, "seed {seed}: no row is older");
            let link = Link::of(&item.event);
            let place = partition.place(&item.event.stream.aggregate_id, &link).unwrap();
            assert_eq!(place, Some(item.position));
            last.insert(name.clone(), link);
            by_stream.entry(name).or_default().push(item.event.version);
        }
        for Stream { name, published, has } in &streams {
            let found = by_stream.remove(name).unwrap_or_default();
            assert_eq!(found, published[..*has], "seed {seed}: {name}");
        }
        for correlation in ["k-1", "k-4", "c-o-1-3", "none"] {
            let caused = partition.caused(&id(correlation), usize::MAX).unwrap();
            let of = |item: &&Item| Link::of(&item.event).correlation == id(correlation);
            let expected: Vec<_> = found.iter().filter(of).cloned().collect();
            assert_eq!(shown(&caused), shown(&expected), "seed {seed}: {correlation}");
        }
    }
}

#[test]
fn the_earliest_events_of_a_correlation_come_first_whatever_their_streams_are_called() {
    let partition = Partition::new(MemoryJournal::default());
    let streams = ["z", "b", "a", "c"];
    partition.append_all(&streams.map(|stream| append(stream, &[1], 0, 1)));
    let caused = partition.caused(&id("k-1"), 2).unwrap();
    let found: Vec<_> = caused.iter().map(|it| it.event.stream.aggregate_id.as_str()).collect();
    assert_eq!(found, ["z", "b"]);
}

#[test]
fn events_whose_correlation_somebody_has_claimed_do_not_displace_those_that_belong_to_it() {
    let partition = Partition::new(MemoryJournal::default());
    let claimed = |text: String| {
        text.replace(r#""correlationid""#, r#""correlationclaimed":true,"correlationid""#)
    };
    let before = ["x", "y"].map(|stream| claimed(append(stream, &[1], 0, 1)));
    assert!(before[0].contains("correlationclaimed"), "{before:?}");
    partition.append_all(&before);
    partition.append_all(&["a", "b"].map(|stream| append(stream, &[1], 0, 1)));
    let found = |limit: usize| {
        let caused = partition.caused(&id("k-1"), limit).unwrap();
        let streams = caused.iter().map(|it| it.event.stream.aggregate_id.to_string());
        streams.collect::<Vec<_>>()
    };
    assert_eq!(found(2), ["a", "b"]);
    assert_eq!(found(3), ["x", "a", "b"], "in the order in which they came");
}

#[test]
fn an_event_alone_is_two_rows_and_a_hundred_are_hardly_more_than_one_each() {
    let versions: Vec<u64> = (1..=100).collect();
    let storage = MemoryJournal::default();
    let partition = Partition::new(storage.clone());
    assert_eq!(
        partition.append_all(&[append("o", &versions, 0, 1)]),
        [Ok(Appended::Taken { position: 1 })]
    );
    assert_eq!(storage.rows_written(), 2);
    partition.append_all(&[append("o", &versions, 0, 1)]);
    assert_eq!(storage.rows_written(), 2, "a repeat writes nothing");
    let many: Vec<_> =
        (0..100).map(|number| append(&format!("o-{number}"), &versions, 0, 1)).collect();
    partition.append_all(&many);
    assert_eq!(storage.rows_written(), 2 + 101);
}

#[test]
fn a_stream_that_goes_on_is_not_looked_up() {
    let versions: Vec<u64> = (1..=100).collect();
    let storage = MemoryJournal::default();
    let partition = Partition::new(storage.clone());
    partition.append_all(&[append("o", &versions, 0, 1)]);
    let read = storage.rows_read();
    for from in 1..99 {
        partition.append_all(&[append("o", &versions, from, from + 1)]);
        assert_eq!(partition.page(from as u64, 100, usize::MAX).unwrap().len(), 1);
    }
    assert_eq!(storage.rows_read(), read, "nor is anything read for those who keep up");
    let partition = Partition::new(storage.clone());
    partition.append_all(&[append("o", &versions, 99, 100)]);
    assert_eq!(
        storage.rows_read(),
        read + 2,
        "after a restart: the event before, and the event itself"
    );
}

#[test]
fn a_question_is_answered_and_changes_nothing() {
    let versions = [2, 4, 7];
    let storage = MemoryJournal::default();
    let partition = Partition::new(storage.clone());
    let ask = |from: usize| partition.append_all(&[append("o", &versions, from, from)]).remove(0);
    assert_eq!(ask(0), Ok(Appended::Taken { position: 0 }));
    assert_eq!(ask(1), Ok(Appended::Lacks));
    partition.append_all(&[append("o", &versions, 0, 2)]);
    assert_eq!(
        [ask(1), ask(2), ask(3)],
        [
            Ok(Appended::Taken { position: 1 }),
            Ok(Appended::Taken { position: 2 }),
            Ok(Appended::Lacks),
        ]
    );
    assert_eq!(partition.head().unwrap(), 2);
}

#[test]
fn what_cannot_be_read_fails_alone() {
    let versions = [1, 2, 3];
    let partition = Partition::new(MemoryJournal::default());
    let good = append("a", &versions, 0, 2);
    let backwards = append("b", &[3, 2], 0, 2);
    let foreign = good.replace("\"id\":\"a\",\"events\"", "\"id\":\"b\",\"events\"");
    assert_ne!(foreign, good);
    let answers = partition.append_all(&["{".to_owned(), good, backwards, foreign]);
    assert!(matches!(&answers[0], Err(Fault::Unreadable(_))), "{answers:?}");
    assert_eq!(answers[1], Ok(Appended::Taken { position: 2 }));
    assert!(
        answers[2..].iter().all(|answer| matches!(answer, Err(Fault::Defect(_)))),
        "{answers:?}"
    );
    assert_eq!(all(&partition).len(), 2);
}

#[test]
fn a_check_tells_a_restored_journal_from_the_one_that_a_reader_knew() {
    let versions: Vec<u64> = (1..=9).collect();
    let storage = MemoryJournal::default();
    let partition = Partition::new(storage.clone());
    partition.append_all(&[append("a", &versions, 0, 2)]);
    let backup = storage.backup();
    partition.append_all(&[append("a", &versions, 2, 4)]);
    let known: Vec<_> = (0..=5).map(|position| partition.check(position).unwrap()).collect();
    assert_eq!((known[0].as_deref(), known[5].as_deref()), (Some(""), None));
    assert!(known[1..5].iter().all(|check| check.as_ref().is_some_and(|check| check.len() == 8)));
    storage.restore(&backup);
    let partition = Partition::new(storage.clone());
    partition.append_all(&[append("b", &versions, 0, 1), append("a", &versions, 2, 4)]);
    let now: Vec<_> = (0..=5).map(|position| partition.check(position).unwrap()).collect();
    assert_eq!(now[..3], known[..3], "what was there before");
    assert!(now[3..5].iter().zip(&known[3..5]).all(|(now, known)| now != known));
}

#[test]
fn a_transaction_is_cut_into_rows_and_a_large_append_has_one_of_its_own() {
    let storage = MemoryJournal::default();
    let partition = Partition::new(storage.clone());
    let large = |stream: &str, bytes: usize| {
        let text = append(stream, &[1, 2], 0, 2);
        text.replace("\"state\":{\"through\":2}", &format!("\"state\":\"{}\"", "x".repeat(bytes)))
    };
    let half = limits::JOURNAL_ROW_BYTES / 2;
    let texts = [
        large("a", half),
        large("b", half / 2),
        large("c", half),
        large("d", 3 * half),
        large("e", 9),
    ];
    let answers = partition.append_all(&texts);
    let positions = answers.into_iter().map(|answer| match answer {
        Ok(Appended::Taken { position }) => position,
        other => panic!("{other:?}"),
    });
    assert_eq!(positions.collect::<Vec<_>>(), [2, 4, 6, 8, 10]);
    assert_eq!(storage.rows_written(), 4 + 10);
    let fresh = Partition::new(storage);
    assert_eq!(shown(&all(&fresh)), shown(&all(&partition)));
    assert_eq!(fresh.item(7).unwrap().unwrap().event.id, "d.1");
}

#[test]
fn the_memory_of_the_latest_events_is_bounded_and_what_is_older_is_read() {
    let versions: Vec<u64> = (1..=1_000).collect();
    let storage = MemoryJournal::default();
    let partition = Partition::new(storage.clone());
    let streams = limits::JOURNAL_TAIL_EVENTS / 1_000 + 2;
    for stream in 0..streams {
        partition.append_all(&[append(&format!("o-{stream}"), &versions, 0, 1_000)]);
    }
    let read = storage.rows_read();
    let head = partition.head().unwrap();
    assert_eq!(
        partition.page(head - limits::JOURNAL_TAIL_EVENTS as u64, 5, usize::MAX).unwrap().len(),
        5
    );
    assert_eq!(storage.rows_read(), read);
    assert_eq!(partition.page(3, 5, usize::MAX).unwrap()[0].position, 4);
    assert!(storage.rows_read() > read);
}
