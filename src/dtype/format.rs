//! PEP 3118 format strings, read and written.
//!
//! ```text
//!   <f            little-endian f32               (2,3)h        sub-array
//!   T{<i:id:xx>d:t:}   struct of a little- and a big-endian field with two bytes of padding
//! ```
//!
//! The grammar is read whole: byte orders `@ = < > ! ^`, counts, shapes, names, nested structs, and
//! native sizes and alignment under `@`. What has no fixed bytes to view (pointers to objects and
//! functions, bit fields, `long double`) is refused by name.
//!
//! Not here: any value. This is about types alone.

mod read;
mod write;

#[cfg(test)]
mod tests {
    use crate::dtype::{ByteOrder, DType};

    #[test]
    fn formats_are_read_as_their_writers_mean_them() {
        // memoryview.md 1.13, `struct`, ctypes (T{<…}) and NumPy exporters.
        let rows = [
            ("B", "u8", 1),
            ("@i", "i32", 4),
            ("<i", "i32", 4),
            (">i", "i32be", 4),
            ("!H", "u16be", 2),
            ("=l", "i32", 4),
            ("Zd", "c128", 16),
            ("?", "bool", 1),
            ("5s", "bytes5", 5),
            (">3w", "text3be", 12),
            ("c", "bytes1", 1),
            ("3h", "i16[3]", 6),
            ("(2,3)h", "i16[2, 3]", 12),
            ("(2)3h", "i16[2, 3]", 12),
            ("T{<i:id:=d:at:}", "{id: i32, at: f64}", 12),
            ("T{b:a:i:b:}", "{a: i8, b: i32 @4}", 8),
            ("T{<b:a:<i:b:}", "{a: i8, b: i32}", 5),
            ("T{i:a:b:b:}", "{a: i32, b: i8}/8", 8),
            ("T{B:a:3xI:b:}", "{a: u8, b: u32 @4}", 8),
            ("T{T{>h:x:}:p:h:y:}", "{p: {x: i16be}, y: i16be}", 4),
            ("bi", "{f0: i8, f1: i32 @4}", 8),
            (" < i ", "i32", 4),
        ];
        for (format, name, size) in rows {
            let dtype = DType::from_format(format).expect(format);
            assert_eq!((dtype.to_string().as_str(), dtype.size()), (name, size), "{format}");
        }
    }

    #[test]
    fn every_type_comes_back_from_its_format() {
        let mut types: Vec<DType> = DType::NUMBERS.into();
        let texts =
            ["5s", ">3w", "(2,3)>h", "T{<i:a:>d:b:}", "T{T{>h:x:}:p:<h:y:B:z:}", "T{b:a:i:b:}"];
        types.extend(texts.map(|text| DType::from_format(text).expect(text)));
        types.retain(|dtype| *dtype != DType::BF16);
        for dtype in types {
            for dtype in [dtype.with_order(ByteOrder::Big), dtype] {
                let format = dtype.format().expect("a type with a format");
                assert_eq!(DType::from_format(&format).expect(&format), dtype, "{format}");
            }
        }
    }

    #[test]
    fn what_is_no_format_is_refused_with_its_place() {
        // Far deeper than any stack, but for Miri, which has the day to end.
        let deep = "T{".repeat(if cfg!(miri) { 40 } else { 100_000 });
        let rows = [
            ("", "an element type"),
            ("y", "a type code"),
            ("T{i:a:", "'}'"),
            ("(2h", "','"),
            ("(2,h", "a length"),
            ("T{i:a}", "a colon"),
            ("99999999999999999999i", "a smaller number"),
            ("9999999999s", "a shorter text"),
            ("9223372036854775807x9223372036854775807x", "a smaller struct"),
            ("4611686018427387904d", "or fewer"),
            ("O", "a Python object"),
            ("g", "a long double"),
            ("<n", "a type code"),
            ("i}", "the end"),
            ("T{i:a:i:a:}", "distinct"),
            (deep.as_str(), "nested"),
        ];
        for (format, expected) in rows {
            let error = DType::from_format(format).expect_err(expected).to_string();
            assert!(error.contains(expected) && error.len() < 300, "{expected}: {error}");
        }
    }
}
