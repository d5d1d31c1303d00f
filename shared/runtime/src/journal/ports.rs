//! The database of the read models, and the sources of events, as a runner sees them.

use edgefold_flow::{
    Catalogue, Change, contract,
    journal::{
        Row,
        database::{Database, Found},
        work::Sources,
    },
};
use edgefold_kernel::{Failure, Fault, Kind, Rejection, StreamId};
use worker::{Env, console_error};

use crate::platform::{database, stub};

/// D1.
pub(super) struct D1(pub(super) Env);

impl Database for D1 {
    async fn batch(&self, statements: &[Change]) -> Result<Vec<Vec<Found>>, Fault> {
        let results = database::batch(&self.0, statements).await?;
        results.iter().map(|result| database::read(Some(result))).collect()
    }
}

/// The objects of instances, and the other journals.
pub(super) struct Objects {
    pub(super) env: Env,
    pub(super) catalogue: &'static Catalogue,
}

impl Sources for Objects {
    async fn row(&self, stream: &StreamId) -> Result<Row, Failure> {
        let row: Option<Row> =
            stub::call(&self.env, self.catalogue, stream, contract::OUTLINE, &()).await?;
        row.ok_or_else(|| {
            let said = format!("the instance {} does not exist", stream.aggregate_id);
            Rejection::new(Kind::NotFound, "UNKNOWN_INSTANCE", said).into()
        })
    }

    async fn resend(&self, stream: &StreamId) -> Result<(), Failure> {
        stub::call(&self.env, self.catalogue, stream, contract::RESEND, &()).await
    }

    async fn wake(&self, category: &str, partition: u16) {
        let woken = async {
            let call = stub::post(contract::WAKE, &())?;
            stub::read::<()>(stub::journal(&self.env, (category, partition), call).await?).await
        };
        if let Err(failure) = woken.await {
            console_error!("the journal {category}/{partition} was not woken: {failure}");
        }
    }
}
