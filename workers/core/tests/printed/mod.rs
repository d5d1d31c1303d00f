//! Files that are printed from the code and kept in the repository, so that a change of a format is seen in a review.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Path below the root of the repository, and text.
pub(crate) type Files = BTreeMap<String, String>;

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap()
}

/// Every file in a folder and in those below it.
pub(crate) fn below(folder: &str) -> BTreeSet<String> {
    let Ok(entries) = fs::read_dir(root().join(folder)) else { return BTreeSet::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    let name = |path: &PathBuf| format!("{folder}/{}", path.file_name().unwrap().display());
    paths
        .flat_map(|path| if path.is_dir() { below(&name(&path)) } else { [name(&path)].into() })
        .collect()
}

/// Compares what is kept with what would be printed now. With `EDGEFOLD_PRINT_SCHEMA` it prints first.
///
/// `kept` are the files that there are: one that is not printed any more is an orphan.
pub(crate) fn compare(kept: &BTreeSet<String>, printed: &Files) {
    let orphans = || kept.iter().filter(|path| !printed.contains_key(*path));
    if std::env::var_os("EDGEFOLD_PRINT_SCHEMA").is_some() {
        for (path, text) in printed {
            let path = root().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            // Only what has changed: the time of a file is what other tools go by.
            if fs::read_to_string(&path).ok().as_ref() != Some(text) {
                fs::write(path, text).unwrap();
            }
        }
        orphans().for_each(|path| fs::remove_file(root().join(path)).unwrap());
        return;
    }
    let drifted = printed
        .iter()
        .filter(|(path, text)| fs::read_to_string(root().join(path)).ok().as_ref() != Some(*text));
    let said: Vec<String> = drifted
        .map(|(path, _)| format!("{path} has drifted"))
        .chain(orphans().map(|path| format!("{path} is printed from nothing")))
        .collect();
    assert!(
        said.is_empty(),
        "{}\nRun `npm run schema` and look at the difference. What is stored stays readable: an event that changes \
         gets a new version, a state that changes a new STATE_VERSION.",
        said.join("\n")
    );
}
