//! Format string → element type: one pass from left to right, no backtracking.

use crate::dtype::{ByteOrder, DType, Kind};
use crate::error::{Error, Result};
use std::ffi::{c_int, c_long, c_short};

impl DType {
    /// Reads a PEP 3118 format string, as `memoryview.format` and `struct` have it.
    ///
    /// ```
    /// use bytelens::DType;
    ///
    /// assert_eq!(DType::from_format("<H")?.to_string(), "u16");
    /// assert_eq!(DType::from_format("T{<i:id:(2)>f:at:}")?.to_string(), "{id: i32, at: f32be[2]}");
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A string that is no format, with the place; a type without bytes to view; a struct too large.
    pub fn from_format(text: &str) -> Result<Self> {
        let mode = Mode { order: ByteOrder::NATIVE, native_sizes: true, aligned: true };
        let mut parser = Parser { text, rest: text, mode };
        let Items { mut items, size, .. } = parser.items(0)?;
        if !parser.rest.is_empty() {
            return Err(parser.wrong("the end of the format"));
        }
        match items.pop() {
            None => Err(parser.wrong("an element type")),
            // One item without a name is itself; several are an unnamed struct.
            Some((item, 0))
                if items.is_empty() && item.name.is_none() && item.dtype.size() == size =>
            {
                Ok(item.dtype)
            }
            Some(last) => {
                items.push(last);
                structure(items, size)
            }
        }
    }
}

/// How the sizes and places of what follows are found.
#[derive(Clone, Copy)]
struct Mode {
    order: ByteOrder,
    /// Sizes are those of C on this machine, not the standard ones.
    native_sizes: bool,
    aligned: bool,
}

impl Mode {
    fn from_mark(mark: char) -> Option<Self> {
        let (order, native_sizes, aligned) = match mark {
            '@' => (ByteOrder::NATIVE, true, true),
            '^' => (ByteOrder::NATIVE, true, false),
            '=' => (ByteOrder::NATIVE, false, false),
            '<' => (ByteOrder::Little, false, false),
            '>' | '!' => (ByteOrder::Big, false, false),
            _ => return None,
        };
        Some(Self { order, native_sizes, aligned })
    }
}

/// Structs inside structs that are followed, so that no input exhausts the stack.
const MAX_DEPTH: usize = 32;

/// An element type, its alignment in C, and its name.
struct Item {
    dtype: DType,
    align: usize,
    name: Option<String>,
}

/// Items with their offsets, and the size and alignment of all together.
struct Items {
    items: Vec<(Item, usize)>,
    size: usize,
    align: usize,
}

struct Parser<'t> {
    text: &'t str,
    rest: &'t str,
    mode: Mode,
}

fn structure(items: Vec<(Item, usize)>, size: usize) -> Result<DType> {
    let name = |at: usize, item: &Item| item.name.clone().unwrap_or_else(|| format!("f{at}"));
    let names: Vec<String> =
        items.iter().enumerate().map(|(at, (item, _))| name(at, item)).collect();
    let fields: Vec<(&str, DType, usize)> = names
        .iter()
        .zip(items)
        .map(|(name, (item, offset))| (name.as_str(), item.dtype, offset))
        .collect();
    DType::struct_at(&fields, size)
}

impl Parser<'_> {
    /// Reads items up to `}` or the end.
    fn items(&mut self, depth: usize) -> Result<Items> {
        if depth > MAX_DEPTH {
            return Err(self.wrong(&format!("structs nested {MAX_DEPTH} deep or less")));
        }
        let (mut items, mut size, mut align) = (Vec::new(), 0_usize, 1);
        loop {
            self.rest = self.rest.trim_start();
            match self.rest.chars().next() {
                None | Some('}') => break,
                Some(mark) => {
                    if let Some(mode) = Mode::from_mark(mark) {
                        self.skip(mark);
                        self.mode = mode;
                        continue;
                    }
                }
            }
            let shape = self.shape()?;
            // NumPy puts the byte order of a sub-array's elements here.
            if let Some(mode) = self.rest.chars().next().and_then(Mode::from_mark) {
                self.next();
                self.mode = mode;
            }
            let count = self.number()?;
            let Some(code) = self.next() else {
                return Err(self.wrong("a type code"));
            };
            if code == 'x' {
                size = self.grown(size, count.unwrap_or(1))?;
                continue;
            }
            let item = self.item(code, count, &shape, depth)?;
            let at = if self.mode.aligned { size.next_multiple_of(item.align) } else { size };
            align = align.max(item.align);
            size = self.grown(at, item.dtype.size())?;
            items.push((item, at));
        }
        Ok(Items { items, size, align })
    }

    fn item(
        &mut self,
        code: char,
        count: Option<usize>,
        shape: &[usize],
        depth: usize,
    ) -> Result<Item> {
        let of_count = |count: Option<usize>| u32::try_from(count.unwrap_or(1)).ok();
        let (one, align, repeats) = match code {
            's' | 'w' => {
                let Some(n) = of_count(count) else {
                    return Err(self.wrong("a shorter text"));
                };
                let text = if code == 's' { DType::bytes(n) } else { DType::text(n) };
                (text, if code == 's' { 1 } else { 4 }, false)
            }
            'T' => {
                self.expect('{')?;
                let Items { items, size, align } = self.items(depth + 1)?;
                self.expect('}')?;
                let size = if self.mode.aligned { size.next_multiple_of(align) } else { size };
                // A byte order set inside goes on outside, as in NumPy's reader and writer.
                (structure(items, size)?, align, true)
            }
            'Z' => {
                let dtype = match self.next() {
                    Some('f') => DType::C64,
                    Some('d') => DType::C128,
                    _ => return Err(self.wrong("Zf or Zd for a complex number")),
                };
                let align = dtype.size() / 2;
                (dtype, align, true)
            }
            code => {
                let dtype = self.number_of(code)?;
                let align = dtype.size();
                (dtype, align, true)
            }
        };
        let one = if code == 'T' { one } else { one.with_order(self.mode.order) };
        let counted = match count {
            Some(count) if repeats && (count != 1 || !shape.is_empty()) => {
                DType::array(&one, &[count])?
            }
            _ => one,
        };
        let dtype = DType::array(&counted, shape)?;
        Ok(Item { dtype, align, name: self.name()? })
    }

    /// The number that one character stands for.
    fn number_of(&self, code: char) -> Result<DType> {
        let native = self.mode.native_sizes;
        let sized = |kind, standard: usize, c: usize| {
            let size = if native { c } else { standard };
            let fits = |dtype: &&DType| dtype.kind() == kind && dtype.size() == size;
            DType::NUMBERS.iter().find(fits).cloned()
        };
        let dtype = match code {
            '?' => Some(DType::BOOL),
            'c' => Some(DType::bytes(1)),
            'b' => Some(DType::I8),
            'B' => Some(DType::U8),
            'h' => sized(Kind::Int, 2, size_of::<c_short>()),
            'H' => sized(Kind::Uint, 2, size_of::<c_short>()),
            'i' => sized(Kind::Int, 4, size_of::<c_int>()),
            'I' => sized(Kind::Uint, 4, size_of::<c_int>()),
            'l' => sized(Kind::Int, 4, size_of::<c_long>()),
            'L' => sized(Kind::Uint, 4, size_of::<c_long>()),
            'q' => Some(DType::I64),
            'Q' => Some(DType::U64),
            'n' if native => sized(Kind::Int, 8, size_of::<isize>()),
            'N' | 'P' if native => sized(Kind::Uint, 8, size_of::<usize>()),
            'e' => Some(DType::F16),
            'f' => Some(DType::F32),
            'd' => Some(DType::F64),
            // What `struct` of Python 3.14 alone calls complex numbers.
            'F' => Some(DType::C64),
            'D' => Some(DType::C128),
            _ => None,
        };
        let refused = match code {
            'O' => "a Python object",
            '&' => "a pointer",
            'X' => "a function pointer",
            't' => "a bit field",
            'g' => "a long double",
            'p' => "a Pascal string",
            'u' => "UCS-2 text",
            _ => return dtype.ok_or_else(|| self.wrong("a type code")),
        };
        Err(Error::Unsupported {
            what: format!("{refused} ({code:?}) in format {}", start_of(self.text, 60)),
            instead: "cast the bytes to another type".to_owned(),
        })
    }

    /// `(2,3)` before an item.
    fn shape(&mut self) -> Result<Vec<usize>> {
        let mut shape = Vec::new();
        if !self.skip('(') {
            return Ok(shape);
        }
        loop {
            self.rest = self.rest.trim_start();
            let Some(len) = self.number()? else {
                return Err(self.wrong("a length"));
            };
            shape.push(len);
            self.rest = self.rest.trim_start();
            if self.skip(')') {
                return Ok(shape);
            }
            self.expect(',')?;
        }
    }

    /// `:name:` after an item.
    fn name(&mut self) -> Result<Option<String>> {
        if !self.skip(':') {
            return Ok(None);
        }
        let Some((name, rest)) = self.rest.split_once(':') else {
            return Err(self.wrong("a colon after the name"));
        };
        self.rest = rest;
        Ok(Some(name.to_owned()))
    }

    fn number(&mut self) -> Result<Option<usize>> {
        let end = self.rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(end);
        if digits.is_empty() {
            return Ok(None);
        }
        let number = digits.parse().map_err(|_| self.wrong("a smaller number"))?;
        self.rest = rest;
        Ok(Some(number))
    }

    fn grown(&self, size: usize, by: usize) -> Result<usize> {
        let sum = size.checked_add(by).filter(|sum| *sum <= isize::MAX.unsigned_abs() / 2);
        sum.ok_or_else(|| self.wrong("a smaller struct"))
    }

    fn next(&mut self) -> Option<char> {
        let next = self.rest.chars().next()?;
        self.skip(next);
        Some(next)
    }

    fn skip(&mut self, expected: char) -> bool {
        let rest = self.rest.strip_prefix(expected);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn expect(&mut self, expected: char) -> Result<()> {
        if self.skip(expected) { Ok(()) } else { Err(self.wrong(&format!("{expected:?}"))) }
    }

    fn wrong(&self, expected: &str) -> Error {
        let place = self.text.len() - self.rest.len();
        let (text, got) = (start_of(self.text, 60), start_of(self.rest, 20));
        Error::dtype(format!("format {text} at byte {place}"), expected, got)
    }
}

/// The start of a text in quotes, for a message that no input makes long.
fn start_of(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}
