//! An object asks other instances for their states, before a decision that rests on them.

use edgefold_flow::contract;
use edgefold_kernel::{Failure, Fault, Foreign, ForeignState, StreamId};
use futures_util::future::try_join_all;

use super::instance::Object;
use crate::platform::stub;

impl Object {
    /// Asks these instances for their states, side by side.
    pub(super) async fn ask(&self, streams: Vec<StreamId>) -> Result<Foreign, Failure> {
        let states = streams.into_iter().map(|stream| async move {
            let state = self.ask_one(&stream).await?;
            Ok::<_, Failure>((stream, state))
        });
        Ok(try_join_all(states).await?.into_iter().collect())
    }

    /// An instance refuses this path only while it still runs older code. For the caller of this object that is no
    /// refusal, but a fault that passes.
    async fn ask_one(&self, stream: &StreamId) -> Result<ForeignState, Failure> {
        let answer = stub::call(&self.env, self.catalogue, stream, contract::FOREIGN, &()).await;
        answer.map_err(|failure| match failure {
            Failure::Rejected(refusal) => {
                Fault::Unavailable("the source".into(), refusal.to_string()).into()
            }
            fault @ Failure::Faulted(_) => fault,
        })
    }
}
