//! Does work on a GPU for `device.py`: asked on standard input, answered on standard output.
//!
//! It begins with the name of the adapter, and then the names of the rows, a line each, and an empty one.
//! The name of a row makes what it needs ready and is answered with the names of those that do it,
//! between tabs. The name of one of them is answered with the seconds it takes.

mod hand;
mod transfers;

use std::error::Error;
use std::io::{BufRead, Write};
use std::time::Instant;

use transfers::{Bench, ROWS, Work};

fn main() -> Result<(), Box<dyn Error>> {
    let bench = Bench::open()?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", bench.gpu.name())?;
    for row in ROWS {
        writeln!(out, "{}\t{}", row.name, row.bytes)?;
    }
    writeln!(out)?;
    let mut works: Vec<(&str, Work)> = Vec::new();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let answer = if let Some(row) = ROWS.iter().find(|row| row.name == line) {
            // The memory of one row makes room for that of the next.
            works = Vec::new();
            works.extend(row.works(&bench)?);
            works.iter().map(|(name, _)| *name).collect::<Vec<_>>().join("\t")
        } else {
            let work = works.iter_mut().find(|(name, _)| *name == line);
            let (_, work) =
                work.ok_or_else(|| format!("neither a row nor one who does it: {line}"))?;
            let start = Instant::now();
            work()?;
            start.elapsed().as_secs_f64().to_string()
        };
        writeln!(out, "{answer}")?;
    }
    Ok(())
}
