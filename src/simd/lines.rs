//! Memory that starts on a cache line.
//!
//! What crosses a line is read and written in two: as wide as vectors are, that is every one of them where
//! memory starts between lines, as what an allocator gives does.

use std::ops::{Deref, DerefMut};

use bytemuck::{Pod, Zeroable};

/// Samples whose memory starts on a cache line, and stays when there are fewer.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    lines: Vec<Line>,
    len: usize,
}

/// 64 bytes that start at a multiple of 64: a cache line, and the widest vector register.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub(crate) struct Line([u8; 64]);

impl Lines {
    /// Makes it so many samples; those there were stay what they are, others are of no meaning.
    pub fn resize(&mut self, len: usize) {
        let lines = (len * size_of::<f32>()).div_ceil(size_of::<Line>());
        if self.lines.len() < lines {
            self.lines.resize(lines, Line::zeroed());
        }
        self.len = len;
    }
}

impl Deref for Lines {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &bytemuck::cast_slice(&self.lines)[..self.len]
    }
}

impl DerefMut for Lines {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut bytemuck::cast_slice_mut(&mut self.lines)[..self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::Lines;

    #[test]
    fn samples_start_on_a_line_and_are_kept_by_growth() {
        let mut lines = Lines::default();
        for len in [0, 1, 16, 17, 1000] {
            let before = lines.len();
            lines.resize(len);
            assert_eq!(lines.len(), len);
            assert_eq!(lines.as_ptr().addr() % 64, 0, "{len}");
            assert!(lines[..before].iter().all(|sample| *sample == 3.0), "{len}");
            lines.fill(3.0);
        }
        lines.resize(5);
        assert_eq!(&lines[..], [3.0; 5]);
    }
}
