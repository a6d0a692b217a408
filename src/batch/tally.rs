//! The numbers of a run.

use super::entry::{Entry, State, Times};

/// How many pictures became what, and what they took.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Tally {
    /// Outputs that have their names; members of tars each count, the tars do not.
    pub done: usize,
    /// Tars that have their names.
    pub tars: usize,
    /// Members of tars, whatever became of them.
    pub members: usize,
    /// Pictures without an output.
    pub failed: usize,
    /// Pictures that were passed over.
    pub skipped: usize,
    /// Pictures of which a copy was set aside.
    pub quarantined: usize,
    /// Outputs, among those done, of damaged inputs.
    pub degraded: usize,
    /// Outputs, among those done, whose format does not hold all of what was to be kept.
    pub not_all_kept: usize,
    /// Pictures whose outputs were there already, as an earlier report says.
    pub known: usize,
    /// Pictures that nothing was done about, for the work ended before.
    pub left: usize,
    /// The pixels of the inputs that are done.
    pub pixels: u64,
    /// The bytes of the inputs that are done.
    pub bytes_in: u64,
    /// The bytes of their outputs.
    pub bytes_out: u64,
    /// How long their stages took, in all threads together.
    pub ms: Times,
}

impl Tally {
    /// Counts a picture.
    pub fn count(&mut self, entry: &Entry) {
        self.members += usize::from(entry.tar.is_some());
        match entry.state {
            State::Done if entry.members.is_some() => self.tars += 1,
            State::Done => {
                self.done += 1;
                self.degraded += usize::from(entry.degraded);
                self.not_all_kept += usize::from(!entry.not_kept.is_empty());
                self.pixels += entry.size_in.map_or(0, |[width, height]| width * height);
                self.bytes_in += entry.bytes_in;
                self.bytes_out += entry.bytes_out;
                self.ms.add(&entry.ms);
            }
            State::Failed => self.failed += 1,
            State::Skipped => self.skipped += 1,
            State::Quarantined => self.quarantined += 1,
        }
    }

    /// Returns how many inputs something became of.
    #[must_use]
    pub fn accounted(&self) -> usize {
        let told = self.done + self.failed + self.skipped + self.quarantined + self.known;
        (told + self.tars).saturating_sub(self.members)
    }
}
