//! Statistics as text and as JSON.

use std::fmt::Write;
use std::path::Path;

use bytelens::image::{Alpha, Color, Transfer};
use bytelens::stats::{Channel, PERCENTILES, Stats};
use serde_json::{Map, Value, json};

use crate::stop::shown;

/// Returns a table: a line on the picture, and one for each channel.
pub(super) fn text(path: &Path, stats: &Stats) -> String {
    let Stats { width, height, dtype, .. } = stats;
    let alpha = if stats.format.has_alpha() { "+alpha" } else { "" };
    let mut text = format!("{}: {width}x{height} {}{alpha} {dtype}", shown(path), color(stats));
    // Text in memory takes all that is written to it, here and below.
    if stats.transparent > 0 {
        let _ = write!(text, ", {} transparent pixels left out", stats.transparent);
    }
    let _ = write!(text, "\n  {:<6}", "");
    for name in ["min", "max", "mean", "deviation"] {
        let _ = write!(text, " {name:>10}");
    }
    for percent in PERCENTILES {
        let _ = write!(text, " {:>10}", format!("{percent}%"));
    }
    text.push('\n');
    for channel in &stats.channels {
        text.push_str(&line(channel));
    }
    text
}

fn line(channel: &Channel) -> String {
    let mut text = format!("  {:<6}", channel.name);
    match &channel.summary {
        Some(summary) => {
            let first = [summary.min, summary.max, summary.mean, summary.deviation];
            let ranked = summary.percentiles.iter().map(|(_, number)| *number);
            for number in first.into_iter().chain(ranked) {
                let _ = write!(text, " {:>10}", short(number));
            }
        }
        None => text.push_str("   no numbers"),
    }
    for (count, what) in [(channel.nan, "no number"), (channel.infinite, "without bound")] {
        if count > 0 {
            let _ = write!(text, "  {count} {what}");
        }
    }
    text + "\n"
}

/// A number in ten characters: whole numbers as they are, others with six digits.
fn short(number: f64) -> String {
    let size = number.abs();
    if number == number.trunc() && size < 1e9 {
        return number.to_string();
    }
    if !(1e-3..1e6).contains(&size) {
        return format!("{number:.3e}");
    }
    let digits = if size >= 100.0 { 2 } else { 4 };
    format!("{number:.digits$}")
}

fn color(stats: &Stats) -> &'static str {
    match stats.format.color {
        Color::Gray => "gray",
        Color::Rgb => "rgb",
    }
}

/// Returns all of it, with histograms.
pub(super) fn json(path: &Path, stats: &Stats) -> Value {
    let channels: Vec<Value> = stats.channels.iter().map(channel).collect();
    json!({
        "file": shown(path),
        "width": stats.width,
        "height": stats.height,
        "dtype": stats.dtype.to_string(),
        "color": color(stats),
        "alpha": match stats.format.alpha {
            Alpha::None => Value::Null,
            Alpha::Straight => "straight".into(),
            Alpha::Premultiplied => "premultiplied".into(),
        },
        "transfer": match stats.format.transfer {
            Transfer::Srgb => "srgb",
            Transfer::Linear => "linear",
        },
        "transparent": stats.transparent,
        "channels": channels,
    })
}

/// A channel without numbers has `null` for each of them.
fn channel(channel: &Channel) -> Value {
    let summary = channel.summary.as_ref();
    let percentiles: Option<Map<String, Value>> = summary.map(|summary| {
        let named = |(percent, number): &(f64, f64)| (percent.to_string(), (*number).into());
        summary.percentiles.iter().map(named).collect()
    });
    json!({
        "name": channel.name,
        "count": channel.count,
        "nan": channel.nan,
        "infinite": channel.infinite,
        "min": summary.map(|summary| summary.min),
        "max": summary.map(|summary| summary.max),
        "mean": summary.map(|summary| summary.mean),
        "deviation": summary.map(|summary| summary.deviation),
        "percentiles": percentiles,
        "histogram": summary.map(|summary| json!({
            "low": summary.histogram.low,
            "high": summary.histogram.high,
            "counts": summary.histogram.counts,
        })),
    })
}
