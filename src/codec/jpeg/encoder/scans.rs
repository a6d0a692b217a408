//! The scans of a file: symbols of blocks, tables for them, headers, bytes.

use std::io::Write;

use super::super::FORMAT;
use super::super::frame::{Frame, Scan};
use super::super::store::Store;
use super::codes::{Definition, Table};
use super::sequential::{GROUP, Sequential};
use super::symbols::{Tokens, optimal};
use super::{bits, headers, progressive};
use crate::error::{Error, Result};
use crate::simd::Level;

/// What the scans of a file have in common.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scans<'a> {
    pub(super) frame: &'a Frame,
    pub(super) restart_interval: usize,
    pub(super) level: Level,
}

impl Scans<'_> {
    /// Writes the one scan of a sequential picture. `fill` makes the blocks of a group of units, in a row of
    /// them and from one on.
    pub(super) fn sequential(
        &self,
        is_fitted: bool,
        mut fill: impl FnMut(usize, usize, &mut Sequential) -> Result<()>,
        out: &mut dyn Write,
    ) -> Result<()> {
        let frame = self.frame;
        let scan = Scan {
            huffman: Vec::new(),
            restart_interval: self.restart_interval,
            members: (0..frame.components.len()).map(progressive::member).collect(),
            spectral: [0, 63],
            approximation: [0, 0],
            data: &[],
            at: 0,
        };
        let mut codes = None;
        if !is_fitted {
            let mut tables = Vec::new();
            for number in 0..frame.components.len().min(2) {
                for is_ac in [false, true] {
                    tables.push((is_ac, number, Definition::typical(is_ac, number == 1)));
                }
            }
            codes = Some(send_head(out, self.frame, &scan, &tables, true)?);
        }
        let mut coder = Sequential::new(frame, &scan, codes);
        let (units, rows) = frame.units();
        for row in 0..rows {
            for first in (0..units).step_by(GROUP) {
                fill(row, first, &mut coder)?;
                coder.code(self.level, GROUP.min(units - first));
            }
            send(out, coder.bytes())?;
        }
        let (bytes, tokens) = coder.finish();
        send(out, &bytes)?;
        if is_fitted { self.fitted(&scan, &tokens, true, out) } else { Ok(()) }
    }

    /// Writes the scans of a progressive picture.
    pub(super) fn progressive(&self, stores: &[Store], out: &mut dyn Write) -> Result<()> {
        let (frame, interval) = (self.frame, self.restart_interval);
        let mut tokens = Tokens::default();
        for (number, scan) in progressive::script(stores.len(), interval).iter().enumerate() {
            progressive::code(self.level, frame, scan, stores, &mut tokens);
            self.fitted(scan, &tokens, number == 0, out)?;
        }
        Ok(())
    }

    /// Writes a scan with the codes that are best for its symbols.
    fn fitted(
        &self,
        scan: &Scan<'_>,
        tokens: &Tokens,
        is_first: bool,
        out: &mut dyn Write,
    ) -> Result<()> {
        let counts = tokens.counts();
        let mut tables = Vec::new();
        for number in 0..2 {
            for is_ac in [false, true] {
                let table = optimal(&counts, is_ac, number);
                tables.extend(table.map(|table| (is_ac, number, table)));
            }
        }
        let codes = send_head(out, self.frame, scan, &tables, is_first)?;
        tokens.write(self.level, &codes, &mut bits::Writer::new(), |bytes| send(out, bytes))
    }
}

/// Sends the header of a scan and its tables, and returns their codes.
fn send_head(
    out: &mut dyn Write,
    frame: &Frame,
    scan: &Scan<'_>,
    tables: &[headers::Numbered],
    is_first: bool,
) -> Result<Table> {
    let (mut head, mut codes) = (Vec::new(), Table::new());
    headers::scan(&mut head, frame, scan, tables, is_first)?;
    tables.iter().for_each(|(is_ac, number, table)| table.put(&mut codes, *is_ac, *number));
    send(out, &head)?;
    Ok(codes)
}

/// Hands bytes to the writer.
pub(super) fn send(out: &mut dyn Write, bytes: &[u8]) -> Result<()> {
    out.write_all(bytes).map_err(|error| Error::Encode {
        format: FORMAT,
        problem: format!("the writer failed, so that the file is not whole: {error}"),
    })
}
