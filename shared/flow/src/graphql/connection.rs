//! A page as a Relay connection. Source: <https://relay.dev/graphql/connections.htm>.

use std::borrow::Cow;

use async_graphql::{Object, OutputType, SimpleObject, TypeName, connection::PageInfo};

/// A page of a list.
pub struct Connection<T: OutputType> {
    edges: Vec<Edge<T>>,
    has_more: bool,
    updates: Option<String>,
}

/// A row of a page, with its place in the list.
#[derive(SimpleObject)]
#[graphql(name_type)]
pub struct Edge<T: OutputType> {
    /// The row.
    pub node: T,
    /// Cursor: the page `after:` it begins with the next row. Opaque.
    pub cursor: String,
}

impl<T: OutputType> Connection<T> {
    /// A page of these, and whether there are more; `updates` is the cursor of what comes after it was read.
    pub fn new(edges: Vec<Edge<T>>, has_more: bool, updates: Option<String>) -> Self {
        Self { edges, has_more, updates }
    }
}

/// A page of a list.
#[Object(name_type)]
impl<T: OutputType> Connection<T> {
    /// The beginning of the next page, and whether there is one. Pages go forwards only.
    async fn page_info(&self) -> PageInfo {
        PageInfo {
            has_previous_page: false,
            has_next_page: self.has_more,
            start_cursor: self.edges.first().map(|edge| edge.cursor.clone()),
            end_cursor: self.edges.last().map(|edge| edge.cursor.clone()),
        }
    }

    /// Pass it as `after:` to the subscription to the same rows: it begins where this list was read, without a gap. Null for
    /// a caller that may list nothing. Opaque.
    async fn updates_cursor(&self) -> Option<&str> {
        self.updates.as_deref()
    }

    /// The rows, each with its cursor.
    async fn edges(&self) -> &[Edge<T>] {
        &self.edges
    }

    /// The rows alone.
    async fn nodes(&self) -> Vec<&T> {
        self.edges.iter().map(|edge| &edge.node).collect()
    }
}

impl<T: OutputType> TypeName for Connection<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Connection", T::type_name()).into()
    }
}

impl<T: OutputType> TypeName for Edge<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Edge", T::type_name()).into()
    }
}
