//! The script: an HTTP request from outside reaches it.
//!
//! | file | what happens |
//! |---|---|
//! | [`graphql`] | the request is a GraphQL one |
//! | [`admin`] | … or comes from an administrator, about what is parked |
//! | [`doors`] | … or is handed to the object that it is about |
//! | [`guard`] | before all that: is it let in? |

pub mod graphql;
pub mod admin;
pub mod doors;
pub mod guard;
