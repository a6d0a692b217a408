//! Files named in a pipeline: the tables of `lut @FILE`, the pictures of `overlay @FILE`, the fonts of `text`.
//!
//! The library's ops read no files; this puts what a file says in place of its name, before the pipeline is
//! read. It knows no ops but those that take what is in a file.

use std::path::Path;

use bytelens::op::param::ParamValue;
use bytelens::op::picture::Picture;
use bytelens::ops::lut::Table;
use bytelens::ops::text::Font;
use bytelens::pipeline::quotes;
use bytelens::{Limits, batch, codec};

use crate::srgb;

/// A parameter that may be `@FILE`.
struct FromFile {
    op: &'static str,
    param: &'static str,
    /// Whether it is the op's first parameter, which needs no name.
    is_first: bool,
    read: Read,
}

/// Reads a file's bytes, and returns the text form of what they are.
type Read = fn(&Path, &[u8], &Limits) -> Result<String, String>;

const FROM_FILES: &[FromFile] = &[
    FromFile { op: "lut", param: "table", is_first: true, read: table },
    FromFile { op: "overlay", param: "picture", is_first: true, read: picture },
    FromFile { op: "mask", param: "picture", is_first: true, read: picture },
    FromFile { op: "text", param: "font", is_first: false, read: font },
];

/// Returns a pipeline's text with each `@FILE` replaced by what the file holds.
pub(crate) fn put_in(text: &str, limits: &Limits) -> Result<String, String> {
    let ops = quotes::split(text, |c| c == '|').map(|op| put_in_op(op, limits));
    Ok(ops.collect::<Result<Vec<_>, _>>()?.join("|"))
}

fn put_in_op(op: &str, limits: &Limits) -> Result<String, String> {
    let mut words = quotes::split(op, char::is_whitespace).filter(|word| !word.is_empty());
    let name = words.next().unwrap_or_default();
    let Some(from) = FROM_FILES.iter().find(|from| from.op == name && op.contains('@')) else {
        return Ok(op.to_owned());
    };
    let words = words.map(|word| put_in_word(word, from, limits));
    Ok(format!(" {name} {} ", words.collect::<Result<Vec<_>, _>>()?.join(" ")))
}

fn put_in_word(word: &str, from: &FromFile, limits: &Limits) -> Result<String, String> {
    let named = word.strip_prefix(from.param).and_then(|value| value.strip_prefix('='));
    let value = named.or((from.is_first).then_some(word));
    // A name with spaces is in quotes: "@my logo.png".
    let value = value.and_then(quotes::unquoted);
    let Some(path) = value.as_deref().and_then(|value| value.strip_prefix('@')) else {
        return Ok(word.to_owned());
    };
    let bytes = batch::read(Path::new(path), limits).map_err(|error| batch::cause(&error));
    let text = bytes.and_then(|bytes| (from.read)(Path::new(path), &bytes, limits));
    let text = text.map_err(|error| format!("{} @{path}: {error}", from.op))?;
    Ok(if named.is_some() { format!("{}={text}", from.param) } else { text })
}

/// Reads a `.cube` file by its ending, and anything else as a Hald picture.
fn table(path: &Path, bytes: &[u8], limits: &Limits) -> Result<String, String> {
    if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("cube")) {
        // Titles and comments may be in any encoding.
        let table = Table::from_cube(&String::from_utf8_lossy(bytes));
        return table.map(|table| table.print()).map_err(|error| error.to_string());
    }
    let table = codec::decode(bytes, limits).and_then(|image| Table::from_hald(&image));
    table.map(|table| table.print()).map_err(|error| error.to_string())
}

fn picture(_: &Path, bytes: &[u8], limits: &Limits) -> Result<String, String> {
    let picture =
        codec::decode(bytes, limits).and_then(|image| Picture::new(&srgb::upright(&image)?));
    picture.map(|picture| picture.print()).map_err(|error| error.to_string())
}

fn font(_: &Path, bytes: &[u8], _: &Limits) -> Result<String, String> {
    Ok(Font::from_bytes(bytes).print())
}
