//! What a decoder must survive: strictly an error that says where, leniently a picture and a list.

use super::super::geometry::Scale;
use super::super::testing::{Pass, Sketch, segment};
use super::{SAMPLINGS, picture, pixels, sketch};

/// Where the data of the first scan of a file start.
fn data_of(file: &[u8]) -> usize {
    let scan = file.windows(2).position(|pair| pair == b"\xff\xda").expect("a scan");
    scan + 2 + usize::from(u16::from_be_bytes([file[scan + 2], file[scan + 3]]))
}

/// Checks that a file is refused strictly, and gives a picture of that size with problems leniently.
fn salvaged(name: &str, file: &[u8], size: (usize, usize)) -> Vec<u8> {
    let strict = picture(file, Scale::Full, false);
    let error = strict.err().unwrap_or_else(|| panic!("{name}: read strictly")).to_string();
    assert!(error.starts_with("JPEG: "), "{name}: {error}");
    let (width, height, samples, problems) =
        picture(file, Scale::Full, true).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!((width, height), size, "{name}");
    assert!(
        !problems.is_empty() && problems.iter().all(|one| one.at <= file.len()),
        "{name}: {problems:?}"
    );
    samples
}

#[test]
fn what_is_cut_off_stays_grey() {
    let sketch = sketch(64, 64, &[(1, 1)]);
    let file = sketch.baseline(0);
    let whole = pixels(&file);
    let data = data_of(&file);
    let cut = &file[..data + (file.len() - data) / 2];
    let samples = salvaged("cut", cut, (64, 64));
    assert_eq!(samples[..8 * 64], whole[..8 * 64], "the first row of blocks");
    assert!(samples[56 * 64..].iter().all(|sample| *sample == 128), "the last row of blocks");
    let ended = [cut, b"\xff\xd9"].concat();
    salvaged("cut, with an end", &ended, (64, 64));
    salvaged("without its end", &file[..file.len() - 2], (64, 64));
    for length in data..file.len() - 1 {
        assert!(picture(&file[..length], Scale::Full, false).is_err(), "{length}");
        assert!(picture(&file[..length], Scale::Full, true).is_ok(), "{length}");
    }
}

#[test]
fn damage_ends_at_the_next_restart_marker() {
    let sketch = sketch(64, 64, &[(1, 1)]);
    let file = sketch.baseline(8);
    let whole = pixels(&file);
    let marker = |number: u8| {
        file.windows(2).position(|pair| pair == [0xff, 0xd0 + number]).expect("a marker")
    };
    let row = |samples: &[u8], row: usize| samples[row * 512..(row + 1) * 512].to_vec();
    // An interval is a row of blocks. Most of the third is cut out, then its marker, then all of it.
    let short = [&file[..marker(1) + 4], &file[marker(2)..]].concat();
    let samples = salvaged("a short interval", &short, (64, 64));
    for at in [0, 1, 3, 4, 7] {
        assert_eq!(row(&samples, at), row(&whole, at), "short, row {at}");
    }
    let missing = [&file[..marker(1)], &file[marker(2)..]].concat();
    let samples = salvaged("a missing interval", &missing, (64, 64));
    assert!(row(&samples, 2).iter().all(|sample| *sample == 128));
    for at in [0, 1, 3, 4, 7] {
        assert_eq!(row(&samples, at), row(&whole, at), "missing, row {at}");
    }
    let doubled = [&file[..marker(3)], &file[marker(2)..]].concat();
    let samples = salvaged("a doubled interval", &doubled, (64, 64));
    for at in [0, 1, 2, 4, 7] {
        assert_eq!(row(&samples, at), row(&whole, at), "doubled, row {at}");
    }
}

#[test]
fn a_code_that_is_none_is_damage() {
    let sketch = sketch(64, 64, &[(1, 1)]);
    let file = sketch.baseline(8);
    let data = data_of(&file);
    let mut bad = file.clone();
    // Ones alone are no code of five bits that the tables define.
    bad.splice(data + 2..data + 4, [0xff, 0, 0xff, 0, 0xff, 0]);
    let samples = salvaged("ones", &bad, (64, 64));
    assert_eq!(samples[512..], pixels(&file)[512..]);
}

#[test]
fn a_stuffing_zero_that_is_missing_is_put_back() {
    // Found among many pictures: one whose data have a byte FF in front of what is no marker.
    let found = (0..200).find_map(|seed| {
        let file = Sketch::new(64, 64, &[(1, 1)], seed).baseline(0);
        let data = data_of(&file);
        let at = file[data..]
            .windows(3)
            .position(|three| three[..2] == [0xff, 0] && (1..0xc0).contains(&three[2]))?;
        Some((data + at + 1, file))
    });
    let (zero, file) = found.expect("a byte FF in 200 pictures");
    let mut bare = file.clone();
    bare.remove(zero);
    assert!(picture(&bare, Scale::Full, false).is_err());
    assert_eq!(picture(&bare, Scale::Full, true).expect("a picture").2, pixels(&file));
}

#[test]
fn bytes_in_front_of_the_picture_and_fill_bytes_are_passed_over() {
    let file = sketch(20, 20, SAMPLINGS[4]).baseline(2);
    let want = pixels(&file);
    assert_eq!(pixels(&[b"junk \xff\xd8 junk", &file[..]].concat()), want);
    let filled = file.windows(2).enumerate().fold(file[..1].to_vec(), |mut out, (at, pair)| {
        // Also in front of restart markers.
        if pair[0] == 0xff
            && pair[1] > 0xc0
            && at > 2
            && (at >= data_of(&file) || at + 1 < file.len())
            && is_marker(&file, at)
        {
            out.extend([0xff, 0xff]);
        }
        out.push(pair[1]);
        out
    });
    assert_eq!(pixels(&filled), want);
}

/// Whether a marker stands there: in front of a segment, or in the data.
fn is_marker(file: &[u8], at: usize) -> bool {
    let mut segment = 2;
    while segment < data_of(file) && segment < at {
        segment += 2 + usize::from(u16::from_be_bytes([file[segment + 2], file[segment + 3]]));
    }
    segment == at || at >= data_of(file)
}

#[test]
fn scans_that_are_missing_or_out_of_order_are_told() {
    let sketch = sketch(40, 24, SAMPLINGS[2]);
    let passes = sketch.passes(0);
    let file = |passes: &[Pass]| {
        let scans: Vec<u8> = passes.iter().flat_map(|pass| sketch.scan(pass)).collect();
        [sketch.head(0xc2), scans, vec![0xff, 0xd9]].concat()
    };
    // Finer scans may be left out at the end: the picture is coarser, and no less whole.
    for count in 1..passes.len() {
        assert!(picture(&file(&passes[..count]), Scale::Full, false).is_ok(), "{count} scans");
    }
    let mut swapped = passes.clone();
    swapped.swap(1, passes.len() - 1);
    salvaged("swapped", &file(&swapped), (40, 24));
    let mut twice = passes.clone();
    twice.insert(1, passes[0].clone());
    salvaged("twice", &file(&twice), (40, 24));
    salvaged("no first scan", &file(&passes[1..]), (40, 24));
    let mut bad = file(&passes[..2]);
    let band = bad.windows(2).rposition(|pair| pair == b"\xff\xda").expect("a scan");
    assert_eq!(bad[band + 7..band + 9], [1, 5]);
    bad[band + 7] = 9;
    salvaged("a band that ends before it starts", &bad, (40, 24));
}

#[test]
fn thousands_of_scans_are_refused_and_runs_over_everything_are_fast() {
    let sketch = sketch(8, 8, &[(1, 1)]);
    let one = sketch.scan(&sketch.passes(0)[0]);
    let many = [sketch.head(0xc2), one.repeat(3000), vec![0xff, 0xd9]].concat();
    let error = picture(&many, Scale::Full, false).expect_err("too many").to_string();
    assert!(error.contains("256 scans"), "{error}");
    // 20 megapixels, and in each scan nothing but the longest runs of blocks without anything.
    let mut empty = Sketch::new(5000, 4000, &[(1, 1)], 1);
    empty.blocks[0].iter_mut().for_each(|block| *block = [0; 64]);
    let (width, height, samples, _) =
        picture(&empty.progressive(0), Scale::Full, false).expect("a picture");
    assert_eq!((width, height), (5000, 4000));
    assert!(samples.iter().all(|sample| *sample == 128));
}

#[test]
fn a_header_that_claims_more_than_the_data_can_hold_takes_no_memory() {
    let mut file = sketch(64, 64, &[(1, 1)]).baseline(0);
    let frame = file.windows(2).position(|pair| pair == b"\xff\xc0").expect("a frame");
    file[frame + 5..frame + 9].copy_from_slice(&[0x4e, 0x20, 0x4e, 0x20]);
    let error = picture(&file, Scale::Full, false).expect_err("cut short").to_string();
    assert!(error.contains("damaged or incomplete"), "{error}");
    file[frame + 5..frame + 9].fill(0xff);
    let error = picture(&file, Scale::Full, true).expect_err("too large").to_string();
    assert!(error.contains("over the limit"), "{error}");
}

#[test]
fn two_frame_headers_and_a_second_picture_leave_the_first() {
    let first = sketch(40, 24, SAMPLINGS[4]);
    let file = first.baseline(0);
    let second = sketch(8, 8, &[(1, 1)]).baseline(0);
    assert_eq!(pixels(&[&file[..], &second].concat()), pixels(&file));
    let frame = segment(0xc0, &[8, 0, 8, 0, 8, 1, 1, 0x11, 0]);
    let scan = file.windows(2).position(|pair| pair == b"\xff\xda").expect("a scan");
    let two = [&file[..scan], &frame, &file[scan..]].concat();
    assert_eq!(salvaged("two frames", &two, (40, 24)), pixels(&file));
}

#[test]
fn tables_may_change_between_scans() {
    let sketch = sketch(40, 24, SAMPLINGS[2]);
    let scan = |one: usize| {
        let pass = Pass { members: vec![one], ..Pass::default() };
        sketch.scan(&pass)
    };
    // The same tables under another number, defined late; quantisation that comes too late counts no more.
    let head = sketch.head(0xc0);
    let late = segment(0xdb, &[&[0], &[77; 64][..]].concat());
    let again: Vec<u8> =
        head[head.windows(2).position(|pair| pair == b"\xff\xc4").expect("a table")..].to_vec();
    let plain = [&head[..], &scan(0), &scan(1), &scan(2), b"\xff\xd9"].concat();
    let changed = [&head[..], &scan(0), &again, &scan(1), &scan(2), &late, b"\xff\xd9"].concat();
    assert_eq!(pixels(&changed), pixels(&plain));
}

#[test]
fn no_damage_makes_a_lenient_decoder_panic() {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 33) as usize % below
    };
    for sampling in SAMPLINGS {
        let sketch = sketch(37, 21, sampling);
        for file in
            [sketch.baseline(0), sketch.baseline(2), sketch.progressive(0), sketch.progressive(3)]
        {
            for _ in 0..60 {
                let mut garbled = file.clone();
                for _ in 0..=random(4) {
                    let at = random(garbled.len());
                    match random(3) {
                        0 => garbled[at] = random(256) as u8,
                        1 => garbled[at] ^= 1 << random(8),
                        _ => drop(garbled.drain(at..(at + random(30)).min(garbled.len()))),
                    }
                    if garbled.is_empty() {
                        garbled.push(0);
                    }
                }
                for scale in Scale::ALL {
                    let _ = picture(&garbled, scale, true);
                }
            }
        }
    }
}
