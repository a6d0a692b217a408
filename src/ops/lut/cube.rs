//! `.cube` files: Adobe, "Cube LUT Specification", version 1.0, and the input ranges of DaVinci Resolve.

use super::Table;
use crate::error::{Error, Result};

/// Reads the text of a file.
pub(super) fn read(text: &str) -> Result<Table> {
    let (mut low, mut high) = ([0.0; 3], [1.0; 3]);
    let mut sizes: [Option<usize>; 2] = [None; 2];
    let mut points: Vec<[f32; 3]> = Vec::new();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (number, line) in text.lines().enumerate() {
        let wrong = |problem: &str| damaged(format!("line {}: {problem}: {line:?}", number + 1));
        let mut words = line.split_whitespace();
        let Some(first) = words.next().filter(|word| !word.starts_with('#')) else { continue };
        let numbers = || line.split_whitespace().skip(1).map(str::parse::<f32>);
        let color = |numbers: Vec<f32>| <[f32; 3]>::try_from(numbers).ok();
        let argument = || numbers().collect::<std::result::Result<Vec<f32>, _>>().ok();
        match first {
            "TITLE" => {}
            "LUT_1D_SIZE" | "LUT_3D_SIZE" => {
                let size = words.next().and_then(|word| word.parse().ok());
                let size = size.ok_or_else(|| wrong("expected a whole number"))?;
                sizes[usize::from(first == "LUT_3D_SIZE")] = Some(size);
            }
            "DOMAIN_MIN" | "DOMAIN_MAX" => {
                let color =
                    argument().and_then(color).ok_or_else(|| wrong("expected three numbers"))?;
                *(if first == "DOMAIN_MIN" { &mut low } else { &mut high }) = color;
            }
            "LUT_1D_INPUT_RANGE" | "LUT_3D_INPUT_RANGE" => match argument().as_deref() {
                Some(&[from, to]) => (low, high) = ([from; 3], [to; 3]),
                _ => return Err(wrong("expected two numbers")),
            },
            _ => {
                let numbers = line.split_whitespace().map(str::parse::<f32>);
                let numbers = numbers.collect::<std::result::Result<Vec<f32>, _>>().ok();
                let most = Table::CUBE_MOST.pow(3);
                let point = numbers.and_then(color).filter(|_| points.len() < most);
                points.push(point.ok_or_else(|| wrong("expected a keyword or three numbers"))?);
            }
        }
    }
    match sizes {
        [Some(size), None] if size == points.len() => Table::curves(&points, low, high),
        [None, Some(size)] if size.checked_pow(3) == Some(points.len()) => {
            Table::cube(&points, low, high)
        }
        [None, None] => Err(damaged("no LUT_1D_SIZE or LUT_3D_SIZE".to_owned())),
        [Some(_), Some(_)] => Err(Error::Unsupported {
            what: ".cube: a file with curves and a cube".to_owned(),
            instead: "use two files, `lut` twice".to_owned(),
        }),
        _ => Err(damaged(format!("{} points do not fit the size", points.len()))),
    }
}

fn damaged(problem: String) -> Error {
    Error::Decode { format: ".cube", problem }
}

#[cfg(test)]
mod tests {
    use crate::op::param::ParamValue;
    use crate::ops::lut::Table;

    #[test]
    fn files_of_both_kinds_are_read() {
        let curves =
            "# made by hand\nTITLE \"warm\"\n\nLUT_1D_SIZE 2\nDOMAIN_MAX 2 2 2\n0 0 0\n1 0.5 .25\n";
        let table = Table::from_cube(curves).expect("a file");
        assert_eq!(table.print(), "1d:0,0,0:2,2,2:0,0,0/1,0.5,0.25");
        let points = "0 0 0\r\n1 0 0\r\n0 1 0\r\n1 1 0\r\n0 0 1\r\n1 0 1\r\n0 1 1\r\n1 1 1\r\n";
        let cube = format!("\u{feff}LUT_3D_SIZE 2\r\nLUT_3D_INPUT_RANGE -1 1\r\n{points}");
        let table = Table::from_cube(&cube).expect("a file");
        assert!(table.print().starts_with("3d:-1,-1,-1:1,1,1:0,0,0/1,0,0/"), "{}", table.print());
        assert_eq!(Table::parse(&table.print()), Some(table));
    }

    #[test]
    fn what_is_wrong_in_a_file_is_named_with_its_line() {
        for (text, want) in [
            ("", ".cube: no LUT_1D_SIZE or LUT_3D_SIZE"),
            ("LUT_1D_SIZE 3\n0 0 0\n1 1 1", ".cube: 2 points do not fit the size"),
            ("LUT_1D_SIZE x", ".cube: line 1: expected a whole number: \"LUT_1D_SIZE x\""),
            ("LUT_1D_SIZE 2\n0 0", ".cube: line 2: expected a keyword or three numbers: \"0 0\""),
            ("LUT_1D_SIZE 2\n0 0 0\n1 nan 1", "lut: table must be finite numbers"),
            ("LUT_1D_SIZE 2\nDOMAIN_MIN 1 0 0\n0 0 0\n1 1 1", "lut: table must be finite numbers"),
            ("LUT_3D_SIZE 1\n0 0 0", "lut: table must be a cube of 2 to 129 points a side"),
        ] {
            let error = Table::from_cube(text).expect_err(text).to_string();
            assert!(error.starts_with(want), "{text:?}: {error}");
        }
    }
}
