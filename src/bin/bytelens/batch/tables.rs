//! Files named in a pipeline: the tables of `lut @FILE`.
//!
//! The library's ops read no files; this puts what a file says in place of its name, before the pipeline is
//! read. It knows no op but the one that takes a table.

use std::path::Path;

use bytelens::op::param::ParamValue;
use bytelens::ops::lut::Table;
use bytelens::{Limits, codec};

use super::files;

/// Returns a pipeline's text with each `@FILE` of a `lut` replaced by the table that the file holds.
pub(crate) fn put_in(text: &str, limits: &Limits) -> Result<String, String> {
    let ops: Result<Vec<_>, _> = text.split('|').map(|op| put_in_op(op, limits)).collect();
    Ok(ops?.join("|"))
}

fn put_in_op(op: &str, limits: &Limits) -> Result<String, String> {
    let mut words = op.split_whitespace();
    if words.next() != Some("lut") || !op.contains('@') {
        return Ok(op.to_owned());
    }
    let word = |word: &str| match word.split_once('@') {
        Some((name @ ("" | "table="), path)) => {
            let table =
                read(Path::new(path), limits).map_err(|error| format!("lut @{path}: {error}"))?;
            Ok(format!("{name}{}", table.print()))
        }
        _ => Ok(word.to_owned()),
    };
    let words: Result<Vec<_>, String> = words.map(word).collect();
    Ok(format!(" lut {} ", words?.join(" ")))
}

/// Reads a `.cube` file by its ending, and anything else as a Hald picture.
fn read(path: &Path, limits: &Limits) -> Result<Table, String> {
    let bytes = files::read(path, limits)?;
    let text = |error: bytelens::Error| error.to_string();
    if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("cube")) {
        // Titles and comments may be in any encoding.
        return Table::from_cube(&String::from_utf8_lossy(&bytes)).map_err(text);
    }
    codec::decode(&bytes, limits).and_then(|image| Table::from_hald(&image)).map_err(text)
}
