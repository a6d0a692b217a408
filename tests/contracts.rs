//! Contracts over the registry: what must hold of every op, so that a new op needs no new test.

#![allow(clippy::print_stdout, reason = "the worst case is printed, for those who ask")]

use std::collections::BTreeSet;
use std::path::Path;

use bytelens::check::{self, images, pipelines};
use bytelens::op::declare::Kind;
use bytelens::op::pass::{Arrangement, Lowered};
use bytelens::ops::REGISTRY;
use bytelens::{Device, Level, Pipeline, device::cpu::CpuDevice};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn names_in(folder: &str, extension: &str) -> BTreeSet<String> {
    let files = std::fs::read_dir(root().join(folder)).expect(folder);
    let paths = files.map(|file| file.expect(folder).path());
    let named = paths.filter(|path| path.extension().is_some_and(|known| known == extension));
    named.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect()
}

#[test]
fn files_and_registry_and_shaders_are_the_same_list() {
    let ops: BTreeSet<_> = REGISTRY.iter().map(|entry| entry.spec.name.to_owned()).collect();
    assert_eq!(ops.len(), REGISTRY.len(), "two ops have one name");
    let mut files = names_in("src/ops", "rs");
    files.remove("mod");
    assert_eq!(ops, files, "each op is one file of its name");
    let shaders = names_in("shaders", "wgsl");
    assert!(shaders.is_subset(&ops), "each shader is an op's: {shaders:?}");
    for op in &ops {
        let text = std::fs::read_to_string(root().join(format!("src/ops/{op}.rs"))).expect(op);
        let twins = text.contains(&format!("{op}.wgsl\""));
        assert_eq!(twins, shaders.contains(op), "{op} has a shader where it has twins of its own");
    }
}

#[test]
fn every_op_lowers_to_the_kind_that_it_declares() {
    for entry in REGISTRY {
        for text in pipelines(entry.spec).iter().filter(|text| !text.contains('|')) {
            let pipeline: Pipeline = text.parse().expect(text);
            for case in images(true) {
                let Ok(pipeline) = pipeline.settle(&case.image) else { continue };
                let Ok(lowered) = pipeline.ops()[0].lower(case.image.info()) else { continue };
                let fits = match lowered {
                    // A pass op may do with a view: `rotate` by right angles.
                    Lowered::View(_) => entry.spec.kind != Kind::Point,
                    Lowered::Point(_) => entry.spec.kind == Kind::Point,
                    // Nothing to do is no pass, whatever the kind.
                    Lowered::Passes(passes) | Lowered::WithAlpha(passes) => {
                        passes.is_empty() || entry.spec.kind == Kind::Pass
                    }
                    Lowered::Converted { .. } => entry.spec.kind == Kind::Pass,
                };
                assert!(fits, "{text}: {case}");
            }
        }
    }
}

#[test]
fn every_op_is_documented_and_every_sample_of_a_parameter_prints_as_it_was_read() {
    for entry in REGISTRY {
        let spec = entry.spec;
        assert!(spec.summary().ends_with('.'), "{}: {:?}", spec.name, spec.summary());
        for (at, param) in spec.params.iter().enumerate() {
            assert!(!param.doc.trim().is_empty(), "{} {}", spec.name, param.name);
            let samples = (param.samples)(param.range.as_ref());
            assert!(samples.len() > 1, "{} {}: nothing to try", spec.name, param.name);
            for sample in samples {
                let mut op = (entry.make)();
                op.set_param(at, &sample).expect("a sample is in range");
                assert_eq!(op.param(at), sample, "{} {}", spec.name, param.name);
                op.check_params().expect("a sample is in range");
            }
        }
    }
}

#[test]
fn the_readme_has_the_table_that_the_declarations_make() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("a README");
    let table =
        readme.split("<!-- ops -->").nth(1).and_then(|rest| rest.split("<!-- /ops -->").next());
    assert_eq!(
        table.expect("the marks of the table").trim(),
        bytelens::describe::markdown_table().trim(),
        "put the output of `bytelens ops --markdown` between the marks"
    );
}

#[test]
fn the_page_of_all_ops_is_made_from_the_declarations() {
    let docs = root().join("docs");
    let page = bytelens::describe::markdown_page(|spec| {
        let picture = format!("ops/{}.jpg", spec.name);
        docs.join(&picture).is_file().then_some(picture)
    });
    let written = std::fs::read_to_string(docs.join("ops.md")).expect("the page");
    assert!(written == page, "docs/ops.md is of another time; run scripts/docs");
}

#[test]
fn view_ops_cost_no_pass_and_a_run_of_point_ops_is_one() {
    let image = &images(false)[2].image;
    for (text, passes) in [
        ("crop 50% | flip | rotate 90 | orient | channels r", 0),
        ("invert | contrast 2 | brightness 1.5 | grayscale | gamma 2", 1),
        ("invert | flip | crop 50% | brightness 2 | rotate 90 | grayscale", 1),
        ("resize 50%", 2),
        ("invert | resize 50% | rotate 90 | invert | grayscale", 2),
        ("blur 2 | channels r", 2),
        ("blur 2 | channels r | invert", 3),
        ("blur 0 | resize 100% | grayscale light=srgb", 1),
    ] {
        let pipeline: Pipeline = text.parse().expect(text);
        for arrangement in [Arrangement::PlanarRows, Arrangement::PaddedPixels] {
            let plan = pipeline.plan(image.info(), arrangement).expect(text);
            assert_eq!(plan.passes.len(), passes, "{text}: {:#?}", plan.passes);
        }
    }
}

#[test]
fn every_instruction_set_and_number_of_threads_gives_the_same_picture() {
    let text = "resize 40x30 fit=fill enlarge=true | blur 1.3 | contrast 1.2 | blur 15";
    let pipeline: Pipeline = text.parse().expect(text);
    for case in images(false) {
        let plan = pipeline.plan(case.image.info(), Arrangement::PlanarRows).expect(text);
        let run = |device: CpuDevice| device.run(&plan, &case.image.view()).expect(text);
        let image = |buffer| bytelens::Image::new(buffer, plan.output.format).expect("an image");
        let want = image(run(CpuDevice::with_threads(1).with_level(Level::BASELINE)));
        for level in Level::all() {
            for threads in [1, 2, 7] {
                let got = image(run(CpuDevice::with_threads(threads).with_level(level)));
                let off = check::difference(&got, &want, Kind::Pass).expect("same shape");
                assert!(off.share <= 1.0, "{level} {threads}: {case}: {}", off.place);
            }
        }
    }
}

#[test]
fn a_plan_runs_on_pixels_as_it_was_made_for_and_on_no_others() {
    let cases = images(true);
    let plan = "invert".parse::<Pipeline>().expect("an op");
    let plan = plan.plan(cases[0].image.info(), Arrangement::PlanarRows).expect("a plan");
    let device = Device::cpu();
    assert!(device.run(&plan, &cases[0].image.view()).is_ok());
    for case in &cases[1..] {
        assert!(device.run(&plan, &case.image.view()).is_err(), "{case}");
    }
}

#[test]
fn empty_pictures_go_through_every_op() {
    for entry in REGISTRY {
        for text in pipelines(entry.spec) {
            let pipeline: Pipeline = text.parse().expect(&text);
            for case in images(true).iter().filter(|case| case.layout.starts_with("no ")) {
                if let Ok(out) = pipeline.run(&Device::cpu(), &case.image) {
                    assert!(out.view().is_empty(), "{text}: {case}");
                }
            }
        }
    }
}

#[cfg(feature = "gpu")]
mod gpu {
    use bytelens::device::gpu::shader_text;
    use bytelens::op::pass::Plan;
    use bytelens::op::twin::{ParamLayout, PassTwin, PointTwin};
    use bytelens::op::{separable, space};
    use bytelens::{Buffer, Image, Layout, PixelFormat, View};

    use super::{Arrangement, Device, Kind, Pipeline, REGISTRY, check, images, pipelines};

    /// The device that `BYTELENS_DEVICE` names, software Vulkan unless set. Where there is none these
    /// tests fail; they never skip.
    fn gpu() -> Device {
        let name = std::env::var("BYTELENS_DEVICE").unwrap_or_else(|_| "software".to_owned());
        Device::named(&name).expect("software Vulkan (Mesa lavapipe) is installed")
    }

    #[test]
    fn every_op_is_the_same_on_the_gpu_as_on_the_cpu_over_every_layout() {
        let report = check::run(&gpu(), &mut |op| println!("{op}")).expect("the CPU runs");
        println!("{report}");
        assert!(report.passed(), "{report}");
        assert!(report.cases() > 100 * REGISTRY.len(), "{report}");
    }

    #[test]
    fn shaders_read_every_layout_in_device_memory_as_the_cpu_reads_it_in_host_memory() {
        let device = gpu();
        let gpu = device.as_gpu().expect("it is a GPU device");
        let mut runs = 0;
        for entry in REGISTRY {
            let text = pipelines(entry.spec).swap_remove(0);
            let pipeline: Pipeline = text.parse().expect(&text);
            for case in images(true) {
                let info = case.image.info();
                let plan = pipeline.settle(&case.image);
                let Ok(plan) = plan.and_then(|settled| settled.plan(info, device.arrangement()))
                else {
                    continue;
                };
                if info.layout.is_empty() {
                    continue;
                }
                // All that the layout looks into goes up as it lies; the shader does the rest.
                let dtype = info.layout.dtype().clone();
                let samples = info.layout.span().end / dtype.size();
                let all = Layout::contiguous(dtype, &[samples]).expect("a run of samples");
                let all = case.image.buffer().with_layout(all).expect("inside the buffer");
                let up = gpu.upload(&all.view()).and_then(|up| up.with_layout(info.layout.clone()));
                let up = up.and_then(|up| up.with_layout(plan.source.layout.clone()));
                let got = up.and_then(|up| gpu.run_on(&plan, &up)).and_then(|out| out.download());
                let got = got.unwrap_or_else(|error| panic!("{text}: {case}: {error}"));
                if plan.passes.is_empty() {
                    continue;
                }
                let got = Image::new(got, plan.output.format).expect("an image");
                let want = pipeline.run(&Device::cpu(), &case.image).expect(&text);
                let off = check::difference(&got, &want, Kind::Pass).expect("same shape");
                assert!(off.share <= 1.0, "{text}: {case}: {}", off.place);
                runs += 1;
            }
        }
        assert!(runs > 500, "{runs} cases");
    }

    #[test]
    fn a_pipeline_runs_from_device_memory_to_device_memory() {
        let device = gpu();
        let gpu = device.as_gpu().expect("a GPU device");
        let numbers = (0..24 * 40 * 3u32).map(|n| (n * 37 % 251).to_le_bytes()[0]).collect();
        let pixels = Buffer::from_vec(numbers, &[24, 40, 3]).expect("pixels");
        let image = Image::new(pixels, PixelFormat::RGB).expect("a picture");
        let up = gpu.upload(&image.view()).expect("room for it");
        for text in
            ["resize 20x20 | blur 1", "invert", "rotate 90 | gamma 2", "grayscale | crop 8x8"]
        {
            let pipeline: Pipeline = text.parse().expect("a pipeline");
            let down =
                pipeline.run_on_device(&up, PixelFormat::RGB).and_then(|view| view.download());
            let down = down.expect(text);
            let expected = pipeline.run(&Device::cpu(), &image).expect(text);
            assert_eq!(down.shape(), expected.view().shape(), "{text}");
            let bytes = |view: View<'_>| view.to_bytes().expect("room for it");
            let pairs = bytes(down.view()).into_iter().zip(bytes(expected.view()));
            let most = pairs.map(|(a, b)| a.abs_diff(b)).max();
            assert!(most <= Some(1), "{text}: {most:?}");
        }
        let flipped: Pipeline = "flip".parse().expect("a pipeline");
        let seen = flipped.run_on_device(&up, PixelFormat::RGB).expect("a view");
        assert_eq!(seen.strides(), up.flip(1).expect("an axis").strides());
        let looks: Pipeline = "normalize".parse().expect("a pipeline");
        let refused = looks.run_on_device(&up, PixelFormat::RGB).expect_err("it looks first");
        assert!(refused.to_string().contains("settle"), "{refused}");
        assert!(
            flipped.run_on_device(&up, PixelFormat::RGBA).is_err(),
            "four channels are not three"
        );
    }

    /// Breaks a twin's WGSL in a plan, by exchanging one text for another.
    fn break_plan(plan: &mut Plan, from: &str, to: &str) -> bool {
        let mut broken = false;
        let mut exchange = |wgsl: &'static str| -> &'static str {
            broken |= wgsl.contains(from);
            Box::leak(wgsl.replace(from, to).into_boxed_str())
        };
        for planned in &mut plan.passes {
            for step in planned.load.iter_mut().chain(&mut planned.store) {
                let wgsl = exchange(step.twin.wgsl);
                step.twin = Box::leak(Box::new(PointTwin { wgsl, ..*step.twin }));
            }
            if let Some(pass) = &mut planned.pass {
                let wgsl = exchange(pass.twin.wgsl);
                pass.twin = Box::leak(Box::new(PassTwin { wgsl, ..*pass.twin }));
            }
        }
        broken
    }

    #[test]
    fn a_twin_that_is_broken_on_purpose_is_noticed() {
        let device = gpu();
        for (text, from, to) in [
            ("brightness 0.7", "params.factors", "1.02 * params.factors"),
            ("invert", "params.offsets.rgb", "0.98 * params.offsets.rgb"),
            ("blur 1.5", "first + k", "first + k + 1"),
            ("resize 60%", "sum +=", "sum += 0.98 *"),
            ("grayscale", "2.4", "2.3"),
            ("matrix sepia", "params.red.rgb", "params.green.rgb"),
            ("curve 0:0,0.5:0.7,1:1", "cubic.z", "0.9 * cubic.z"),
            ("hue 40", "params.turn", "params.cones_from_rgb"),
            ("colorspace lab", "x * curve.y + curve.w", "x * curve.y + 0.9 * curve.w"),
            ("colorspace hsv", "2.0 + (v.b", "2.1 + (v.b"),
            ("sharpen 1", "params.amount", "1.1 * params.amount"),
            ("erode 2", "at.y - params.radius", "at.y - params.radius - 1"),
            ("median 1", "side / 2 + 1", "side / 2 + 2"),
            ("convolve 0,1,0/1,2,0/0,0,3", "weight++", "weight += 2u"),
            ("sobel", "2.0 * (h - b)", "2.1 * (h - b)"),
            ("median 5", "<= middle", "<= middle + 3u"),
            ("bilateral 1.5", "exp(-apart)", "exp(-1.2 * apart)"),
            ("denoise 0.3", "apart * params.scale", "1.2 * apart * params.scale"),
            ("clahe 2.5", "- inside", "- 0.9 * inside"),
            (
                "channels rgb | lut 3d:0,0,0:1,1,1:0,0,0/1,0,0/0,1,0/1,1,0/0,0,1/1,0,1/0,1,1/0.5,1,1",
                "(high - middle)",
                "high",
            ),
            ("equalize", "* part", "* 0.9 * part"),
            (
                "overlay gray8:1x1:gA opacity=0.5 tile=0,0",
                "share * blended",
                "0.95 * share * blended",
            ),
            (
                "overlay gray8:1x1:IA blend=hard-light tile=0,0",
                "base * twice",
                "base * 1.1 * twice",
            ),
            ("mask gray8:2x2:AECA_w", "params.form", "(params.form + 1u)"),
            ("rotate 20", "guess * added", "guess * added + 0.01"),
            ("perspective 10%,20%/95%,5%/80%,90%/0,100%", "guess * added", "guess * 0.0"),
        ] {
            let pipeline: Pipeline = text.parse().expect(text);
            let case = &images(false)[2];
            let settled = pipeline.settle(&case.image).expect(text);
            let mut plan = settled.plan(case.image.info(), device.arrangement()).expect(text);
            let want = pipeline.run(&Device::cpu(), &case.image).expect(text);
            for (broken, within) in [(false, true), (true, false)] {
                if broken {
                    assert!(break_plan(&mut plan, from, to), "{text}: no {from:?} to break");
                }
                let got = device.run(&plan, &case.image.view()).expect(text);
                let got = Image::new(got, plan.output.format).expect("an image");
                let off = check::difference(&got, &want, Kind::Pass).expect("same shape");
                assert_eq!(off.share <= 1.0, within, "{text}, broken: {broken}: {}", off.place);
            }
        }
    }

    /// Every shader that the contracts run, as text.
    fn shaders() -> impl Iterator<Item = (String, String)> {
        REGISTRY.iter().flat_map(|entry| pipelines(entry.spec)).flat_map(|text| {
            let pipeline: Pipeline = text.parse().expect("made from samples");
            images(false).into_iter().flat_map(move |case| {
                let plan = pipeline
                    .settle(&case.image)
                    .and_then(|settled| settled.plan(case.image.info(), Arrangement::PaddedPixels));
                let passes = plan.map(|plan| plan.passes).unwrap_or_default();
                let text = text.clone();
                passes
                    .into_iter()
                    .map(move |pass| (text.clone(), shader_text(&pass).expect("a shader")))
            })
        })
    }

    fn parse(text: &str, wgsl: &str) -> naga::Module {
        naga::front::wgsl::parse_str(wgsl)
            .unwrap_or_else(|error| panic!("{text}: {}", error.emit_to_string(wgsl)))
    }

    #[test]
    fn every_shader_is_valid_without_a_gpu() {
        let mut seen = std::collections::BTreeSet::new();
        for (text, wgsl) in shaders() {
            if seen.insert(wgsl.clone()) {
                let module = parse(&text, &wgsl);
                let flags = naga::valid::ValidationFlags::all();
                let capabilities = naga::valid::Capabilities::default()
                    | naga::valid::Capabilities::SHADER_FLOAT16_IN_FLOAT32;
                let valid = naga::valid::Validator::new(flags, capabilities).validate(&module);
                assert!(valid.is_ok(), "{text}: {valid:?}\n{wgsl}");
            }
        }
        assert!(seen.len() > REGISTRY.len(), "{} shaders", seen.len());
    }

    /// Finds a struct of a module by name, as the layout that Rust says it has.
    fn offsets(
        module: &naga::Module,
        layout: &ParamLayout,
    ) -> Option<(usize, Vec<(String, usize)>)> {
        module.types.iter().find_map(|(_, ty)| match &ty.inner {
            naga::TypeInner::Struct { members, span }
                if ty.name.as_deref() == Some(layout.name) =>
            {
                let named = members.iter().map(|member| {
                    (member.name.clone().unwrap_or_default(), member.offset as usize)
                });
                Some((*span as usize, named.collect()))
            }
            _ => None,
        })
    }

    #[test]
    fn parameter_blocks_have_the_same_offsets_in_rust_and_wgsl() {
        let mut layouts: Vec<(String, ParamLayout)> = Vec::new();
        layouts.extend(space::TWINS.iter().map(|twin| (twin.wgsl.to_owned(), twin.params)));
        layouts.extend(separable::TWINS.iter().map(|twin| (twin.wgsl.to_owned(), twin.params)));
        for text in REGISTRY.iter().flat_map(|entry| pipelines(entry.spec)) {
            let pipeline: Pipeline = text.parse().expect(&text);
            let image = &images(false)[3].image;
            let plan = pipeline
                .settle(image)
                .and_then(|settled| settled.plan(image.info(), Arrangement::PaddedPixels));
            for pass in plan.map(|plan| plan.passes).unwrap_or_default() {
                let twin = pass.pass.iter().map(|pass| pass.twin);
                layouts.extend(twin.map(|twin| (twin.wgsl.to_owned(), twin.params)));
                let steps = pass.load.iter().chain(&pass.store);
                layouts.extend(steps.map(|step| (step.twin.wgsl.to_owned(), step.twin.params)));
            }
        }
        for (wgsl, layout) in layouts {
            // Twins call what the assembly writes; alone they need its names to be there.
            let wgsl = format!(
                "{wgsl}\n@group(0) @binding(5) var<storage, read> tables: array<u32>;\n\
                 fn load(at: vec2<i32>) -> vec4<f32> {{ return vec4(0.0); }}\n"
            );
            let module = parse(layout.name, &wgsl);
            let (size, fields) = offsets(&module, &layout).expect(layout.name);
            let rust = layout.fields.iter().map(|(name, at)| ((*name).to_owned(), *at));
            let rust: Vec<_> = rust.filter(|(name, _)| name != "padding").collect();
            assert_eq!(fields, rust, "{}", layout.name);
            assert_eq!(size, layout.size, "{}", layout.name);
            // A wrong offset is seen.
            let moved = wgsl.replacen(": f32,", ": vec2<f32>,", 1);
            if moved != wgsl
                && layout.fields.len() > 1
                && let Ok(module) = naga::front::wgsl::parse_str(&moved)
            {
                let moved = offsets(&module, &layout).expect(layout.name);
                assert_ne!(moved, (size, fields), "{}", layout.name);
            }
        }
    }
}
