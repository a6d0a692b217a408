use super::{ImageLayout, Rows, Shader, assemble as assemble_rows};
use crate::device::gpu::testing::{
    BROKEN, SHIFT, ToyParams, assert_same_layout, info, pass, plan, scale, validated,
};
use crate::dtype::DType;
use crate::error::Result;
use crate::layout::Layout;
use crate::op::pass::{Channels, PlannedPass};
use crate::op::twin::{ParamBlock, ParamLayout};

const DTYPES: [DType; 4] = [DType::U8, DType::U16, DType::F16, DType::F32];

/// A pass from one type to another, alone or with a twin and steps.
fn planned(src: &DType, dst: &DType, channels: usize, full: bool) -> PlannedPass {
    let source = info(src, [3, 5, channels]);
    let channels = Channels::from(source.format);
    let step = || scale(2.0, 0.5, channels);
    let one = if full {
        (vec![step(), step()], Some(pass(&SHIFT, 1, 0.25, [3, 5])), vec![step()])
    } else {
        (Vec::new(), None, Vec::new())
    };
    plan(source, vec![one], dst).passes.remove(0)
}

fn assemble(planned: &PlannedPass) -> Result<Shader> {
    assemble_rows(planned, Rows::all(planned.src.height()))
}

fn text(planned: &PlannedPass) -> String {
    let Shader { text } = assemble(planned).expect("a shader");
    text
}

#[test]
fn every_type_and_number_of_channels_makes_a_valid_shader() {
    for src in &DTYPES {
        for dst in &DTYPES {
            for channels in 1..=4 {
                for full in [false, true] {
                    let planned = planned(src, dst, channels, full);
                    validated(&text(&planned));
                    let around = Rows { first: 2, count: 2, height: 3 };
                    validated(&assemble_rows(&planned, around).expect("a shader").text);
                }
            }
        }
    }
}

#[test]
fn every_stride_makes_a_valid_shader_of_the_right_fetch() {
    let table: [(DType, usize, [isize; 3], usize, &str); 10] = [
        (DType::F32, 4, [80, 16, 4], 0, "pixels all start at multiples of 16"),
        (DType::F32, 2, [80, 16, 4], 16, "pixels all start at multiples of 16"),
        (DType::F32, 3, [60, 12, 4], 0, "only asked for at multiples of 4"),
        (DType::F32, 3, [20, 4, 60], 0, "only asked for at multiples of 4"),
        (DType::U8, 4, [20, -4, 1], 80, "only asked for at multiples of 4"),
        (DType::U8, 3, [15, 3, 1], 0, "at multiples of their size"),
        (DType::U8, 4, [20, 4, -1], 3, "at multiples of their size"),
        (DType::U16, 1, [10, 2, 2], 2, "at multiples of their size"),
        (DType::U16, 2, [21, 4, 2], 1, "start at any byte"),
        (DType::F32, 1, [21, 4, 4], 1, "start at any byte"),
    ];
    for (dtype, channels, strides, offset, fetch) in table {
        let mut planned = planned(&dtype, &DType::U8, channels, true);
        let shape = [3, 5, channels];
        planned.src.layout =
            Layout::new(dtype.clone(), &shape, &strides, offset).expect("a layout");
        let text = text(&planned);
        validated(&text);
        assert!(text.contains(fetch), "{dtype} x {channels}, strides {strides:?}:\n{text}");
    }
}

#[test]
fn a_file_is_taken_once_and_the_pass_twin_comes_first() {
    let text = text(&planned(&DType::U8, &DType::U8, 3, true));
    assert!(text.starts_with("struct ToyParams"), "{text}");
    assert_eq!(text.matches("fn toy_scale").count(), 1);
    assert!(text.contains("pixel = toy_scale(pixel, params.p1);"), "{text}");
    assert!(text.contains("var pixel = toy_shift(at, params.p2);"), "{text}");
    assert!(text.contains("pixel = toy_scale(pixel, params.p3);"), "{text}");
}

#[test]
fn structs_are_laid_out_alike_in_rust_and_wgsl() {
    let module = validated(&text(&planned(&DType::U8, &DType::U8, 3, true)));
    assert_same_layout(&module, &ToyParams::LAYOUT);
    let image = ParamLayout {
        name: "ImageLayout",
        size: size_of::<ImageLayout>(),
        fields: &[
            ("size", std::mem::offset_of!(ImageLayout, size)),
            ("strides", std::mem::offset_of!(ImageLayout, strides)),
            ("rows", std::mem::offset_of!(ImageLayout, rows)),
            ("offset", std::mem::offset_of!(ImageLayout, offset)),
            ("channel", std::mem::offset_of!(ImageLayout, channel)),
        ],
    };
    assert_same_layout(&module, &image);
}

#[test]
fn parameter_blocks_lie_where_the_shader_looks_for_them() {
    let planned = planned(&DType::U8, &DType::U8, 3, true);
    let module = validated(&text(&planned));
    let size = super::params_bytes(&planned).len();
    let fields = &[("p0", 0), ("p1", 16), ("p2", 32), ("p3", 48)];
    assert_same_layout(&module, &ParamLayout { name: "Params", size, fields });
}

#[test]
#[should_panic(expected = "ToyParams.summand: Some(4), not 8")]
fn a_struct_that_differs_is_noticed() {
    let module = validated(&text(&planned(&DType::U8, &DType::U8, 3, true)));
    let fields = &[("factor", 0), ("summand", 8), ("shift", 8)];
    assert_same_layout(&module, &ParamLayout { name: "ToyParams", size: 12, fields });
}

#[test]
#[should_panic(expected = "vec3")]
fn a_broken_shader_is_noticed() {
    let mut planned = planned(&DType::U8, &DType::U8, 3, false);
    planned.pass = Some(pass(&BROKEN, 0, 0.0, [3, 5]));
    validated(&text(&planned));
}

#[test]
fn a_destination_that_invocations_would_share_is_refused() {
    let mut planned = planned(&DType::U8, &DType::U8, 3, false);
    planned.dst.layout = Layout::contiguous(DType::U8, &[3, 5, 3]).expect("a layout");
    let error = assemble(&planned).expect_err("rows of 15 bytes share words");
    assert!(error.to_string().contains("PaddedPixels"), "{error}");
}
