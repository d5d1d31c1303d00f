//! Makes the row that others see of the instance.

use edgefold_kernel::{Fault, Timestamp, limits};
use serde_json::value::RawValue;

use super::Instance;
use crate::{
    append::storage::{Slice, Storage},
    journal::Row,
};

impl<S: Storage> Instance<S> {
    /// The row that others see of this instance; none when there is no stream.
    ///
    /// # Errors
    /// Fails if it cannot be loaded.
    pub fn outline(&self) -> Result<Option<Row>, Fault> {
        match self.head()?.version {
            0 => Ok(None),
            _ => self.row_now().map(Some),
        }
    }

    pub(super) fn row_now(&self) -> Result<Row, Fault> {
        let began = self.began()?;
        let (version, state) =
            self.read(|loaded| (loaded.head.version, self.run.outline(&loaded.state)))?;
        let state = state.map_err(|error| Fault::Defect(error.to_string()))?;
        let is_large = state.get().len() > limits::OUTLINE_BYTES;
        let state = if is_large { RawValue::NULL.to_owned() } else { state };
        Ok(Row { version, began, state_version: self.run.facts().state_version, state })
    }

    /// Instant of the first event.
    pub(super) fn began(&self) -> Result<Timestamp, Fault> {
        if let Some(began) = self.read(|loaded| loaded.began)? {
            return Ok(began);
        }
        let first = self.storage.events(&Slice { limit: 1, ..Slice::after(0) })?;
        let began = first.first().map(|first| first.time).ok_or_else(|| self.lacks(1))?;
        self.change(|loaded| loaded.began = Some(began))?;
        Ok(began)
    }
}
