//! How events come to the journals, and what becomes of these.

use edgefold_flow::journal::Partitions;
use edgefold_kernel::StreamId;

use crate::{
    Simulator, Way,
    journal::Course,
    simulator::{BOUND, roll},
};

impl Simulator {
    /// Ends the runtime once, in the middle of a call to a journal after so many others: before it is committed, or after it.
    pub fn kill_in_append(&mut self, calls: usize, is_committed: bool) {
        self.kill_in_append = Some((calls, is_committed));
    }

    /// Ends the runtime if that was wanted here.
    fn is_killed_in_append(&mut self, is_committed: bool) -> bool {
        match &mut self.kill_in_append {
            Some((0, at)) if *at == is_committed => {
                self.kill_in_append = None;
                self.restart();
                true
            }
            Some((calls @ 1.., _)) if is_committed => {
                *calls -= 1;
                false
            }
            _ => false,
        }
    }

    /// The journals are restored to what they were when they were backed up. The streams that they had
    /// are told some time later.
    pub fn restore_journals(&mut self) {
        let known = self.journal.restore();
        self.doubted.extend(known);
    }

    /// Lets streams begin in these partitions from now on.
    pub fn partition(&mut self, setting: &str) {
        self.journal.partitions = Partitions::parse(setting).0;
        self.hibernate();
    }

    /// Tells the journal what it lacks, one call at a time.
    pub(crate) fn tell_journal(&mut self, stream: &StreamId) {
        let one = (stream.clone(), false);
        if !self.publishing.insert(one.clone()) {
            return;
        }
        let life = self.lives;
        loop {
            let now = self.now;
            let Ok(Some(sent)) = self.object(stream).to_journal(now) else { break };
            let partition = self.object(stream).partition().expect("memory does not fail");
            let place = (stream.aggregate_type.clone(), partition);
            self.busy.push(stream.clone());
            self.meanwhile();
            if self.lives != life || self.is_killed_in_append(false) {
                return;
            }
            let (course, dice) = (self.course(), self.dice.clone());
            let answer =
                self.journal.append(&place, &sent.text, course, |bound| roll(&dice, bound));
            self.dice = dice;
            self.meanwhile();
            if self.lives != life || self.is_killed_in_append(true) {
                return;
            }
            let now = self.now;
            self.object(stream).journalled(&sent, &answer, now).expect("memory does not fail");
            self.unkept.insert(stream.clone());
            self.is_free(stream);
        }
        self.publishing.remove(&one);
        // What has nothing to say to the journal moves its cursor, too.
        self.unkept.insert(stream.clone());
        let now = self.now;
        let next = self.object(stream).next_to_journal(BOUND, now).expect("memory does not fail");
        next.into_iter().for_each(|at| self.set_alarm_at(stream, at));
    }

    /// How a call to a journal goes. What is lost or doubled on the bus is lost or doubled here.
    fn course(&self) -> Course {
        let one_in = |bound: usize| self.roll(bound) == 0;
        match self.bus.way {
            Way::InOrder => Course::default(),
            Way::Duplicate | Way::Overlapping => Course { doubled: one_in(2), ..Course::default() },
            Way::Reordered | Way::Delayed => Course { late: one_in(2), ..Course::default() },
            Way::Lost => Course { fails: one_in(8), unheard: one_in(8), ..Course::default() },
            Way::Any => Course {
                fails: one_in(8),
                unheard: one_in(8),
                late: one_in(3),
                doubled: one_in(8),
                restarts: one_in(8),
            },
        }
    }

    /// Asks the instances that are in doubt, until each knows what its journal has.
    pub(crate) fn resend(&mut self) {
        for stream in self.doubted.clone() {
            if self.check_reachable(&stream).is_err() {
                continue;
            }
            let life = self.lives;
            self.object(&stream).doubt_journal().expect("memory does not fail");
            self.tell_journal(&stream);
            if self.lives == life && self.object(&stream).is_journalled() == Ok(true) {
                self.doubted.remove(&stream);
            }
        }
    }
}
