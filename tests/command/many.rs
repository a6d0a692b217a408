//! Thousands of pictures, damaged ones among them, and files that become more than they seem: memory stays what it is.
#![cfg(target_os = "linux")]

use std::process::Stdio;

use bytelens::PixelFormat;
use bytelens::codec::Format;

use crate::place::{Place, Run, picture};

/// Runs the command, and tells the most memory that it had, in KiB.
fn peak(place: &Place, args: &[&str]) -> (Run, u64) {
    let mut command = place.command();
    command.args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the command runs");
    let status = format!("/proc/{}/status", child.id());
    // Read while it runs, so that it is never kept waiting by a pipe that is full.
    let mut err = child.stderr.take().expect("a pipe");
    let reader = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut err, &mut bytes).map(|_| bytes)
    });
    let mut most = 0;
    while child.try_wait().expect("a child").is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let now = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        most = most.max(now.unwrap_or(0));
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    let mut output = child.wait_with_output().expect("an end");
    output.stderr = reader.join().expect("a reader").expect("what it said");
    (Run::new(output), most)
}

/// Files of 8x8 pixels, every tenth of them cut, that are links to two.
fn tiny(place: &Place, folder: &str, count: usize) {
    let whole = picture(8, 8, PixelFormat::RGB, Format::Jpeg);
    place.write("whole", &whole);
    place.write("cut", &whole[..whole.len() - 20]);
    std::fs::create_dir(place.path(folder)).expect("a folder");
    for number in 0..count {
        let from = place.path(if number % 10 == 3 { "cut" } else { "whole" });
        let name = place.path(format!("{folder}/{number:05}.jpg"));
        std::fs::hard_link(from, name).expect("a link");
    }
}

#[test]
fn a_thousand_damaged_files_among_ten_thousand_are_told_and_cost_no_memory() {
    let place = Place::new();
    let mut peaks = Vec::new();
    for (folder, count) in [("few", 1000), ("many", 10_000)] {
        tiny(&place, folder, count);
        let (out, report) = (format!("{folder}-out"), format!("{folder}.jsonl"));
        let (run, most) = peak(
            &place,
            &[
                "batch", folder, "--out", &out, "--report", &report, "--device", "cpu", "--jobs",
                "2",
            ],
        );
        assert_eq!(run.code, Some(1), "{:?}", run.err.lines().last());
        let last = run.err.lines().last().expect("a summary");
        let (done, failed) = (count - count / 10, count / 10);
        assert!(last.starts_with(&format!("{done} done, {failed} failed in ")), "{last}");
        assert_eq!(run.err.lines().count(), failed + 1, "a line each");
        assert_eq!(place.files(&out).len(), done);
        let text = std::fs::read_to_string(place.path(&report)).expect("a report");
        assert_eq!(text.matches("\"state\":\"failed\"").count(), failed);
        assert_eq!(text.matches("\"state\":\"done\"").count(), done);
        peaks.push(most);
    }
    let [few, many] = peaks[..] else { panic!("two runs") };
    // A name and a place in a list for each; a picture's memory would be some hundred times as much.
    assert!(few > 0 && many < few + 16 * 1024, "{few} KiB, then {many} KiB");
}

#[test]
fn a_tar_is_never_in_memory_as_a_whole() {
    let place = Place::new();
    let tiny = picture(8, 8, PixelFormat::RGB, Format::Jpeg);
    let mut peaks = Vec::new();
    for (name, count, other) in [("few.tar", 100, 10), ("many.tar", 5000, 100 << 20)] {
        let file = std::fs::File::create(place.path(name)).expect("a file");
        let mut tar = tar::Builder::new(std::io::BufWriter::new(file));
        let mut put = |name: &str, size: u64, bytes: &mut dyn std::io::Read| {
            let mut header = tar::Header::new_gnu();
            header.set_size(size);
            header.set_mode(0o644);
            tar.append_data(&mut header, name, bytes).expect("a member");
        };
        for number in 0..count {
            put(&format!("{number}.jpg"), tiny.len() as u64, &mut &tiny[..]);
        }
        put("other.bin", other, &mut std::io::Read::take(std::io::repeat(7), other));
        tar.into_inner().expect("a tar").into_inner().expect("written");
        let (run, most) =
            peak(&place, &["batch", name, "--out", "tars", "--device", "cpu", "--jobs", "2"]);
        assert_eq!(run.code, Some(0), "{run:?}");
        assert!(run.err.starts_with(&format!("{count} done, 0 failed, 1 tars in ")), "{run:?}");
        let made = place.path("tars").join(name).metadata().expect("an output").len();
        assert!(made > other, "{made} bytes");
        peaks.push(most);
    }
    let [few, many] = peaks[..] else { panic!("two runs") };
    // The members' lines wait for the tar.
    assert!(few > 0 && many < few + 16 * 1024, "{few} KiB, then {many} KiB");
}

#[test]
fn small_files_that_would_become_large_are_refused_in_little_memory() {
    let place = Place::new();
    let good = picture(8, 8, PixelFormat::RGB, Format::Png);
    place.write("in/good.png", &good);
    // A profile of a hundred thousand bytes that unpacks to a hundred million.
    let mut bomb = Vec::new();
    let mut info = png::Info::with_size(8, 8);
    info.icc_profile = Some(vec![0; 200 << 20].into());
    let mut encoder = png::Encoder::with_info(&mut bomb, info).expect("a head");
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().expect("a head");
    writer.write_image_data(&[0; 8 * 8 * 3]).expect("pixels");
    writer.finish().expect("an end");
    assert!(bomb.len() < 1 << 20, "{} bytes", bomb.len());
    place.write("in/profile.png", &bomb);
    // Heads that claim what is not there.
    let mut claims = picture(8, 8, PixelFormat::RGB, Format::Jpeg);
    let frame = claims.windows(2).position(|two| two == b"\xff\xc0").expect("a frame");
    claims[frame + 5..frame + 9].copy_from_slice(&[0xff; 4]);
    place.write("in/claims.jpg", &claims);
    let mut claims = good.clone();
    claims[16..24].copy_from_slice(&[0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff]);
    place.write("in/claims.png", &claims);
    place.write("in/claims.ppm", b"P6 60000 60000 255\n");
    place.write("in/claims.hdr", b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 60000 +X 60000\n");
    place.write("in/claims.qoi", b"qoif\0\0\xff\xff\0\0\xff\xff\x03\0\0\0\0\0\0\0\0\x01");
    place.write(
        "in/claims.gif",
        b"GIF89a\xff\xff\xff\xff\0\0\0\x2c\0\0\0\0\xff\xff\xff\xff\0\x08\0\x3b",
    );
    let (run, most) =
        peak(&place, &["batch", "in", "--out", "out", "--device", "cpu", "--jobs", "2"]);
    assert_eq!((run.code, &*place.names("out")), (Some(1), "good.png"), "{run:?}");
    assert_eq!(run.err.lines().count(), 8, "a line each: {run:?}");
    assert!(most < 200 << 10, "{most} KiB: {run:?}");
}
