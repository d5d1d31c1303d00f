//! The pages and their contents.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// A page.
pub(crate) struct Page {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

impl Page {
    fn read(path: PathBuf) -> Self {
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        Self { path, text }
    }

    /// Its path below the root of the repository.
    pub(crate) fn name(&self) -> String {
        self.path.strip_prefix(root()).unwrap().display().to_string()
    }
}

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap()
}

/// The README, and the pages of the manual by name.
pub(crate) fn pages() -> Vec<Page> {
    let mut manual = files(&root().join("shared/manual"), "md");
    assert!(!manual.is_empty(), "there is a manual");
    manual.sort();
    let readme = root().join("README.md");
    std::iter::once(readme).chain(manual).map(Page::read).collect()
}

/// The Rust code of the engine and of the deployed script, tests aside.
pub(crate) fn code() -> String {
    let crates = ["shared/kernel", "shared/flow", "shared/runtime", "workers/core"];
    let files = crates.iter().flat_map(|name| files(&root().join(name).join("src"), "rs"));
    let untested = |text: String| text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
    files.map(|path| untested(fs::read_to_string(path).unwrap())).collect()
}

/// Files with this extension in a folder and in those below it.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder:?}: {error}")) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|it| it == extension) {
            found.push(path);
        }
    }
    found
}

/// The text without its blocks of code.
pub(crate) fn outside_fences(text: &str) -> String {
    let mut inside = false;
    let kept = text.split_inclusive('\n').filter(|line| {
        let fence = line.trim_start().starts_with("```");
        inside ^= fence;
        !inside && !fence
    });
    kept.collect()
}

/// The targets of the links of a text.
pub(crate) fn links(text: &str) -> Vec<String> {
    let text = outside_fences(text);
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.map(str::to_owned).collect()
}

/// The anchors of a page's headings, as GitHub makes them.
pub(crate) fn anchors(text: &str) -> BTreeSet<String> {
    let text = outside_fences(text);
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let anchor = |heading: &str| {
        let heading = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    headings.map(anchor).collect()
}

/// The texts between backticks.
pub(crate) fn code_spans(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}
