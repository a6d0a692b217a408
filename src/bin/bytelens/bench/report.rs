//! What was measured, as a table and as JSON.

use std::path::Path;
use std::time::SystemTime;

use bytelens::{Device, Error};
use serde_json::{Value, json};

use super::timing::Times;

/// One thing that was timed.
#[derive(Debug)]
pub(super) struct Row {
    group: &'static str,
    name: String,
    times: Times,
    /// Bytes read and written.
    bytes: Option<usize>,
    pixels: Option<usize>,
    /// Its speed as a share of a plain copy's.
    share: Option<f64>,
}

impl Row {
    pub(super) fn new(group: &'static str, name: String, times: Times) -> Self {
        Self { group, name, times, bytes: None, pixels: None, share: None }
    }

    /// Says how many bytes are read and written.
    pub(super) fn moving(self, bytes: usize) -> Self {
        Self { bytes: Some(bytes), ..self }
    }

    /// Says how many pixels the source has.
    pub(super) fn pixels(self, pixels: usize) -> Self {
        Self { pixels: Some(pixels), ..self }
    }

    /// Says how fast it is, as a share of a plain copy's speed.
    pub(super) fn share(self, share: f64) -> Self {
        Self { share: Some(share), ..self }
    }

    fn per_sec(&self, count: Option<usize>, unit: f64) -> Option<f64> {
        count.map(|count| count as f64 / self.times.median() / unit)
    }

    fn line(&self) -> String {
        let ms = |secs: f64| format!("{:.3}", secs * 1e3);
        let optional = |value: Option<f64>, digits: usize| {
            value.map_or_else(|| "-".to_owned(), |value| format!("{value:.digits$}"))
        };
        format!(
            "{:<44} {:>10} {:>10} {:>10} {:>9} {:>8} {:>7}\n",
            self.name,
            ms(self.times.median()),
            ms(self.times.least()),
            ms(self.times.most()),
            optional(self.per_sec(self.pixels, 1e6), 1),
            optional(self.per_sec(self.bytes, 1e9), 2),
            optional(self.share, 2),
        )
    }

    fn json(&self) -> Value {
        json!({
            "group": self.group,
            "name": self.name,
            "median_secs": self.times.median(),
            "least_secs": self.times.least(),
            "most_secs": self.times.most(),
            "bytes_moved": self.bytes,
            "pixels": self.pixels,
            "megapixels_per_sec": self.per_sec(self.pixels, 1e6),
            "gigabytes_per_sec": self.per_sec(self.bytes, 1e9),
            "share_of_copy": self.share,
        })
    }
}

/// All rows, and what they were measured on.
#[derive(Debug)]
pub(super) struct Report {
    about: Value,
    device: String,
    rows: Vec<Row>,
}

impl Report {
    pub(super) fn new(device: &Device, megapixels: f64, rounds: u16) -> Self {
        let about = json!({
            "bytelens": env!("CARGO_PKG_VERSION"),
            "date": date(SystemTime::now()),
            "system": format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            "threads": std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            "megapixels": megapixels,
            "rounds": rounds,
            "device": describe(device),
        });
        Self { about, device: device.to_string(), rows: Vec::new() }
    }

    /// Returns what stands above the table.
    pub(super) fn head(&self) -> String {
        let driver = self.about["device"]["driver"].as_str().unwrap_or_default();
        format!(
            "bytelens {}, {}\ndevice {} {driver}\n\n{:<44} {:>10} {:>10} {:>10} {:>9} {:>8} {:>7}\n",
            env!("CARGO_PKG_VERSION"),
            self.about["date"].as_str().unwrap_or_default(),
            self.device,
            "",
            "median ms",
            "least",
            "most",
            "MP/s",
            "GB/s",
            "share"
        )
    }

    /// Takes up a row, and returns its line.
    pub(super) fn add(&mut self, row: Row) -> String {
        let line = row.line();
        self.rows.push(row);
        line
    }

    /// Writes all to a file.
    ///
    /// # Errors
    /// [`Error::Io`] where it cannot be written.
    pub(super) fn write(&self, path: &Path) -> Result<(), Error> {
        let mut all = self.about.clone();
        all["rows"] = self.rows.iter().map(Row::json).collect();
        std::fs::write(path, format!("{all:#}\n")).map_err(|source| Error::Io {
            action: "write",
            path: path.to_owned(),
            source,
        })
    }
}

#[cfg(feature = "gpu")]
fn describe(device: &Device) -> Value {
    match device.as_gpu().map(|gpu| gpu.report()) {
        Some(gpu) => json!({
            "name": gpu.name,
            "kind": gpu.kind.to_string(),
            "driver": gpu.driver,
            "backend": gpu.backend,
        }),
        None => json!({ "name": device.to_string(), "kind": "cpu" }),
    }
}

#[cfg(not(feature = "gpu"))]
fn describe(device: &Device) -> Value {
    json!({ "name": device.to_string(), "kind": "cpu" })
}

/// The day of a time, in UTC, as `2026-11-25`.
fn date(time: SystemTime) -> String {
    let secs = time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": eras of 400 years from March.
    let days = secs / 86_400 + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (year, month) = (year + era * 400 + u64::from(month >= 10), (month + 2) % 12 + 1);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::date;
    use std::time::{Duration, SystemTime};

    #[test]
    fn days_are_those_of_the_calendar() {
        let table = [
            (0, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_735_689_599, "2024-12-31"),
            (1_795_564_800, "2026-11-25"),
        ];
        for (secs, wanted) in table {
            assert_eq!(date(SystemTime::UNIX_EPOCH + Duration::from_secs(secs)), wanted);
        }
    }
}
