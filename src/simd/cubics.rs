//! A curve of cubics, one after the other, and straight on beyond its ends.

use super::{dispatch, fma};

/// A curve: at least one cubic.
#[derive(Debug)]
pub(crate) struct Cubics<'a> {
    /// Where each cubic starts, from the least on.
    pub(crate) starts: &'a [f32],
    /// For each cubic the factors of the powers 0 to 3 of the distance from its start.
    pub(crate) powers: &'a [[f32; 4]],
    /// Where the last cubic ends.
    pub(crate) last: f32,
    /// The slopes before the first start and after the last end.
    pub(crate) slopes: [f32; 2],
}

/// Samples that are looked at together: what is known of them stays in registers or next to them.
const CHUNK: usize = 32;

dispatch! {
    /// Replaces each sample by the curve's value at it.
    pub(crate) fn cubics(plane: &mut [f32], curve: &Cubics<'_>) {
        let (chunks, rest) = plane.as_chunks_mut::<CHUNK>();
        for chunk in chunks {
            *chunk = values::<FMA>(chunk, curve);
        }
        let mut last = [0.0; CHUNK];
        last[..rest.len()].copy_from_slice(rest);
        rest.copy_from_slice(&values::<FMA>(&last, curve)[..rest.len()]);
    }
}

#[inline(always)]
fn values<const FMA: bool>(samples: &[f32; CHUNK], curve: &Cubics<'_>) -> [f32; CHUNK] {
    let first = curve.starts[0];
    let mut inside = [0.0; CHUNK];
    for x in 0..CHUNK {
        inside[x] = samples[x].max(first).min(curve.last);
    }
    let mut sums = [0.0; CHUNK];
    for (start, [a, b, c, d]) in curve.starts.iter().zip(curve.powers) {
        for x in 0..CHUNK {
            let t = inside[x] - start;
            let cubic = fma::<FMA>(fma::<FMA>(fma::<FMA>(*d, t, *c), t, *b), t, *a);
            // The first cubic is for all until another says otherwise.
            sums[x] = if t >= 0.0 { cubic } else { sums[x] };
        }
    }
    let [slope_before, slope_after] = curve.slopes;
    for x in 0..CHUNK {
        let before = (samples[x] - first).min(0.0) * slope_before;
        sums[x] += before + (samples[x] - curve.last).max(0.0) * slope_after;
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::{Cubics, cubics};
    use crate::simd::Level;

    #[test]
    fn every_sample_takes_its_own_cubic_and_goes_straight_on_beyond_the_ends() {
        let (starts, powers) = ([0.25, 0.5], [[0.0, 1.0, 2.0, 4.0], [3.0, -1.0, 0.5, 0.0]]);
        let curve = Cubics { starts: &starts, powers: &powers, last: 1.0, slopes: [2.0, -3.0] };
        let exact = |v: f32| {
            let inside = v.clamp(0.25, 1.0);
            let k = usize::from(inside >= 0.5);
            let (t, [a, b, c, d]) = (inside - starts[k], powers[k]);
            a + t * (b + t * (c + t * d)) + 2.0 * (v - 0.25).min(0.0) - 3.0 * (v - 1.0).max(0.0)
        };
        for level in Level::all() {
            for length in [1, 31, 32, 70] {
                let samples: Vec<f32> = (0..length).map(|at| at as f32 * 0.05 - 0.5).collect();
                let mut plane = samples.clone();
                cubics(level, &mut plane, &curve);
                for (sample, got) in samples.iter().zip(plane) {
                    assert!((got - exact(*sample)).abs() < 1e-5, "{level} {length} {sample} {got}");
                }
            }
        }
    }
}
