//! `bytelens ops --page`: all operations on a page, each shown on a photograph.

use std::path::Path;

use bytelens::codec::{self, EncodeOptions, Format};
use bytelens::op::declare::Spec;
use bytelens::ops::REGISTRY;
use bytelens::{Buffer, Device, Image, Limits, Pipeline, describe};

use crate::stop::{Stop, reason, shown};
use bytelens::batch::temporary::Temporaries;

/// Writes `ops.md` to a folder, and to its folder `ops` a picture of each operation that can be shown.
pub(super) fn write(folder: &Path, photo: &Path) -> Result<(), Stop> {
    let failed =
        |error: std::io::Error| Stop::failed(format!("{}: {}", shown(folder), reason(&error)));
    let bytes = std::fs::read(photo).map_err(|error| {
        Stop::failed(format!("{}: cannot read: {}", shown(photo), reason(&error)))
    })?;
    let before =
        small(&bytes).map_err(|error| Stop::failed(format!("{}: {error}", shown(photo))))?;
    std::fs::create_dir_all(folder.join("ops")).map_err(failed)?;
    let temporaries = Temporaries::default();
    let options = EncodeOptions::new(Format::Jpeg).quality(70).optimize(true);
    let mut named = Vec::new();
    for spec in REGISTRY.iter().map(|entry| entry.spec) {
        let Some(picture) = shown_on(&before, spec).map_err(Stop::failed)? else { continue };
        let bytes = codec::encode(&picture, &options).map_err(Stop::failed)?;
        let name = format!("{}.jpg", spec.name);
        let temporary = temporaries.make_in(&folder.join("ops")).map_err(failed)?;
        temporary.write_as(&bytes, Path::new(&name)).map_err(failed)?;
        named.push(spec.name);
    }
    let page = describe::markdown_page(|spec| {
        named.contains(&spec.name).then(|| format!("ops/{}.jpg", spec.name))
    });
    let temporary = temporaries.make_in(folder).map_err(failed)?;
    temporary.write_as(page.as_bytes(), Path::new("ops.md")).map_err(failed)
}

/// Decodes the photograph, as wide as half a column of text.
fn small(bytes: &[u8]) -> bytelens::Result<Image> {
    let photo = codec::decode(bytes, &Limits::default())?.upright()?;
    run("profile | resize 200x200 | channels rgb", &photo)
}

fn run(pipeline: &str, image: &Image) -> bytelens::Result<Image> {
    pipeline.parse::<Pipeline>()?.run(&Device::cpu(), image)
}

/// Lays the picture beside what an operation's example makes of it, on white; none where they are the same.
fn shown_on(before: &Image, spec: &Spec) -> bytelens::Result<Option<Image>> {
    let [height, width] = [before.height(), before.width()];
    // What shows transparency shows the white behind it, and what is larger than the picture is made smaller.
    let example = describe::example(spec);
    let fit = format!("flatten white | channels rgb | resize {width}x{height}");
    let Ok(after) = run(&format!("opacity 1 | {example} | {fit}"), before)
        .or_else(|_| run(&format!("{example} | {fit}"), before))
    else {
        return Ok(None);
    };
    if after.view().to_bytes()? == before.view().to_bytes()? {
        return Ok(None);
    }
    const GAP: usize = 8;
    let mut both = Buffer::from_vec(
        vec![255_u8; height * (2 * width + GAP) * 3],
        &[height, 2 * width + GAP, 3],
    )?;
    let (left, right) = both.view_mut()?.split_at(1, width)?;
    let mut left = left;
    left.assign(&before.view())?;
    let (top, from) = ((height - after.height()) / 2, GAP + (width - after.width()) / 2);
    let place = bytelens::index![top..top + after.height(), from..from + after.width()];
    right.select(&place)?.assign(&after.view())?;
    Image::new(both, before.format()).map(Some)
}
