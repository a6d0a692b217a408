//! `.npy` and `.npz` files of NumPy, seen in place.
//!
//! ```text
//!   \x93NUMPY 1 0 │ length │ {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }   \n │ data
//!                                                                          a multiple of 64 ──┘
//! ```
//!
//! A header becomes a [`Layout`] over the bytes of the file, so a file that is mapped or read whole is
//! seen without copying. Not here: reading files (the caller has the bytes), Python objects, and
//! compressed members of a `.npz`.
//!
//! Invariant: what a header says is checked against the bytes that are there before anything is made
//! of it; no input panics or takes memory beyond its own size.

use super::{View, ViewMut};
use crate::dtype::DType;
use crate::dtype::literal::Literal;
use crate::error::{Error, Result};
use crate::layout::Layout;
use std::ops::Range;

const MAGIC: &[u8] = b"\x93NUMPY";

/// The longest header that is read: room for a struct of ten thousand fields.
const MAX_HEADER: usize = 1 << 20;

fn damaged(problem: impl Into<String>) -> Error {
    Error::Decode { format: "NPY", problem: problem.into() }
}

/// Reads the header of a `.npy` file: where the elements lie in its bytes.
///
/// ```
/// use bytelens::{Buffer, DType, View, npy};
///
/// let file = npy::to_npy(&View::from_slice(&[1.0_f32, 2.0, 3.0], &[3])?)?;
/// let layout = npy::layout(&file)?;
/// assert_eq!((layout.to_string(), layout.offset()), ("f32[3]".into(), 128));
/// let bytes = Buffer::from_bytes(file.clone(), DType::U8, &[file.len()])?;
/// let array = bytes.with_layout(layout)?; // owns the file's bytes; none was copied
/// assert_eq!(array.view().to_vec::<f32>()?, [1.0, 2.0, 3.0]);
/// # Ok::<(), bytelens::Error>(())
/// ```
///
/// # Errors
///
/// Bytes that are no `.npy` file or too few for its shape, a header over 1 MiB, or an element type
/// without bytes to view, such as Python objects.
pub fn layout(file: &[u8]) -> Result<Layout> {
    let Some(rest) = file.strip_prefix(MAGIC) else {
        return Err(damaged("the file does not start with \\x93NUMPY"));
    };
    let cut = || damaged("the file ends within its header");
    let (start, len) = match *rest {
        [1, _, a, b, ..] => (10, usize::from(u16::from_le_bytes([a, b]))),
        [2 | 3, _, a, b, c, d, ..] => (12, u32::from_le_bytes([a, b, c, d]) as usize),
        [major, minor, ..] if !matches!(major, 1..=3) => {
            return Err(damaged(format!("version {major}.{minor}; 1.0 to 3.0 are known")));
        }
        _ => return Err(cut()),
    };
    if len > MAX_HEADER {
        return Err(Error::Limit {
            what: "the NPY header".to_owned(),
            got: format!("{len} bytes"),
            limit: format!("{MAX_HEADER} bytes"),
            hint: "the file is likely damaged".to_owned(),
        });
    }
    let header = file.get(start..start + len).ok_or_else(cut)?;
    // Versions 1 and 2 are Latin-1, in which each byte is the character of its number.
    let text = match (rest.first(), std::str::from_utf8(header)) {
        (_, Ok(text)) => text.to_owned(),
        (Some(3), Err(_)) => return Err(damaged("the header is not UTF-8")),
        _ => header.iter().map(|byte| char::from(*byte)).collect(),
    };
    let layout = described(&text)?.shifted(start + len)?;
    let needed = layout.span().end;
    if needed > file.len() {
        return Err(damaged(format!("{layout} needs {needed} bytes, the file has {}", file.len())));
    }
    Ok(layout)
}

/// The layout that a header's dictionary describes, from byte 0 on.
fn described(text: &str) -> Result<Layout> {
    let dict = Literal::parse(text)?;
    let missing = |key: &str| damaged(format!("the header has no {key}: {dict:?}"));
    let dtype = DType::from_descr(dict.get("descr").ok_or_else(|| missing("descr"))?)?;
    let shape = dict.get("shape").and_then(Literal::numbers).ok_or_else(|| missing("shape"))?;
    match dict.get("fortran_order") {
        Some(Literal::Bool(false)) => Layout::contiguous(dtype, &shape),
        Some(Literal::Bool(true)) if dtype.sub_array().is_none() => {
            let reversed: Vec<usize> = shape.iter().rev().copied().collect();
            Ok(Layout::contiguous(dtype, &reversed)?.transpose())
        }
        Some(Literal::Bool(true)) => Err(damaged("sub-arrays in Fortran order")),
        _ => Err(missing("fortran_order")),
    }
}

/// Sees the array of a `.npy` file in place.
///
/// ```
/// use bytelens::{View, npy};
///
/// let file = npy::to_npy(&View::from_slice(&[1_u16, 2, 3, 4], &[2, 2])?)?;
/// assert_eq!(npy::view(&file)?.get::<u16>(&[1, 0])?, 3);
/// assert!(npy::view(&file[..file.len() - 1]).is_err());
/// # Ok::<(), bytelens::Error>(())
/// ```
///
/// # Errors
///
/// Those of [`layout`].
pub fn view(file: &[u8]) -> Result<View<'_>> {
    View::new(file, layout(file)?)
}

/// Writes a view as a `.npy` file; a view in Fortran order without gaps stays in it.
///
/// ```
/// use bytelens::{View, npy};
///
/// let file = npy::to_npy(&View::from_slice(&[1_u16, 2, 3, 4], &[2, 2])?)?;
/// assert!(file.starts_with(b"\x93NUMPY\x01\x00"));
/// assert_eq!(npy::layout(&file)?.to_string(), "u16[2, 2]");
/// # Ok::<(), bytelens::Error>(())
/// ```
///
/// # Errors
///
/// An element type that NumPy has not, or more bytes than there is memory for.
pub fn to_npy(view: &View<'_>) -> Result<Vec<u8>> {
    let f_order = view.layout().is_f_contiguous() && !view.layout().is_contiguous();
    let descr = match view.dtype().numpy()? {
        list if list.starts_with('[') => list,
        name => format!("'{name}'"),
    };
    let lens: Vec<String> = view.shape().iter().map(ToString::to_string).collect();
    let shape = match lens.as_slice() {
        [len] => format!("({len},)"),
        lens => format!("({})", lens.join(", ")),
    };
    let order = if f_order { "True" } else { "False" };
    let dict = format!("{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}");
    // Version 1 has two bytes for the length, 2 has four, 3 is UTF-8.
    let version: u8 = match dict.is_ascii() {
        true if dict.len() < usize::from(u16::MAX) - 128 => 1,
        true => 2,
        false => 3,
    };
    let fixed = if version == 1 { 10 } else { 12 };
    let end = (fixed + dict.len() + 1).next_multiple_of(64);
    let mut file: Vec<u8> = super::read::zeroed(end.saturating_add(view.nbytes()), view)?;
    let (head, data) = file.split_at_mut(end);
    head.fill(b' ');
    head[..6].copy_from_slice(MAGIC);
    head[6..8].copy_from_slice(&[version, 0]);
    let len = u32::try_from(end - fixed).map_err(|_| Error::Encode {
        format: "NPY",
        problem: "the list of fields is over 4 GiB".to_owned(),
    })?;
    head[8..fixed].copy_from_slice(&len.to_le_bytes()[..fixed - 8]);
    head[fixed..fixed + dict.len()].copy_from_slice(dict.as_bytes());
    head[end - 1] = b'\n';
    let source = if f_order { view.transpose() } else { view.clone() };
    let layout = Layout::contiguous(source.dtype().clone(), source.shape())?;
    source.copy_to(&mut ViewMut::new(data, layout)?)?;
    Ok(file)
}

/// One array of a `.npz` file: its name, and where its `.npy` file lies.
///
/// ```
/// use bytelens::npy;
///
/// let file = std::fs::read("examples/arrays.npz")?; // numpy.savez(…, grid=…, line=…)
/// let members = npy::members(&file)?;
/// assert_eq!(members[1].name(), "line");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    name: String,
    range: Range<usize>,
}

impl Member {
    /// The array's name, without the `.npy` that the file has behind it.
    ///
    /// ```
    /// use bytelens::npy;
    ///
    /// let file = std::fs::read("examples/arrays.npz")?; // numpy.savez(…, grid=…, line=…)
    /// let members = npy::members(&file)?;
    /// assert_eq!(members[0].name(), "grid");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The bytes of the `.npz` file that are this array's `.npy` file.
    ///
    /// ```
    /// use bytelens::npy;
    ///
    /// let file = std::fs::read("examples/arrays.npz")?; // numpy.savez(…, grid=…, line=…)
    /// let grid = &npy::members(&file)?[0];
    /// assert!(file[grid.range()].starts_with(b"\x93NUMPY"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// Where the elements lie in the bytes of the whole `.npz` file.
    ///
    /// ```
    /// use bytelens::npy;
    ///
    /// let file = std::fs::read("examples/arrays.npz")?; // numpy.savez(…, grid=…, line=…)
    /// let line = npy::members(&file)?[1].layout(&file)?;
    /// assert_eq!(bytelens::View::new(&file, line)?.to_vec::<f64>()?, [0.5, 1.5, 2.5]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`layout`], and bytes that are not the file in which the member was found.
    pub fn layout(&self, file: &[u8]) -> Result<Layout> {
        let bytes = file.get(self.range()).ok_or_else(|| broken("it is not the same file"))?;
        layout(bytes)?.shifted(self.range.start)
    }
}

fn broken(problem: impl Into<String>) -> Error {
    Error::Decode { format: "NPZ", problem: problem.into() }
}

/// Lists the arrays of a `.npz` file as `numpy.savez` writes it, to be seen in place.
///
/// ```
/// use bytelens::npy;
///
/// let file = std::fs::read("examples/arrays.npz")?; // numpy.savez(…, grid=…, line=…)
/// let members = npy::members(&file)?;
/// let grid = bytelens::View::new(&file, members[0].layout(&file)?)?; // no byte is copied
/// assert_eq!(grid.to_string(), "u16[2, 3] [[0, 1, 2], [3, 4, 5]]");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// Bytes that are no ZIP archive, or members that are compressed: `numpy.savez` does not compress,
/// `numpy.savez_compressed` does.
pub fn members(file: &[u8]) -> Result<Vec<Member>> {
    let (count, directory) = directory(file)?;
    let mut at = directory;
    let mut members = Vec::new();
    for _ in 0..count {
        let entry = field::<46>(file, at)?;
        if entry[..4] != *b"PK\x01\x02" {
            return Err(broken(format!("no entry of the directory at byte {at}")));
        }
        let u16_at = |i: usize| usize::from(u16::from_le_bytes([entry[i], entry[i + 1]]));
        let (name_len, extra_len, comment_len) = (u16_at(28), u16_at(30), u16_at(32));
        let name = file.get(at + 46..at + 46 + name_len).ok_or_else(cut_short)?;
        let name = String::from_utf8_lossy(name).into_owned();
        let extra = file.get(at + 46 + name_len..at + 46 + name_len + extra_len);
        let (size, start) = place(&entry, extra.ok_or_else(cut_short)?)?;
        at += 46 + name_len + extra_len + comment_len;
        if u16_at(10) != 0 || u16_at(8) & 1 != 0 {
            return Err(Error::Unsupported {
                what: format!("the compressed or encrypted member {name:?} of an NPZ file"),
                instead: "write it with numpy.savez, which compresses nothing".to_owned(),
            });
        }
        let Some(stem) = name.strip_suffix(".npy") else {
            continue;
        };
        let local = field::<30>(file, start)?;
        if local[..4] != *b"PK\x03\x04" {
            return Err(broken(format!("no member at byte {start}")));
        }
        let behind = usize::from(u16::from_le_bytes([local[26], local[27]]))
            + usize::from(u16::from_le_bytes([local[28], local[29]]));
        let data = start + 30 + behind;
        let end = data.checked_add(size).filter(|end| *end <= file.len()).ok_or_else(cut_short)?;
        members.push(Member { name: stem.to_owned(), range: data..end });
    }
    Ok(members)
}

fn cut_short() -> Error {
    broken("the file is cut short")
}

/// A few bytes of the file.
fn field<const N: usize>(file: &[u8], at: usize) -> Result<[u8; N]> {
    let bytes = at.checked_add(N).and_then(|end| file.get(at..end)).ok_or_else(cut_short)?;
    bytes.try_into().map_err(|_| cut_short())
}

fn u64_at(bytes: &[u8], at: usize) -> Option<usize> {
    let number = bytes.get(at..at.checked_add(8)?)?.try_into().ok()?;
    usize::try_from(u64::from_le_bytes(number)).ok()
}

/// How many entries the archive's directory has, and where it starts.
fn directory(file: &[u8]) -> Result<(usize, usize)> {
    // The end record is 22 bytes and a comment of 64 KiB at most.
    let from = file.len().saturating_sub(22 + usize::from(u16::MAX));
    let at = file[from..].windows(4).rposition(|bytes| bytes == b"PK\x05\x06");
    let at = from + at.ok_or_else(|| broken("no directory of a ZIP archive at the end"))?;
    let end = field::<22>(file, at)?;
    let count = u16::from_le_bytes([end[10], end[11]]);
    let start = u32::from_le_bytes([end[16], end[17], end[18], end[19]]);
    if count != u16::MAX && start != u32::MAX {
        return Ok((usize::from(count), start as usize));
    }
    // What does not fit is in a larger record, whose place is told right before this one.
    let locator = at.checked_sub(20).map(|at| field::<20>(file, at)).ok_or_else(cut_short)??;
    let large = u64_at(&locator, 8).ok_or_else(cut_short)?;
    let large = field::<56>(file, large)?;
    if locator[..4] != *b"PK\x06\x07" || large[..4] != *b"PK\x06\x06" {
        return Err(broken("no large directory where one is needed"));
    }
    let (count, start) = (u64_at(&large, 32), u64_at(&large, 48));
    count.zip(start).ok_or_else(cut_short)
}

/// Size and place of a member, from its entry or, where they do not fit it, the extra field behind.
fn place(entry: &[u8; 46], extra: &[u8]) -> Result<(usize, usize)> {
    let u32_at =
        |i: usize| u32::from_le_bytes([entry[i], entry[i + 1], entry[i + 2], entry[i + 3]]);
    let (packed, size, start) = (u32_at(20), u32_at(24), u32_at(42));
    let mut numbers = large_numbers(extra);
    let mut number = |small: u32| {
        if small == u32::MAX { numbers.next() } else { Some(small as usize) }
    };
    // They stand in this order, each only where the entry has no room for it.
    let (size, packed, start) = (number(size), number(packed), number(start));
    let (size, packed) = size.zip(packed).ok_or_else(cut_short)?;
    if size != packed {
        return Err(broken(format!("a member of {size} bytes is stored in {packed}")));
    }
    Ok((size, start.ok_or_else(cut_short)?))
}

/// The numbers of 8 bytes in the extra field that has them.
fn large_numbers(mut extra: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let mut numbers: &[u8] = &[];
    while let [a, b, c, d, rest @ ..] = extra {
        let len = usize::from(u16::from_le_bytes([*c, *d])).min(rest.len());
        let (data, behind) = rest.split_at(len);
        if u16::from_le_bytes([*a, *b]) == 1 {
            numbers = data;
            break;
        }
        extra = behind;
    }
    (0..numbers.len() / 8).filter_map(|at| u64_at(numbers, at * 8))
}

#[cfg(test)]
mod tests {
    use super::{layout, members, to_npy, view};
    use crate::dtype::DType;
    use crate::error::Error;
    use crate::layout::Layout;
    use crate::view::{Buffer, View};

    /// Version, header, and what is read of it: type, shape and strides.
    type Row<'a> = (&'a [u8], &'a str, &'a str, &'a [usize], &'a [isize]);

    fn file(version: &[u8], header: &str, data: &[u8]) -> Vec<u8> {
        let len = u32::try_from(header.len()).expect("a short header").to_le_bytes();
        let len = if version[0] == 1 { &len[..2] } else { &len };
        [b"\x93NUMPY", version, len, header.as_bytes(), data].concat()
    }

    #[test]
    fn what_numpy_writes_is_seen_in_place() {
        let data: Vec<u8> = (0..24).collect();
        let rows: [Row; 7] = [
            (
                &[1, 0],
                "{'descr': '<u2', 'fortran_order': False, 'shape': (3, 4), }",
                "u16",
                &[3, 4],
                &[8, 2],
            ),
            (
                &[1, 0],
                "{'descr': '>f4', 'fortran_order': True, 'shape': (2, 3), }  \n",
                "f32be",
                &[2, 3],
                &[4, 8],
            ),
            (&[2, 0], "{'descr': '|u1', 'fortran_order': False, 'shape': (), }", "u8", &[], &[]),
            (
                &[3, 0],
                "{'descr': '|S3', 'fortran_order': False, 'shape': (8,), }",
                "bytes3",
                &[8],
                &[3],
            ),
            (&[1, 0], "{\"shape\":(5L,),'fortran_order':False,'descr':'|b1'}", "bool", &[5], &[1]),
            (
                &[1, 0],
                "{'descr': '<f8', 'fortran_order': False, 'shape': (0, 7), }",
                "f64",
                &[0, 7],
                &[56, 8],
            ),
            (
                &[3, 0],
                "{'descr': [('é', '<i2'), ('', '|V2'), ('at', '<f4', (2,))], 'fortran_order': False, 'shape': (2,), }",
                "{é: i16, at: f32[2] @4}",
                &[2],
                &[12],
            ),
        ];
        for (version, header, dtype, shape, strides) in rows {
            let bytes = file(version, header, &data);
            let seen = view(&bytes).expect(header);
            assert_eq!(seen.dtype().to_string(), dtype, "{header}");
            assert_eq!((seen.shape(), seen.strides()), (shape, strides), "{header}");
            assert_eq!(seen.layout().offset(), bytes.len() - 24, "{header}");
            let again = to_npy(&seen).expect(header);
            assert!(view(&again).expect(header) == seen, "{header}");
            assert_eq!(view(&again).expect(header).dtype(), seen.dtype(), "{header}");
        }
    }

    #[test]
    fn files_that_are_damaged_are_refused_with_their_numbers() {
        let whole =
            file(&[1, 0], "{'descr': '<u2', 'fortran_order': False, 'shape': (3, 4), }", &[0; 24]);
        layout(&whole).expect("whole");
        for cut in 0..whole.len() {
            assert!(layout(&whole[..cut]).is_err(), "{cut}");
        }
        let big = usize::MAX;
        let rows = [
            ("{'descr': '|O', 'fortran_order': False, 'shape': (3,), }", "NumPy type string"),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (7,), }", "needs"),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': 'x', }", "no shape"),
            ("{'descr': '<f4', 'shape': (3,), }", "no fortran_order"),
            ("{'fortran_order': False, 'shape': (3,), }", "no descr"),
            ("[]", "no descr"),
            ("import os", "Python literal at byte 0"),
            (
                &format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({big}, {big}), }}"),
                "bytes or fewer",
            ),
        ];
        for (header, expected) in rows {
            let error = layout(&file(&[1, 0], header, &[0; 24])).expect_err(header).to_string();
            assert!(error.contains(expected), "{header}: {error}");
        }
        assert!(layout(&file(&[9, 0], "", &[])).is_err());
        let long = [b"\x93NUMPY".as_slice(), &[2, 0, 255, 255, 255, 255]].concat();
        assert!(matches!(layout(&long), Err(Error::Limit { .. })));
        let bf16 = View::from_slice(&[half::bf16::ONE], &[1]).and_then(|view| to_npy(&view));
        assert!(bf16.is_err(), "NumPy has no bf16");
    }

    /// A ZIP archive of one stored member, as `numpy.savez` writes it.
    fn archive(name: &str, data: &[u8], method: u8, large: bool) -> Vec<u8> {
        let len = u32::try_from(data.len()).expect("small").to_le_bytes();
        let (small, extra) = if large {
            let wide = u64::try_from(data.len()).expect("small").to_le_bytes();
            ([255; 4], [&[1, 0, 16, 0][..], &wide, &wide].concat())
        } else {
            (len, Vec::new())
        };
        let name_len = [u8::try_from(name.len()).expect("short"), 0];
        let extra_len = [u8::try_from(extra.len()).expect("short"), 0];
        let about = |out: &mut Vec<u8>| {
            out.extend([20, 0, 0, 0, method, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            out.extend([small, small].concat());
            out.extend([name_len, extra_len].concat());
        };
        let mut out = b"PK\x03\x04".to_vec();
        about(&mut out);
        out.extend([name.as_bytes(), &extra, data].concat());
        let start = u32::try_from(out.len()).expect("small").to_le_bytes();
        out.extend(b"PK\x01\x02\x14\x00");
        about(&mut out);
        out.extend([0; 14]);
        out.extend([name.as_bytes(), &extra].concat());
        out.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0\0\0\0\0");
        out.extend(start);
        out.extend([0, 0]);
        out
    }

    #[test]
    fn members_of_an_archive_are_seen_in_place() {
        let numbers = [1.5_f64, -2.0];
        let npy = to_npy(&View::from_slice(&numbers, &[2]).expect("2")).expect("f64");
        for large in [false, true] {
            let zip = archive("x.npy", &npy, 0, large);
            let found = members(&zip).expect("an archive");
            assert_eq!((found.len(), found[0].name()), (1, "x"));
            let place = found[0].layout(&zip).expect("a member");
            let buffer = Buffer::from_bytes(zip.clone(), DType::U8, &[zip.len()]).expect("bytes");
            let array = buffer.with_layout(place).expect("within");
            assert_eq!(array.view().to_vec::<f64>().expect("f64"), numbers);
            for cut in 0..zip.len() {
                let part = members(&zip[..cut]);
                assert!(part.is_err(), "{cut} of {}", zip.len());
            }
        }
        let packed = members(&archive("x.npy", &npy, 8, false));
        assert!(matches!(packed, Err(Error::Unsupported { .. })));
        assert!(members(&archive("read.me", b"hello", 0, false)).expect("an archive").is_empty());
        let other = Layout::contiguous(DType::U8, &[3]).expect("3");
        assert!(View::new(&npy[..2], other).is_err());
    }
}
