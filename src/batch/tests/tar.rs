//! Tars of pictures: what comes of members, of what is none, and of tars that are not as they should be.

use std::io::Read;
use std::path::Path;

use tar::{Archive, Builder, EntryType, Header};

use super::{Place, budget, cut, jpeg, plan};
use crate::batch::{Account, Entry, Input, Plan, ShardReport, State, process_shard};
use crate::batch::{Report, Shard, Watch};
use crate::codec::Format;

/// A member: its name, whatever that is, and its bytes; a name that ends in a slash is a folder's.
type Member<'a> = (&'a str, &'a [u8]);

fn tar(members: &[Member<'_>]) -> Vec<u8> {
    let mut out = Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = Header::new_gnu();
        let is_folder = name.ends_with('/');
        header.set_entry_type(if is_folder { EntryType::Directory } else { EntryType::Regular });
        header.set_mtime(1_700_000_000);
        header.set_mode(0o640);
        header.set_size(bytes.len() as u64);
        if name.len() < 100 {
            // Not through the crate, which lets no name lead out.
            header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
            header.set_cksum();
            out.append(&header, *bytes).expect("a member");
        } else {
            out.append_data(&mut header, name, *bytes).expect("a member");
        }
    }
    out.into_inner().expect("a tar")
}

/// The names and the bytes of a tar's members.
fn members(place: &Place, name: &str) -> Vec<(String, Vec<u8>)> {
    let file = std::fs::File::open(place.path(name)).expect(name);
    let mut archive = Archive::new(file);
    let entries = archive.entries().expect("a tar").map(|entry| {
        let mut entry = entry.expect("a member");
        assert_eq!(entry.header().mtime().expect("a time"), 1_700_000_000);
        assert_eq!(entry.header().mode().expect("a mode"), 0o640);
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).expect("its bytes");
        (entry.path().expect("a name").display().to_string(), bytes)
    });
    entries.collect()
}

fn names(place: &Place, name: &str) -> String {
    let names: Vec<_> = members(place, name).into_iter().map(|(name, _)| name).collect();
    names.join(" ")
}

fn run(place: &Place, bytes: &[u8], plan: &Plan) -> ShardReport {
    std::fs::write(place.path("s.tar"), bytes).expect("written");
    let inputs = vec![Input::new(place.path("s.tar"))];
    process_shard(inputs, plan, &place.folder("out"), &budget())
}

/// What became of the tar itself.
fn own(report: &ShardReport) -> &Entry {
    let own = report.entries.last().expect("its line is the last one");
    assert!(own.members.is_some() && own.tar.is_none());
    own
}

#[test]
fn pictures_of_a_tar_are_made_in_their_order_and_all_else_is_carried_over() {
    let place = Place::new(&[]);
    let long = format!("{}/2.jpg", "n".repeat(150));
    let large = vec![7; 3 << 20];
    let pictures: Vec<_> = (0..90).map(|at| jpeg(16 + at)).collect();
    let numbered: Vec<_> = (0..90).map(|at| format!("b/{at:03}.jpg")).collect();
    let mut all: Vec<Member<'_>> = vec![
        ("a/", b""),
        ("a/0.jpg", &pictures[0]),
        ("a/0.json", b"{\"label\": 3}"),
        ("a/0.cls", b"3"),
        (&long, &pictures[1]),
        ("large.bin", &large),
        ("none", b""),
    ];
    all.extend(numbered.iter().zip(&pictures).map(|(name, bytes)| (&**name, &**bytes)));
    let mut plan = plan("resize 8x");
    plan.encoding = Some(crate::batch::Encoding::Picture(Format::Png));
    let report = run(&place, &tar(&all), &plan);
    assert_eq!((report.tally.done, report.tally.tars, report.tally.failed), (92, 1, 0));
    assert_eq!((report.tally.left, own(&report).members), (0, Some(92)));

    let made = members(&place, "out/s.tar");
    assert_eq!(made.len(), all.len());
    for ((name, bytes), (before, input)) in made.iter().zip(&all) {
        if before.ends_with(".jpg") {
            assert_eq!(*name, before.replace(".jpg", ".png"));
            let alone = crate::batch::convert(input, &plan, &budget().device).expect("made");
            assert!(*bytes == alone, "{name} is not what is made of it alone");
        } else {
            assert_eq!((&**name, &**bytes), (*before, *input));
        }
    }
    let one = &report.entries[1];
    assert_eq!(one.input, place.path("s.tar").join(&long));
    assert_eq!(one.output, Some(place.path("out/s.tar").join(long.replace("jpg", "png"))));
    assert_eq!(one.output_content, Some(crate::batch::ContentHash::of(&made[4].1)));
    assert_eq!(place.names("out"), ["s.tar"]);
}

/// What it is, its bytes, and what comes of it.
type Row<'a> = (&'a str, &'a [u8], Option<&'a str>, &'a str, &'a str);

#[test]
fn what_is_wrong_with_a_tar_or_a_member_is_told_and_nothing_else_suffers() {
    let (good, bad) = (jpeg(16), cut(40));
    let whole = tar(&[("0.jpg", &good), ("0.txt", b"first"), ("1.jpg", &good)]);
    // Behind the last member are two blocks of zeros.
    let no_end = &whole[..whole.len() - 1024];
    let joined = [&whole[..], &tar(&[("2.jpg", &good)])].concat();
    let two = |name| tar(&[("0.jpg", &good), (name, &good)]);
    let mut link = Builder::new(Vec::new());
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::Symlink);
    header.set_size(0);
    link.append_link(&mut header, "0.jpg", "/etc/passwd").expect("a link");
    let link = link.into_inner().expect("a tar");
    let cuts = "its tar was not made: tar: ";
    // The tar, what its output holds if there is one, the state of each picture, and what is said of one or of all.
    let rows: [Row<'_>; 13] = [
        ("whole", &whole, Some("0.jpg 0.txt 1.jpg"), "dd", ""),
        ("empty", &tar(&[]), Some(""), "", ""),
        ("joined", &joined, Some("0.jpg 0.txt 1.jpg 2.jpg"), "ddd", ""),
        ("no bytes", b"", None, "", "it ends without its end mark"),
        ("no tar", &good, None, "", "tar: "),
        ("cut in a member", &whole[..1600], None, "f", cuts),
        ("cut in a header", &whole[..no_end.len() - 900], None, "f", cuts),
        ("cut behind a member", no_end, None, "ff", "ends without its end mark"),
        ("up", &two("../1.jpg"), Some("0.jpg"), "df", "leads out of the folder"),
        ("absolute", &two("/1.jpg"), Some("0.jpg"), "df", "leads out of the folder"),
        ("twice", &two("0.jpg"), Some("0.jpg"), "df", "the same output"),
        ("damaged", &tar(&[("0.jpg", &good), ("1.jpg", &bad)]), Some("0.jpg"), "df", "JPEG: "),
        ("link", &link, Some(""), "f", "it is a link or a device"),
    ];
    for (what, bytes, output, states, says) in rows {
        let place = Place::new(&[]);
        let report = run(&place, bytes, &plan("flip"));
        let own = own(&report);
        assert_eq!(own.state == State::Done, output.is_some(), "{what}: {own:?}");
        let is_there = place.path("out/s.tar").exists();
        assert_eq!(is_there.then(|| names(&place, "out/s.tar")).as_deref(), output, "{what}");
        let (_, members) = report.entries.split_last().expect("an entry");
        let told: String = members.iter().map(|entry| &entry.state.name()[..1]).collect();
        assert_eq!(told, states, "{what}: {members:?}");
        let reasons: Vec<_> = report.entries.iter().filter_map(|one| one.reason.clone()).collect();
        let is_told = reasons.iter().any(|reason| reason.contains(says));
        assert!(is_told || says.is_empty() && reasons.is_empty(), "{what}: {reasons:?}");
        assert_eq!(report.tally.left, 0, "{what}");
        let left = place.names("out").into_iter().filter(|name| name != "s.tar").count();
        assert_eq!(left, 0, "{what}: {:?}", place.names("out"));
    }
    // As far as it goes, where that is asked for, but never into the middle of a member.
    let place = Place::new(&[]);
    let mut lenient = plan("flip");
    lenient.is_lenient = true;
    let large = tar(&[("0.jpg", &good), ("large.bin", &[7; 2 << 20])]);
    let report = run(&place, &large[..1 << 20], &lenient);
    assert!(own(&report).state == State::Failed && place.names("out").is_empty(), "{report:?}");
    let report = run(&place, no_end, &lenient);
    assert!(own(&report).degraded && report.tally.done == 2, "{report:?}");
    assert_eq!(names(&place, "out/s.tar"), "0.jpg 0.txt 1.jpg");
}

#[test]
fn pictures_of_a_tar_that_cannot_be_made_are_set_aside() {
    let place = Place::new(&[]);
    let aside = std::sync::Arc::new(place.folder("aside"));
    let mut plan = plan("flip");
    plan.on_error = crate::batch::OnError::Quarantine(aside);
    let report = run(&place, &tar(&[("x/0.jpg", &cut(40)), ("x/0.json", b"{}")]), &plan);
    assert_eq!((report.tally.quarantined, report.tally.tars), (1, 1));
    assert_eq!(names(&place, "out/s.tar"), "x/0.json");
    assert_eq!(std::fs::read(place.path("aside/s.tar/x/0.jpg")).expect("a copy"), cut(40));
}

/// A watcher that writes a report.
#[derive(Debug)]
struct Writer(Report);

impl Watch for Writer {
    fn finished(&self, entry: &Entry) -> crate::Result<()> {
        self.0.add(entry)
    }
}

#[test]
fn a_tar_is_resumed_as_a_whole() {
    let place = Place::new(&[]);
    let report = place.path("r.jsonl");
    let again = |bytes: &[u8]| {
        std::fs::write(place.path("s.tar"), bytes).expect("written");
        let before = Account::read(&report).expect("read");
        let watch = Writer(Report::open(&report, true).expect("a report"));
        let shard = Shard::new(vec![Input::new(place.path("s.tar"))], &plan("flip"));
        let (tally, stopped) =
            shard.resume(before).process(&place.folder("out"), &budget(), &watch);
        assert!(stopped.is_none());
        (tally.known, tally.tars, tally.done, tally.failed)
    };
    let (good, bad) = (jpeg(16), cut(40));
    let whole = tar(&[("0.jpg", &good), ("1.jpg", &good)]);
    let with_bad = tar(&[("0.jpg", &good), ("1.jpg", &bad)]);
    assert_eq!(again(&with_bad), (0, 1, 1, 1), "the first time");
    assert_eq!(again(&with_bad), (0, 1, 1, 1), "what failed is tried again");
    assert_eq!(again(&whole), (0, 1, 2, 0), "it is mended");
    assert_eq!(again(&whole), (1, 0, 0, 0), "it is known");
    std::fs::write(place.path("out/s.tar"), b"another").expect("written");
    assert_eq!(again(&whole), (0, 1, 2, 0), "its output was another");
    let account = Account::read(&report).expect("read");
    let clean = crate::batch::verify(&account, &[place.path("s.tar")], &[]);
    assert!(clean.is_clean() && clean.done == 2, "{clean:?}");
    std::fs::remove_file(place.path("out/s.tar")).expect("removed");
    let found = crate::batch::verify(&account, &[place.path("s.tar")], &[]);
    assert_eq!(found.findings.len(), 1, "{found:?}");
    assert_eq!(found.findings[0].0, Path::new(&place.path("out/s.tar")));
}
