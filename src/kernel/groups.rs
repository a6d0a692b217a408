//! From what there is to compute to a number of workgroups, and the limits on both.

use super::reflect::wrong;
use crate::error::{Error, Result};

/// What one workgroup is: its invocations along x, y, z and the memory that they share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Workgroup {
    pub(super) size: [u32; 3],
    pub(super) shared_bytes: u64,
}

/// Returns the workgroups that give each element of a shape an invocation.
///
/// ```text
///   workgroup (64, 1, 1), shape [h, w]      ─► ceil(h·w / 64) along x
///   workgroup (8, 8, 1), shape [d, h, w]    ─► ceil(w / 8), ceil(h / 8), d
/// ```
pub(super) fn over(shape: &[usize], workgroup: [u32; 3], is_more_than_1d: bool) -> [u64; 3] {
    let invocations = if workgroup[1..] == [1, 1] && !is_more_than_1d {
        [product(shape), 1, 1]
    } else {
        let from_last = |axis: usize| shape.len().checked_sub(axis + 1).map_or(1, |at| shape[at]);
        let outer = &shape[..shape.len().saturating_sub(2)];
        [from_last(0) as u64, from_last(1) as u64, product(outer)]
    };
    for_invocations(invocations, workgroup)
}

/// Returns the workgroups for so many invocations along each axis.
pub(super) fn for_invocations(invocations: [u64; 3], workgroup: [u32; 3]) -> [u64; 3] {
    [0, 1, 2].map(|axis| invocations[axis].div_ceil(u64::from(workgroup[axis]).max(1)))
}

fn product(shape: &[usize]) -> u64 {
    shape.iter().fold(1, |product: u64, len| product.saturating_mul(*len as u64))
}

/// Checks a number of workgroups against what a device starts at once.
pub(super) fn check_groups(
    name: &str,
    groups: [u64; 3],
    workgroup: [u32; 3],
    limits: &wgpu::Limits,
) -> Result<[u32; 3]> {
    let most = limits.max_compute_workgroups_per_dimension;
    let mut checked = [0; 3];
    for (axis, letter) in ["x", "y", "z"].into_iter().enumerate() {
        let fitting = u32::try_from(groups[axis]).ok().filter(|groups| *groups <= most);
        checked[axis] = fitting.ok_or_else(|| Error::Limit {
            what: format!("kernel {name}: the dispatch along {letter}"),
            got: format!("{} workgroups of {}", groups[axis], workgroup[axis]),
            limit: format!("{most} workgroups"),
            hint: format!(
                "make the workgroup larger, let an invocation do several elements and say how many \
                 workgroups with Dispatch::Groups, or spread them over x and y and compute the index \
                 from both (an index of id.{letter} alone cannot be spread)"
            ),
        })?;
    }
    Ok(checked)
}

/// Checks a workgroup against what a device has.
pub(super) fn check_workgroup(
    name: &str,
    workgroup: Workgroup,
    limits: &wgpu::Limits,
) -> Result<()> {
    let [x, y, z] = workgroup.size;
    let most = [
        limits.max_compute_workgroup_size_x,
        limits.max_compute_workgroup_size_y,
        limits.max_compute_workgroup_size_z,
    ];
    let invocations = u64::from(x) * u64::from(y) * u64::from(z);
    let too_much = |what: &str, got: String, limit: String, hint: &str| Error::Limit {
        what: format!("kernel {name}: {what}"),
        got,
        limit,
        hint: hint.to_owned(),
    };
    if workgroup.size.contains(&0) {
        return Err(wrong(name, format!("a workgroup of {x} x {y} x {z} has no invocation")));
    }
    if workgroup.size.iter().zip(&most).any(|(size, most)| size > most) {
        let got = format!("{x} x {y} x {z}");
        let limit = format!("{} x {} x {}", most[0], most[1], most[2]);
        return Err(too_much("the workgroup", got, limit, "make @workgroup_size smaller"));
    }
    let limit = limits.max_compute_invocations_per_workgroup;
    if invocations > u64::from(limit) {
        let got = format!("{x} x {y} x {z} = {invocations} invocations");
        let limit = format!("{limit} invocations");
        return Err(too_much("the workgroup", got, limit, "make @workgroup_size smaller"));
    }
    let limit = limits.max_compute_workgroup_storage_size;
    if workgroup.shared_bytes > u64::from(limit) {
        let got = format!("{} bytes", workgroup.shared_bytes);
        let limit = format!("{limit} bytes");
        return Err(too_much("var<workgroup> memory", got, limit, "share less in a workgroup"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{check_groups, for_invocations, over};

    #[test]
    fn workgroups_cover_a_shape() {
        type Row = (&'static [usize], [u32; 3], bool, [u64; 3]);
        let table: [Row; 9] = [
            (&[], [64, 1, 1], false, [1, 1, 1]),
            (&[1000], [64, 1, 1], false, [16, 1, 1]),
            (&[10, 100], [64, 1, 1], false, [16, 1, 1]),
            (&[10, 100], [64, 1, 1], true, [2, 10, 1]),
            (&[10, 100], [8, 8, 1], false, [13, 2, 1]),
            (&[3, 10, 100], [8, 8, 1], false, [13, 2, 3]),
            (&[2, 3, 10, 100], [8, 8, 2], true, [13, 2, 3]),
            (&[100], [8, 8, 1], false, [13, 1, 1]),
            (&[0, 5], [8, 1, 1], false, [0, 1, 1]),
        ];
        for (shape, workgroup, is_more_than_1d, expected) in table {
            assert_eq!(
                over(shape, workgroup, is_more_than_1d),
                expected,
                "{shape:?} {workgroup:?}"
            );
        }
    }

    #[test]
    fn more_workgroups_than_a_device_starts_are_refused() {
        let limits = wgpu::Limits::default();
        let groups = |count: u64| {
            let groups = for_invocations([count, 1, 1], [64, 1, 1]);
            check_groups("k", groups, [64, 1, 1], &limits).is_ok()
        };
        for (count, fits) in
            [(0, true), (65_535 * 64, true), (65_535 * 64 + 1, false), (u64::MAX, false)]
        {
            assert_eq!(groups(count), fits, "{count}");
        }
    }
}
