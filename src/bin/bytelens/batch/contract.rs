//! The arguments of `bytelens batch` about what is accounted for, and within which bounds.

use std::path::PathBuf;
use std::time::Duration;

use bytelens::batch::Template;

/// What is accounted for, and within which bounds.
#[derive(Debug, clap::Args)]
pub(crate) struct Contract {
    /// Take further inputs from a file, a name on each line (or each before a NUL byte); `-` is standard input
    ///
    /// With `--recursive` the folders in the names are kept below the output folder.
    #[arg(long, value_name = "FILE")]
    pub(super) files_from: Option<PathBuf>,

    /// Name outputs by a template of text and {dir} {stem} {ext} {width} {height} {hash} {index}
    ///
    /// For example '{dir}/{stem}-{width}.{ext}'. The path is below the output folder. {width} and {height} are
    /// the output's (tars and their members keep their names), {hash} is of the input's content, {index} counts the inputs from 000001, {{ is a brace.
    #[arg(long, value_name = "TEMPLATE")]
    pub(super) name: Option<Template>,

    /// Write a line of JSON for each picture to a file, once its output has its name
    ///
    /// `bytelens verify FILE` compares it with the files that there are.
    #[arg(long, value_name = "FILE")]
    pub(super) report: Option<PathBuf>,

    /// Go on with the run that the report tells of: leave what is done, do the rest, try again what failed
    ///
    /// A picture is left where the content of its file, what is to be done, and the name and content of its
    /// output are as they were; times do not count.
    #[arg(long, requires = "report")]
    pub(super) resume: bool,

    /// What to do with a picture that cannot be made: fail, skip, or quarantine=DIR
    ///
    /// `fail` counts it as failed, `skip` as skipped, `quarantine=DIR` puts a copy of it into a folder. The
    /// others are done in any case.
    #[arg(long, value_name = "WHAT", default_value = "fail", value_parser = on_error)]
    pub(super) on_error: OnError,

    /// Take damaged JPEG files as far as they go, and mark their outputs in the report
    #[arg(long)]
    pub(super) lenient: bool,

    /// How much memory the pictures in work may need together, as 512MiB or 2GB
    ///
    /// It is estimated from the heads of the files. A picture that needs more goes alone.
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    pub(super) memory: Option<u64>,

    /// How many seconds a picture may take, without its writing
    #[arg(long, value_name = "SECS", value_parser = seconds)]
    pub(super) timeout: Option<Duration>,

    /// Print what would be done and what it would take, and write nothing
    ///
    /// Sizes and memory are told from the heads of the files, time from three of them, which are done.
    #[arg(long, conflicts_with = "explain")]
    pub(super) dry_run: bool,

    /// Write a contact sheet: a page with the first hundred pictures before and after, all failures with their
    /// reasons, and where the time went
    #[arg(long, value_name = "FILE")]
    pub(super) html: Option<PathBuf>,

    /// Print what came of it as an object of JSON on standard output
    #[arg(long)]
    pub(super) json: bool,
}

/// What is done with a picture that cannot be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OnError {
    Fail,
    Skip,
    Quarantine(PathBuf),
}

fn on_error(text: &str) -> Result<OnError, String> {
    match (text, text.strip_prefix("quarantine=")) {
        ("fail", _) => Ok(OnError::Fail),
        ("skip", _) => Ok(OnError::Skip),
        (_, Some(folder)) if !folder.is_empty() => Ok(OnError::Quarantine(folder.into())),
        _ => Err("expected fail, skip, or quarantine=DIR".to_owned()),
    }
}

/// Reads an amount of memory.
fn bytes(text: &str) -> Result<u64, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = (&text[..digits], text[digits..].trim());
    let factor: u64 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => 1000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        _ => return Err("expected a number and B, kB, MB, GB, KiB, MiB or GiB".to_owned()),
    };
    let wrong = || "expected a size above 0, like 512MiB".to_owned();
    let size = number.parse::<f64>().map_err(|_| wrong())? * factor as f64;
    if !(1.0..1e18).contains(&size) {
        return Err(wrong());
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to 1e18")]
    Ok(size as u64)
}

fn seconds(text: &str) -> Result<Duration, String> {
    let number = text.parse::<f64>().ok().filter(|secs| *secs > 0.0);
    let time = number.and_then(|secs| Duration::try_from_secs_f64(secs).ok());
    time.ok_or_else(|| "expected a number of seconds above 0".to_owned())
}

#[cfg(test)]
mod tests {
    use super::{OnError, bytes, on_error, seconds};

    #[test]
    fn amounts_have_units_and_are_above_nothing() {
        for (text, want) in [
            ("512MiB", Some(512 << 20)),
            ("1.5 GB", Some(1_500_000_000)),
            ("64k", Some(65_536)),
            ("1000", Some(1000)),
            ("0", None),
            ("much", None),
            ("5 parsecs", None),
            ("99999999999GiB", None),
        ] {
            assert_eq!(bytes(text).ok(), want, "{text}");
        }
        assert_eq!(seconds("2.5").ok(), Some(std::time::Duration::from_millis(2500)));
        assert!(["0", "-1", "nan", "inf", ""].iter().all(|text| seconds(text).is_err()));
        assert_eq!(on_error("quarantine=bad"), Ok(OnError::Quarantine("bad".into())));
        assert!(["quarantine=", "quarantine", "stop"].iter().all(|text| on_error(text).is_err()));
    }
}
