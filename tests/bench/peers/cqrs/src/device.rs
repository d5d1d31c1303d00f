//! The aggregate: a device that reports its status.

use chrono::{DateTime, Utc};
use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    #[default]
    Ok,
    Warn,
    Fault,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    pub status: Status,
    pub reading: f64,
    pub observed_at: DateTime<Utc>,
}

#[derive(Clone)]
pub enum Command {
    Update(Vec<Report>),
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub enum Event {
    DeviceStatusUpdated(Report),
}

impl DomainEvent for Event {
    fn event_type(&self) -> String {
        "DeviceStatusUpdated".into()
    }

    fn event_version(&self) -> String {
        "1".into()
    }
}

#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("a reading is a finite number")]
    NotFinite,
}

#[derive(Clone, Default, Deserialize, Serialize)]
pub struct Device {
    readings: u64,
    latest: Option<Report>,
}

impl Aggregate for Device {
    const TYPE: &'static str = "device";
    type Command = Command;
    type Event = Event;
    type Error = Refusal;
    type Services = ();

    async fn handle(
        &mut self,
        command: Command,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), Refusal> {
        let Command::Update(reports) = command;
        if reports.iter().any(|report| !report.reading.is_finite()) {
            return Err(Refusal::NotFinite);
        }
        // A copy: cqrs-es 0.5.0 applies the events to this aggregate once more when it stores it beside them.
        let mut after = self.clone();
        for report in reports {
            sink.write(Event::DeviceStatusUpdated(report), &mut after).await;
        }
        Ok(())
    }

    fn apply(&mut self, Event::DeviceStatusUpdated(report): Event) {
        self.readings += 1;
        self.latest = Some(report);
    }
}
