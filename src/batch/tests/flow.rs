//! Pictures that flow through the ops as they are decoded, against those that are decoded first.

use std::path::Path;

use super::{Place, plan, states};
use crate::batch::{Budget, Encoding, Input, State, convert, process_shard};
use crate::codec::Format;
use crate::device::Device;

#[test]
fn what_flows_is_what_is_decoded_first() {
    let mut place = Place::new(&[40, 24]);
    for name in
        ["jpeg_420_33x25", "jpeg_progressive_420", "jpeg_grey", "jpeg_ycck_adobe", "jpeg_restart"]
    {
        let file = Path::new("tests/data/codec").join(name).with_extension("jpg");
        place.inputs.push(Input::new(file));
    }
    // One thread for each picture: only so are rows taken as they come.
    let budget = Budget { threads: 1, ..Budget::new(Device::cpu()) };
    for (text, is_reduced) in [
        ("resize 9x7 fit=fill", false),
        ("resize 50x60 fit=fill filter=bicubic", false),
        ("contrast 1.2 | resize 4x3 fit=fill | saturation 1.3", true),
        ("blur 1.5", false),
    ] {
        let mut plan = plan(text);
        plan.encoding = Some(Encoding::Picture(Format::Png));
        plan.is_reduced = is_reduced;
        let folder = tempfile::tempdir_in(place.root.path()).expect("a folder");
        let name = folder.path().file_name().expect("a name").to_string_lossy().into_owned();
        let report = process_shard(place.inputs.clone(), &plan, &place.folder(&name), &budget);
        assert_eq!(states(&report.entries), vec![State::Done; place.inputs.len()], "{text}");
        for input in &place.inputs {
            let file = std::fs::read(&input.path).expect("an input");
            let want = convert(&file, &plan, &Device::cpu()).expect(text);
            let output = input.path.with_extension("png");
            let output = folder.path().join(output.file_name().expect("a name"));
            let got = std::fs::read(&output).expect("an output");
            assert!(got == want, "{text}: {}", output.display());
        }
    }
}

#[test]
fn a_cut_file_makes_no_picture_though_its_first_rows_were_taken() {
    let place = Place::new(&[0]);
    let budget = Budget { threads: 1, ..Budget::new(Device::cpu()) };
    let report =
        process_shard(place.inputs.clone(), &plan("resize 9x7"), &place.folder("out"), &budget);
    assert_eq!(states(&report.entries), [State::Failed]);
    assert!(place.names("out").is_empty(), "{:?}", place.names("out"));
}
