//! The weights of one axis, and the table that twins read them from.
//!
//! For each index of an output: where in the source it starts, and with which weights. Edges are folded
//! into the weights here, so that the twins know none. The table is written and read in this file,
//! on the host; `shaders/lib/separable.wgsl` reads the same words.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::op::param::Edge;

/// Words that the table holds for each output index, before the weights.
const ENTRY: usize = 4;

/// The weights of one axis: for each output index a run of source samples.
#[derive(Clone, Debug)]
pub struct Taps {
    length: usize,
    entries: Vec<Entry>,
    weights: Vec<f32>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    first: i64,
    count: usize,
    weights: usize,
    missing: f32,
}

impl Taps {
    /// Starts an empty list for a source of `length` samples, with room for `outputs` entries.
    #[must_use]
    pub fn new(length: usize, outputs: usize) -> Self {
        Self { length, entries: Vec::with_capacity(outputs), weights: Vec::new() }
    }

    /// Adds the next output: the sum over `k` of `weights[k]` times the sample at `first + k`.
    ///
    /// Samples beyond the source are made up by `edge`. What the weights that remain leave to
    /// `total` is the share of the background.
    #[expect(clippy::cast_possible_truncation, reason = "weights are summed in f64, kept as f32")]
    pub fn push(&mut self, first: i64, weights: &[f64], total: f64, edge: Edge) {
        let length = i64::try_from(self.length).unwrap_or(i64::MAX);
        let end = first + i64::try_from(weights.len()).unwrap_or(i64::MAX);
        let inside = first >= 0 && end <= length;
        let around = edge == Edge::Wrap && end - first <= length;
        let (first, weights) = if inside || around {
            (first, weights.to_vec())
        } else {
            fold(first, weights, length, edge)
        };
        let missing = (total - weights.iter().sum::<f64>()) as f32;
        let missing = if missing.abs() < 1e-6 { 0.0 } else { missing };
        let weights: Vec<f32> = weights.into_iter().map(|weight| weight as f32).collect();
        // Neighbours often have the same weights: those of a blur all but at the edges.
        let at = match self.entries.last() {
            Some(last) if self.weights[last.weights..] == weights[..] => last.weights,
            _ => {
                self.weights.extend_from_slice(&weights);
                self.weights.len() - weights.len()
            }
        };
        self.entries.push(Entry { first, count: weights.len(), weights: at, missing });
    }

    /// Returns whether every output is the source sample of the same number.
    #[must_use]
    pub fn is_identity(&self) -> bool {
        let same = |(at, entry): (usize, &Entry)| {
            usize::try_from(entry.first) == Ok(at)
                && entry.count == 1
                && self.weights[entry.weights] == 1.0
        };
        self.entries.len() == self.length && self.entries.iter().enumerate().all(same)
    }

    /// Returns the number of samples of the source.
    pub(super) fn length(&self) -> usize {
        self.length
    }

    /// Returns the number of outputs.
    pub(super) fn outputs(&self) -> usize {
        self.entries.len()
    }

    /// Returns the most weights of any output.
    #[must_use]
    pub fn most(&self) -> usize {
        self.entries.iter().map(|entry| entry.count).max().unwrap_or(0)
    }

    /// Packs entries and weights as the twins read them.
    ///
    /// # Errors
    /// [`Error::Limit`] where an index does not fit a word.
    pub fn tables(&self, op: &str) -> Result<Arc<[u32]>> {
        let too_many = || Error::Limit {
            what: format!("{op}: the table of weights"),
            got: format!("{} entries and {} weights", self.entries.len(), self.weights.len()),
            limit: "2147483647 words".to_owned(),
            hint: "choose a smaller size or kernel".to_owned(),
        };
        let head = self.entries.len() * ENTRY;
        let mut words = Vec::with_capacity(head + self.weights.len());
        for entry in &self.entries {
            let first = i32::try_from(entry.first).map_err(|_| too_many())?;
            words.push(first.cast_unsigned());
            words.push(u32::try_from(entry.count).map_err(|_| too_many())?);
            words.push(u32::try_from(head + entry.weights).map_err(|_| too_many())?);
            words.push(entry.missing.to_bits());
        }
        words.extend(self.weights.iter().map(|weight| weight.to_bits()));
        Ok(words.into())
    }
}

/// Sums the weights of samples beyond the source into those that `edge` puts in their place.
fn fold(first: i64, weights: &[f64], length: i64, edge: Edge) -> (i64, Vec<f64>) {
    let resolved =
        || (first..).zip(weights).filter_map(|(at, w)| Some((edge.resolve(at, length)?, w)));
    let (Some(low), Some(high)) =
        (resolved().map(|(at, _)| at).min(), resolved().map(|(at, _)| at).max())
    else {
        return (0, Vec::new());
    };
    let mut folded = vec![0.0; usize::try_from(high - low + 1).unwrap_or(0)];
    for (at, weight) in resolved() {
        folded[usize::try_from(at - low).unwrap_or(0)] += weight;
    }
    (low, folded)
}

/// Reads the entry of an output index, and its weights.
pub(super) fn entry(tables: &[u32], index: usize) -> (i64, &[f32], f32) {
    let [first, count, at, missing] =
        *tables[index * ENTRY..].first_chunk().expect("there is an entry for each output");
    let (count, at) = (count as usize, at as usize);
    let weights = bytemuck::cast_slice(&tables[at..at + count]);
    (i64::from(first.cast_signed()), weights, f32::from_bits(missing))
}
