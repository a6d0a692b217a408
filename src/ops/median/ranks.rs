//! Medians of large squares of any numbers, by their ranks.
//!
//! All samples around a tile are sorted once; a square is then a set of ranks, kept as bits, and its
//! median is found by counting bits from the median of the square before (Suomela, "Median Filtering is
//! Equivalent to Sorting", 2014).

/// Columns that are made at a time.
const COLUMNS: usize = 256;

/// Sets each sample to the median of the square around it. `samples` has rows of `stride`, `radius` more
/// than `out` on all four sides.
pub(super) fn medians(out: &mut [f32], samples: &[f32], stride: usize, radius: usize) {
    let width = stride - 2 * radius;
    for left in (0..width).step_by(COLUMNS) {
        tile(out, samples, [left, COLUMNS.min(width - left)], stride, radius);
    }
}

fn tile(out: &mut [f32], samples: &[f32], [left, count]: [usize; 2], stride: usize, radius: usize) {
    let side = 2 * radius + 1;
    let all = count + 2 * radius;
    let mut sorted: Vec<(u32, u32)> = Vec::new();
    for row in samples.chunks_exact(stride) {
        for sample in &row[left..left + all] {
            sorted.push((key(*sample), u32::try_from(sorted.len()).unwrap_or(u32::MAX)));
        }
    }
    sorted.sort_unstable();
    let mut ranks = vec![0; sorted.len()];
    for (rank, (_, at)) in sorted.iter().enumerate() {
        ranks[*at as usize] = rank;
    }
    let mut set = Ranks { bits: vec![0; sorted.len().div_ceil(64)], word: 0, before: 0 };
    let width = stride - 2 * radius;
    for (y, out) in out.chunks_exact_mut(width).enumerate() {
        set.clear();
        let column = |x: usize| (y..y + side).map(move |y| y * all + x);
        for x in 0..side - 1 {
            column(x).for_each(|at| set.insert(ranks[at]));
        }
        for (x, out) in out[left..left + count].iter_mut().enumerate() {
            column(x + side - 1).for_each(|at| set.insert(ranks[at]));
            let (_, at) = sorted[set.find(side * side / 2)];
            let (row, x_of_it) = (at as usize / all, at as usize % all);
            *out = samples[row * stride + left + x_of_it];
            column(x).for_each(|at| set.remove(ranks[at]));
        }
    }
}

/// A number whose order as a whole number is that of the sample.
fn key(sample: f32) -> u32 {
    let bits = sample.to_bits();
    if bits >> 31 == 1 { !bits } else { bits | 1 << 31 }
}

/// A set of ranks, and a place in it that is moved as little as can be.
struct Ranks {
    bits: Vec<u64>,
    /// A word of `bits`.
    word: usize,
    /// How many ranks lie in the words before it.
    before: usize,
}

impl Ranks {
    fn clear(&mut self) {
        self.bits.fill(0);
        self.before = 0;
    }

    fn insert(&mut self, rank: usize) {
        self.bits[rank / 64] |= 1 << (rank % 64);
        self.before += usize::from(rank / 64 < self.word);
    }

    fn remove(&mut self, rank: usize) {
        self.bits[rank / 64] &= !(1 << (rank % 64));
        self.before -= usize::from(rank / 64 < self.word);
    }

    /// Finds the rank that has `number` others of the set before it; there is one.
    fn find(&mut self, number: usize) -> usize {
        let count = |word: u64| word.count_ones() as usize;
        while self.before > number {
            self.word -= 1;
            self.before -= count(self.bits[self.word]);
        }
        while self.before + count(self.bits[self.word]) <= number {
            self.before += count(self.bits[self.word]);
            self.word += 1;
        }
        let mut word = self.bits[self.word];
        for _ in self.before..number {
            word &= word - 1;
        }
        self.word * 64 + word.trailing_zeros() as usize
    }
}

#[cfg(test)]
mod tests {
    use super::medians;

    #[test]
    fn medians_by_rank_are_those_of_sorting() {
        for (radius, width, rows) in [(1, 5, 3), (4, 300, 2), (15, 9, 5)] {
            let stride = width + 2 * radius;
            let sample = |at: usize| ((at * 7919) % 1009) as f32 / 100.0 - 3.0;
            let samples: Vec<f32> = (0..stride * (rows + 2 * radius)).map(sample).collect();
            let mut out = vec![0.0; width * rows];
            medians(&mut out, &samples, stride, radius);
            let side = 2 * radius + 1;
            for (at, got) in out.iter().enumerate() {
                let (y, x) = (at / width, at % width);
                let rows = (y..y + side).map(|y| &samples[y * stride + x..][..side]);
                let mut window = rows.collect::<Vec<_>>().concat();
                window.sort_unstable_by(f32::total_cmp);
                assert_eq!(*got, window[side * side / 2], "{radius} {width} {x} {y}");
            }
        }
    }
}
