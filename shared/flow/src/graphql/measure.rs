//! The cost of a document and its limits. They are checked before the schema's own checks, which walk a fragment each
//! time that it is spread: a few fragments can be spread a thousand million times.

use std::collections::BTreeMap;

use async_graphql::{
    Positioned, Variables,
    parser::types::{
        ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet,
        TypeCondition,
    },
    registry::{MetaType, Registry},
};
use async_graphql_value::Value;
use edgefold_kernel::{Kind, Rejection, limits};

use crate::door::document::DocumentLimits;

/// Counts the tokens of a document and how deep its brackets lie, before anything recurses over them. A field that stands twice
/// in an object is found here, too: what parses the document keeps the last one.
///
/// # Errors
/// `QUERY_TOO_LONG`, `QUERY_TOO_DEEP`, `DUPLICATE_MEMBER`.
pub fn scan(document: &str, settings: &DocumentLimits) -> Result<(), Rejection> {
    let (mut tokens, mut nesting) = (0, 0_usize);
    // The names in each object around, and the last word. Braces within parentheses are those of objects.
    let (mut objects, mut word, mut arguments) = (Vec::<Vec<&str>>::new(), "", 0_usize);
    let mut rest = document;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => string(rest),
            '#' => rest.find(['\n', '\r']).unwrap_or(rest.len()),
            '_' | '-' | '0'..='9' | 'a'..='z' | 'A'..='Z' => {
                let word =
                    |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+' | '.');
                rest.find(|c| !word(c)).unwrap_or(rest.len())
            }
            other => other.len_utf8(),
        };
        match first {
            '{' | '[' | '(' => nesting += 1,
            '}' | ']' | ')' => nesting = nesting.saturating_sub(1),
            _ => {}
        }
        match first {
            '(' => arguments += 1,
            ')' => (arguments, objects) = (arguments.saturating_sub(1), Vec::new()),
            '{' if arguments > 0 => objects.push(Vec::new()),
            '}' => drop(objects.pop()),
            '_' | 'a'..='z' | 'A'..='Z' => word = rest.get(..length).unwrap_or_default(),
            ':' => {
                if let Some(names) = objects.last_mut() {
                    if names.contains(&word) {
                        let detail = format!("the member {word} comes twice");
                        let refusal = Rejection::new(Kind::Malformed, "DUPLICATE_MEMBER", detail);
                        return Err(Rejection { field: Some(word.to_owned()), ..refusal });
                    }
                    names.push(word);
                }
            }
            _ => {}
        }
        if !first.is_whitespace() && !matches!(first, ',' | '#' | '\u{feff}') {
            tokens += 1;
        }
        if tokens > settings.tokens {
            return Err(over("QUERY_TOO_LONG", "tokens", settings.tokens));
        }
        if nesting > limits::GRAPHQL_NESTING {
            return Err(over(
                "QUERY_TOO_DEEP",
                "brackets within brackets",
                limits::GRAPHQL_NESTING,
            ));
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    Ok(())
}

/// Length of the string that a text begins with, its quotes included.
fn string(text: &str) -> usize {
    let (quote, escape) =
        if text.starts_with("\"\"\"") { ("\"\"\"", "\\\"\"\"") } else { ("\"", "\\") };
    let mut at = quote.len();
    loop {
        let Some(rest) = text.get(at..) else { return text.len() };
        if rest.is_empty() {
            return text.len();
        }
        if rest.starts_with(escape) {
            // In a plain string a backslash escapes the next character.
            let next =
                if quote.len() == 1 { rest.chars().nth(1).map_or(0, char::len_utf8) } else { 0 };
            at += escape.len() + next;
        } else if rest.starts_with(quote) {
            return at + quote.len();
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
}

/// Measures every operation of a document. With the schema's types at hand, what stands in a list within a row counts more
/// than once, too. Returns the fields that are asked for, those of a page once for each row.
///
/// # Errors
/// `QUERY_TOO_DEEP`, `QUERY_TOO_COMPLEX`, `TOO_MANY_ALIASES`, `NAME_TOO_LONG`, `TOO_MANY_DIRECTIVES`, `INTROSPECTION_OFF`.
pub fn measure(
    document: &ExecutableDocument,
    variables: &Variables,
    settings: &DocumentLimits,
    types: Option<&Registry>,
) -> Result<usize, Rejection> {
    let mut walk = Walk {
        document,
        variables,
        settings,
        types,
        cost: 0,
        steps: 0,
        aliases: 0,
        directives: 0,
        sizes: BTreeMap::new(),
        repeated: 0,
        answers: BTreeMap::new(),
    };
    for (number, (_, operation)) in document.operations.iter().enumerate() {
        walk.directives += operation.node.directives.len();
        let of = types.and_then(|types| match operation.node.ty {
            OperationType::Query => Some(types.query_type.as_str()),
            OperationType::Mutation => types.mutation_type.as_deref(),
            OperationType::Subscription => types.subscription_type.as_deref(),
        });
        let place = Place { of, within: (number, 0), ..Place::default() };
        walk.selections(&operation.node, &operation.node.selection_set, place)?;
    }
    Ok(walk.cost)
}

/// Fields at the root of an operation, those of fragments included. The document was measured before.
pub fn roots(document: &ExecutableDocument, operation: &OperationDefinition) -> usize {
    let (mut left, mut fields) = (vec![&operation.selection_set.node], 0);
    while let Some(selections) = left.pop() {
        for selection in &selections.items {
            match &selection.node {
                Selection::Field(_) => fields += 1,
                Selection::InlineFragment(fragment) => left.push(&fragment.node.selection_set.node),
                Selection::FragmentSpread(spread) => {
                    let fragment = document.fragments.get(&spread.node.fragment_name.node);
                    left.extend(fragment.map(|fragment| &fragment.node.selection_set.node));
                }
            }
        }
    }
    fields
}

/// The place of a selection in an operation.
#[derive(Clone, Copy)]
struct Place<'a> {
    /// Type of what is selected from, where the schema is at hand.
    of: Option<&'a str>,
    /// Fields around it.
    depth: usize,
    /// Fragments around it: a ring of fragments without fields has no depth.
    spreads: usize,
    /// Number of times that it is answered: once for each row of the lists around it.
    times: usize,
    /// Rows of the list that it is a direct part of.
    rows: usize,
    /// Lists of the schema around it.
    introspected: Option<usize>,
    /// The operation, and the number of the answer that it becomes a part of.
    within: (usize, usize),
}

/// What is answered under a name: it is asked for once, or by fields that are the same.
#[derive(Clone, Copy)]
struct Answer<'a> {
    number: usize,
    /// The type that it is a field of.
    of: &'a str,
    /// Its own type.
    ty: &'a str,
    field: &'a Field,
}

impl Default for Place<'_> {
    fn default() -> Self {
        Self {
            of: None,
            depth: 0,
            spreads: 0,
            times: 1,
            rows: limits::LIST_ROWS_DEFAULT,
            introspected: None,
            within: (0, 0),
        }
    }
}

struct Walk<'a> {
    document: &'a ExecutableDocument,
    variables: &'a Variables,
    settings: &'a DocumentLimits,
    types: Option<&'a Registry>,
    cost: usize,
    steps: usize,
    aliases: usize,
    directives: usize,
    /// Bytes of the variables that were used.
    sizes: BTreeMap<&'a str, usize>,
    /// Bytes of those that were used again.
    repeated: usize,
    /// Each by the operation, the answer around it, and its name there.
    answers: BTreeMap<((usize, usize), &'a str), Answer<'a>>,
}

impl<'a> Walk<'a> {
    fn selections(
        &mut self,
        operation: &OperationDefinition,
        selections: &'a Positioned<SelectionSet>,
        place: Place<'a>,
    ) -> Result<(), Rejection> {
        let settings = self.settings;
        for selection in &selections.node.items {
            self.steps += 1;
            self.directives += selection.node.directives().len();
            for directive in selection.node.directives() {
                for (_, value) in &directive.node.arguments {
                    self.uses(&value.node)?;
                }
            }
            if self.directives > settings.directives {
                return Err(over("TOO_MANY_DIRECTIVES", "directives", settings.directives));
            }
            if self.steps > settings.complexity {
                return Err(over("QUERY_TOO_COMPLEX", "fields", settings.complexity));
            }
            match &selection.node {
                Selection::Field(field) => self.field(operation, &field.node, place)?,
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.node.type_condition.as_ref();
                    let inner = self.inside(place, condition)?;
                    self.selections(operation, &fragment.node.selection_set, inner)?;
                }
                Selection::FragmentSpread(spread) => {
                    let document = self.document;
                    // The schema reports a fragment that does not exist.
                    if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node)
                    {
                        let inner = self.inside(place, Some(&fragment.node.type_condition))?;
                        self.selections(operation, &fragment.node.selection_set, inner)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn inside(
        &self,
        place: Place<'a>,
        condition: Option<&'a Positioned<TypeCondition>>,
    ) -> Result<Place<'a>, Rejection> {
        if place.spreads >= self.settings.depth {
            return Err(over("QUERY_TOO_DEEP", "fragments within fragments", self.settings.depth));
        }
        let on = condition.filter(|_| self.types.is_some()).map(|it| it.node.on.node.as_str());
        Ok(Place { spreads: place.spreads + 1, of: on.or(place.of), ..place })
    }

    fn field(
        &mut self,
        operation: &OperationDefinition,
        field: &'a Field,
        place: Place<'a>,
    ) -> Result<(), Rejection> {
        let settings = self.settings;
        let name = field.name.node.as_str();
        let most = settings.name;
        if field.response_key().node.len() > most {
            let detail = format!("a name or an alias may have at most {most} characters");
            return Err(Rejection::new(Kind::Malformed, "NAME_TOO_LONG", detail));
        }
        self.aliases += usize::from(field.alias.is_some());
        self.cost = self.cost.saturating_add(place.times);
        if self.aliases > settings.aliases {
            return Err(over("TOO_MANY_ALIASES", "aliases", settings.aliases));
        }
        if self.cost > settings.complexity {
            return Err(over("QUERY_TOO_COMPLEX", "fields", settings.complexity));
        }
        if place.depth >= settings.depth {
            return Err(over("QUERY_TOO_DEEP", "fields within fields", settings.depth));
        }
        for (_, value) in &field.arguments {
            self.uses(&value.node)?;
        }
        // What a page holds is asked for under these names, as the connection specification has them.
        let per_row = matches!(name, "edges" | "nodes") && place.introspected.is_none();
        let answered = self.answered(name, place);
        let is_list = place.introspected.is_none() && answered.is_some_and(|it| it.contains('['));
        let factor = match (per_row, is_list) {
            (true, _) => place.rows,
            (false, true) => settings.items,
            (false, false) => 1,
        };
        let number = self.merged(field, answered, place)?;
        let inner = Place {
            within: (place.within.0, number),
            of: answered.map(|it| it.trim_matches(['[', ']', '!'])),
            depth: place.depth + 1,
            spreads: place.spreads,
            times: place.times.saturating_mul(factor),
            rows: self.rows(operation, field),
            introspected: self.introspected(name, place)?,
        };
        self.selections(operation, &field.selection_set, inner)
    }

    /// Counts the variables of an argument.
    fn uses(&mut self, value: &'a Value) -> Result<(), Rejection> {
        match value {
            Value::Variable(name) => {
                let Some(given) = self.variables.get(name) else { return Ok(()) };
                match self.sizes.get(name.as_str()) {
                    Some(size) => self.repeated = self.repeated.saturating_add(*size),
                    None => drop(self.sizes.insert(name.as_str(), given.to_string().len())),
                }
                match self.repeated > limits::GRAPHQL_REPEATED_BYTES {
                    true => Err(over(
                        "QUERY_TOO_COMPLEX",
                        "bytes of variables that stand more than once",
                        limits::GRAPHQL_REPEATED_BYTES,
                    )),
                    false => Ok(()),
                }
            }
            Value::List(items) => items.iter().try_for_each(|item| self.uses(item)),
            Value::Object(members) => members.values().try_for_each(|member| self.uses(member)),
            _ => Ok(()),
        }
    }

    /// The number of the answer that a field becomes a part of. Fields that share a name in an answer must be the same. Source: GraphQL
    /// (September 2025), section 5.3.2; async-graphql holds it at the root alone, and drops all but the first below.
    fn merged(
        &mut self,
        field: &'a Field,
        answered: Option<&'a str>,
        place: Place<'a>,
    ) -> Result<usize, Rejection> {
        let number = self.answers.len() + 1;
        let (Some(ty), Some(of)) = (answered, place.of) else { return Ok(number) };
        let key = field.response_key().node.as_str();
        let answer = Answer { number, of, ty, field };
        let first = *self.answers.entry((place.within, key)).or_insert(answer);
        if first.number == number {
            return Ok(number);
        }
        let named = |field: &Field| field.name.node.clone();
        let arguments = |field: &Field| {
            let all =
                field.arguments.iter().map(|(name, value)| (name.node.clone(), value.node.clone()));
            all.collect::<Vec<_>>()
        };
        // Of two different objects only one is there.
        let is_either = first.of != of && [first.of, of].iter().all(|it| self.is_object(it));
        let is_same = is_either
            || (named(first.field) == named(field) && arguments(first.field) == arguments(field));
        let bare =
            |ty: &str| ty.replace(|letter: char| letter.is_alphanumeric() || letter == '_', "");
        let name = |ty: &'a str| ty.trim_matches(['[', ']', '!']);
        let is_alike = first.ty == ty
            || (bare(first.ty) == bare(ty)
                && [first.ty, ty].iter().all(|it| self.is_composite(name(it))));
        if is_same && is_alike {
            return Ok(first.number);
        }
        let detail = format!("{key} is asked for twice, by fields that differ: give one an alias");
        Err(Rejection::new(Kind::Malformed, "GRAPHQL_VALIDATION_FAILED", detail))
    }

    fn is_object(&self, name: &str) -> bool {
        let found = self.types.and_then(|types| types.types.get(name));
        found.is_some_and(|it| it.is_composite() && !it.is_abstract())
    }

    fn is_composite(&self, name: &str) -> bool {
        self.types.and_then(|types| types.types.get(name)).is_some_and(MetaType::is_composite)
    }

    /// Type of a field's answer, where the schema is at hand.
    fn answered(&self, name: &str, place: Place<'a>) -> Option<&'a str> {
        let of = self.types?.types.get(place.of?)?;
        Some(of.field_by_name(name)?.ty.as_str())
    }

    /// Rows of a page that a field asks for.
    fn rows(&self, operation: &OperationDefinition, field: &Field) -> usize {
        let value = field.get_argument("first").and_then(|first| {
            let variable = |name: async_graphql::Name| {
                let default =
                    operation.variable_definitions.iter().find(|it| it.node.name.node == name);
                let default = default.and_then(|it| it.node.default_value.as_ref());
                self.variables.get(&name).or(default.map(|it| &it.node)).cloned().ok_or(())
            };
            first.node.clone().into_const_with(variable).ok()
        });
        let rows = match value {
            Some(async_graphql::Value::Number(number)) => number.as_u64(),
            _ => None,
        };
        // Beyond the largest page the field itself refuses.
        rows.and_then(|rows| usize::try_from(rows).ok())
            .map_or(limits::LIST_ROWS_DEFAULT, |rows| rows.clamp(1, limits::LIST_ROWS))
    }

    fn introspected(&self, name: &str, place: Place<'a>) -> Result<Option<usize>, Rejection> {
        let lists = match (place.introspected, name) {
            (None, "__schema" | "__type") if !self.settings.introspection => {
                let detail = "introspection is off here; the schema is printed in schema/graphql";
                return Err(Rejection::new(Kind::Forbidden, "INTROSPECTION_OFF", detail));
            }
            (None, "__schema" | "__type") => Some(0),
            (Some(lists), "fields" | "interfaces" | "possibleTypes" | "inputFields") => {
                Some(lists + 1)
            }
            (lists, _) => lists,
        };
        match lists {
            Some(lists) if lists > limits::INTROSPECTION_LISTS => {
                let most = limits::INTROSPECTION_LISTS;
                Err(over("QUERY_TOO_DEEP", "lists of the schema within lists", most))
            }
            lists => Ok(lists),
        }
    }
}

fn over(code: &'static str, what: &str, most: usize) -> Rejection {
    Rejection::new(Kind::Malformed, code, format!("a document may have at most {most} {what}"))
}
