//! The source of a crate, as far as it says who imports whom. It is read as text: a parser of Rust would be one more thing
//! to build.

use std::{collections::BTreeMap, path::Path as File};

/// A module's path within its crate; the root's is empty.
pub(crate) type Path = Vec<String>;

/// The modules of a crate, without its tests.
#[derive(Default)]
pub(crate) struct Sources {
    /// The text of each module.
    modules: BTreeMap<Path, String>,
    /// The names that a module re-exports: the module, the name, and its place of origin.
    shown: BTreeMap<(Path, String), Path>,
}

impl Sources {
    /// Reads every file below this folder.
    pub(crate) fn read(src: &File) -> Self {
        let mut files = Vec::new();
        walk(src, &mut files);
        Self::of(files.iter().map(|file| {
            let name = file.strip_prefix(src).unwrap().to_str().unwrap();
            (name.to_owned(), std::fs::read_to_string(file).unwrap())
        }))
    }

    /// These files, by their names below `src`.
    pub(crate) fn of(files: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut sources = Self::default();
        for (name, text) in files {
            let mut path: Path =
                name.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
            path.pop_if(|last| last == "mod" || last == "lib");
            let code = text.split("\n#[cfg(test)]").next().unwrap_or_default();
            sources.modules.insert(path, code.to_owned());
        }
        let all: Vec<_> = sources.modules.keys().cloned().collect();
        for module in all {
            for statement in statements(&sources.modules[&module]) {
                let Some((_, tree)) = statement.split_once("use ") else { continue };
                if !statement.starts_with("pub") {
                    continue;
                }
                for path in leaves(tree) {
                    let Some(target) = sources.absolute(&module, &path) else { continue };
                    let Some(name) = target.last().cloned() else { continue };
                    sources.shown.insert((module.clone(), name), target);
                }
            }
        }
        sources
    }

    /// Every module.
    pub(crate) fn modules(&self) -> impl Iterator<Item = &Path> {
        self.modules.keys()
    }

    /// The rooms of a module, in the order in which it declares them.
    pub(crate) fn declared(&self, module: &[String]) -> Vec<String> {
        let lines = self.modules.get(module).map_or("", String::as_str).lines();
        let declared = lines.filter(|line| !line.starts_with([' ', '/'])).filter_map(|line| {
            let (_, rest) = format!(" {line}").split_once(" mod ").map(own)?;
            rest.strip_suffix(';').map(str::to_owned)
        });
        declared.collect()
    }

    /// The rooms that the table at the top of a module lists, in its order.
    pub(crate) fn listed(&self, module: &[String]) -> Vec<String> {
        let lines = self.modules.get(module).map_or("", String::as_str).lines();
        let cells = lines.filter_map(|line| line.strip_prefix("//! | ")?.split_once(" |"));
        let names = cells.map(|(cell, _)| cell.trim_matches(['[', ']', '`']));
        let names = names.map(|name| name.trim_start_matches("mod@").to_owned());
        names.filter(|name| !["room", "file"].contains(&name.as_str())).collect()
    }

    /// The modules that a module imports, wherever it names them.
    pub(crate) fn imports(&self, module: &[String]) -> Vec<Path> {
        let text = self.modules.get(module).map_or("", String::as_str);
        let mut found: Vec<Path> = Vec::new();
        let used = statements(text).into_iter().filter_map(|it| it.split_once("use ").map(own));
        let used = used.flat_map(|(_, tree)| leaves(&tree));
        for path in used.chain(named(text)) {
            let owner = self.absolute(module, &path).map(|path| self.owner(&path));
            found.extend(owner.filter(|owner| !owner.is_empty()));
        }
        found.sort();
        found.dedup();
        found
    }

    /// A path from the root of the crate on; none when it leads out of it.
    fn absolute(&self, module: &[String], path: &[String]) -> Option<Path> {
        let (first, rest) = path.split_first()?;
        let mut from = match first.as_str() {
            "crate" => Vec::new(),
            "self" => module.to_vec(),
            "super" => module.split_last()?.1.to_vec(),
            _ => {
                let child = [module, std::slice::from_ref(first)].concat();
                return self.modules.contains_key(&child).then(|| [module, path].concat());
            }
        };
        from.extend(rest.iter().filter(|name| *name != "self").cloned());
        Some(from)
    }

    /// The module in which the item of this path is written, however often it is re-exported.
    fn owner(&self, path: &[String]) -> Path {
        let is_module = |length: &usize| self.modules.contains_key(&path[..*length]);
        let length = (0..=path.len()).rev().find(is_module).unwrap_or_default();
        let module = path[..length].to_vec();
        let shown =
            path.get(length).and_then(|name| self.shown.get(&(module.clone(), name.clone())));
        shown.map_or(module, |target| self.owner(target))
    }
}

fn walk(folder: &File, files: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => walk(&path, files),
            false => files.push(path),
        }
    }
}

fn own((one, other): (&str, &str)) -> (String, String) {
    (one.to_owned(), other.to_owned())
}

/// The code without its comments.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(|line| line.split("//").next().unwrap_or_default())
}

/// The `use` statements of a module, each on one line.
fn statements(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut is_open = false;
    for line in code(text).map(str::trim) {
        let begins =
            line.starts_with("use ") || (line.starts_with("pub") && line.contains(" use "));
        match (is_open, begins) {
            (true, _) => found.last_mut().unwrap().push_str(line),
            (false, true) => found.push(line.to_owned()),
            (false, false) => continue,
        }
        is_open = !line.ends_with(';');
    }
    found.iter().map(|statement| statement.trim_end_matches(';').to_owned()).collect()
}

/// The paths of a `use` tree.
fn leaves(tree: &str) -> Vec<Path> {
    let Some((prefix, rest)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or_default();
        return vec![path.split("::").map(|name| name.trim().to_owned()).collect()];
    };
    let prefix: Path =
        prefix.split("::").filter(|name| !name.is_empty()).map(str::to_owned).collect();
    let inner = rest.trim_end().strip_suffix('}').unwrap_or(rest);
    let (mut depth, mut parts) = (0, vec![String::new()]);
    for letter in inner.chars() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        match (letter, depth) {
            (',', 0) => parts.push(String::new()),
            _ => parts.last_mut().unwrap().push(letter),
        }
    }
    let parts = parts.iter().filter(|part| !part.trim().is_empty());
    parts.flat_map(|part| leaves(part)).map(|leaf| [prefix.clone(), leaf].concat()).collect()
}

/// The paths from `crate` or `super` on that stand in the code itself.
fn named(text: &str) -> Vec<Path> {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
    let words = code(text).flat_map(|line| line.split(move |letter| !is_part(letter)));
    let paths = words.filter(|word| word.starts_with("crate::") || word.starts_with("super::"));
    paths.map(|word| word.split("::").map(str::to_owned).collect()).collect()
}
