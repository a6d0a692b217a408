//! The rows of `layouts.txt`: what they copy, made of bytes, and the copies to time.

use std::error::Error;
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::time::Instant;

use bytelens::{Buffer, DType, Index, Layout, View, ViewMut};

/// What a row says: name, element type, shape, and how it is seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'t> {
    pub(crate) name: &'t str,
    pub(crate) dtype: &'t str,
    pub(crate) shape: &'t str,
    pub(crate) seen: &'t str,
}

impl<'t> Row<'t> {
    /// Reads a line; nothing for a comment or an empty line.
    pub(crate) fn parse(line: &'t str) -> Option<Self> {
        // The bar of `|u1` is none of the three.
        let parts: Vec<&str> = line.split(" | ").map(str::trim).collect();
        match parts[..] {
            [name, dtype, shape, seen] if !name.starts_with('#') => {
                Some(Self { name, dtype, shape, seen })
            }
            _ => None,
        }
    }
}

/// A source with bytes in it, the layout that sees it, and a target that has been written before.
pub(crate) struct Work {
    source: Buffer,
    seen: Layout,
    target: Buffer,
    /// As many bytes as the larger of what is read and written, and where a plain copy puts them: memory of
    /// the same kind.
    plain: (Buffer, Buffer),
    converts: bool,
}

impl Work {
    pub(crate) fn new(row: Row<'_>) -> Result<Self, Box<dyn Error>> {
        let layout = Layout::contiguous(DType::from_numpy(row.dtype)?, &numbers(row.shape)?)?;
        let mut source = Buffer::zeroed(layout.dtype().clone(), layout.shape())?;
        fill(&mut source)?;
        let (verb, rest) = row.seen.split_once(' ').unwrap_or((row.seen, ""));
        let seen = match verb {
            "permute" => layout.permute(&numbers(rest)?)?,
            "index" => layout.select(&Index::parse(rest)?)?,
            "repeat" => layout.broadcast_to(&numbers(rest)?)?,
            "turn" => layout.flip(0)?.transpose(),
            "convert" => layout,
            _ => return Err(format!("no view is called {verb:?}").into()),
        };
        let converts = verb == "convert";
        let dtype = if converts { DType::from_numpy(rest)? } else { seen.dtype().clone() };
        let mut target = Buffer::zeroed(dtype, seen.shape())?;
        // Every page is there before anything is timed.
        target.view_mut()?.as_bytes_mut().ok_or("no gaps")?.fill(1);
        let len = target.layout().nbytes().max(if converts { seen.nbytes() } else { 0 });
        let plain = |byte: u8| {
            let mut plain = Buffer::zeroed(DType::U8, &[len])?;
            plain.view_mut()?.fill(byte)?;
            Ok::<_, bytelens::Error>(plain)
        };
        Ok(Self { source, seen, target, plain: (plain(1)?, plain(2)?), converts })
    }

    /// The view that is copied, and where to.
    pub(crate) fn parts(&mut self) -> Result<(View<'_>, ViewMut<'_>), bytelens::Error> {
        let bytes = self.source.view().as_bytes().unwrap_or_default();
        Ok((View::new(bytes, self.seen.clone())?, self.target.view_mut()?))
    }

    /// Bytes that the copy writes.
    pub(crate) fn nbytes(&self) -> usize {
        self.target.layout().nbytes()
    }

    /// Calls that make one time, so that the clock is no part of it.
    pub(crate) fn calls(&self) -> usize {
        (400_000 / self.nbytes().max(1)).clamp(1, 4000)
    }

    /// Seconds of a plain copy of as many bytes.
    pub(crate) fn memcpy(&mut self) -> Result<f64, bytelens::Error> {
        let (from, mut to) = (self.plain.0.view(), self.plain.1.view_mut()?);
        let (from, to) = (from.as_bytes().unwrap_or_default(), to.as_bytes_mut());
        let to = to.unwrap_or_default();
        let calls = (400_000 / from.len().max(1)).clamp(1, 4000);
        Ok(time(calls, || black_box(&mut *to).copy_from_slice(black_box(from))))
    }

    /// Seconds of our copy.
    pub(crate) fn bytelens(&mut self, threads: NonZeroUsize) -> Result<f64, bytelens::Error> {
        let (calls, converts) = (self.calls(), self.converts);
        let (view, mut target) = self.parts()?;
        let copy = |target: &mut ViewMut<'_>| match (converts, threads.get()) {
            (true, 1) => view.convert_to(target),
            (true, _) => view.convert_to_with_threads(target, threads),
            (_, 1) => view.copy_to(target),
            _ => view.copy_to_with_threads(target, threads),
        };
        copy(&mut target)?;
        Ok(time(calls, || {
            black_box(copy(black_box(&mut target)).is_ok());
        }))
    }
}

/// Seconds of one of several calls.
pub(crate) fn time(calls: usize, mut call: impl FnMut()) -> f64 {
    let start = Instant::now();
    (0..calls).for_each(|_| call());
    start.elapsed().as_secs_f64() / calls as f64
}

/// Bytes that are no run of equal ones, and numbers of which none is out of range.
fn fill(buffer: &mut Buffer) -> Result<(), bytelens::Error> {
    let is_f32 = *buffer.dtype() == DType::F32;
    let mut view = buffer.view_mut()?;
    let bytes = view.as_bytes_mut().unwrap_or_default();
    let number = |at: usize| at.wrapping_mul(0x9e37_79b1) >> 13 & 255;
    if is_f32 {
        for (at, four) in bytes.chunks_exact_mut(4).enumerate() {
            four.copy_from_slice(&(number(at) as f32 * 1.25 - 20.0).to_ne_bytes());
        }
    } else {
        bytes.iter_mut().enumerate().for_each(|(at, byte)| *byte = number(at).to_le_bytes()[0]);
    }
    Ok(())
}

fn numbers(text: &str) -> Result<Vec<usize>, std::num::ParseIntError> {
    text.split(',').map(|number| number.trim().parse()).collect()
}
