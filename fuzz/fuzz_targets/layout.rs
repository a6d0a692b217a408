//! Layouts of any numbers, and chains of view operations on them: nothing wraps, nothing panics, and
//! no operation reaches bytes that its layout did not.
#![no_main]

use bytelens::{DType, Layout, Slice};
use libfuzzer_sys::fuzz_target;

/// Numbers out of the input: small ones, and the largest there are.
struct Numbers<'d>(&'d [u8]);

impl Numbers<'_> {
    fn next(&mut self) -> i64 {
        let Some((byte, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        match *byte {
            255 => i64::MAX,
            254 => i64::MIN,
            253 if rest.len() >= 8 => {
                let (number, rest) = rest.split_at(8);
                self.0 = rest;
                i64::from_le_bytes(number.try_into().expect("8 bytes"))
            }
            byte => i64::from(byte.cast_signed()),
        }
    }

    fn size(&mut self) -> usize {
        self.next().unsigned_abs() as usize
    }
}

fuzz_target!(|data: &[u8]| {
    let mut numbers = Numbers(data);
    let ndim = numbers.size() % 10;
    let shape: Vec<usize> = (0..ndim).map(|_| numbers.size()).collect();
    let strides: Vec<isize> = (0..ndim).map(|_| numbers.next() as isize).collect();
    let dtype = DType::bytes(numbers.next() as u32 % 17);
    let Ok(mut layout) = Layout::new(dtype, &shape, &strides, numbers.size()) else { return };
    while !numbers.0.is_empty() {
        let (axis, a, b) = (numbers.size() % 9, numbers.size(), numbers.next() as isize);
        let next = match numbers.size() % 12 {
            0 => layout.slice(axis, Slice::new(Some(a as isize), None, Some(b))),
            1 => layout.index(axis, b),
            2 => layout.flip(axis),
            3 => layout.newaxis(axis),
            4 => layout.squeeze(axis),
            5 => layout.swap_axes(axis, a % 9),
            6 => layout.windows(axis, a, b.unsigned_abs()),
            7 => layout.reshape(&[b, -1]),
            8 => layout.cast(DType::bytes(a as u32 % 33)),
            9 => layout.split(axis, a).map(|(_, high)| high),
            10 => layout.broadcast_to(&[a, b.unsigned_abs()]),
            _ => Ok(layout.transpose()),
        };
        let Ok(next) = next else { continue };
        let (before, after) = (layout.span(), next.span());
        assert!(next.is_empty() || before.start <= after.start && after.end <= before.end);
        let _ = (next.is_contiguous(), next.is_f_contiguous(), next.is_injective(), next.nbytes());
        layout = next;
    }
});
