//! The script: an HTTP request from outside reaches it.
//!
//! | file | what happens |
//! |---|---|
//! | [`graphql`] | the request is for GraphQL |
//! | [`projections`] | … or is about the processors of the journals |
//! | [`admin`] | … or comes from an administrator, about parked letters |
//! | [`doors`] | … or is handed to the instance's object |
//! | [`guard`] | before that, the request is let in or refused |

pub mod graphql;
pub mod projections;
pub mod admin;
pub mod doors;
pub mod guard;
