//! Writes JPEG files for tests, from coefficients: right ones, and parts to make wrong ones of.

#![expect(clippy::cast_possible_truncation, reason = "tests make small numbers")]

use super::frame::{Component, Frame, Member, Scan};

/// A picture as its coefficients.
#[derive(Clone, Debug)]
pub(crate) struct Sketch {
    pub(super) frame: Frame,
    /// For each component all blocks, row by row, their coefficients in zigzag order.
    pub(super) blocks: Vec<Vec<[i16; 64]>>,
}

/// What a scan codes.
#[derive(Clone, Debug)]
pub(super) struct Pass {
    pub(super) members: Vec<usize>,
    pub(super) spectral: [u8; 2],
    pub(super) approximation: [u8; 2],
    pub(super) restart: usize,
    /// Blocks behind its interval that the last run of empty ones claims.
    pub(super) overrun: u32,
}

/// Returns a segment of a file.
pub(super) fn segment(marker: u8, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len() + 2).expect("a short segment");
    [&[0xff, marker], &length.to_be_bytes()[..], data].concat()
}

impl Sketch {
    /// Makes a picture up: most of it smooth, some blocks rich, some empty.
    pub(crate) fn new(width: usize, height: usize, sampling: &[(usize, usize)], seed: u64) -> Self {
        let components =
            sampling.iter().zip(1..).map(|(&(h, v), id)| Component { id, h, v, table: 0 });
        let frame = Frame { progressive: false, width, height, components: components.collect() };
        let mut state = seed;
        let mut random = move |below: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let mut block = || {
            let mut block = [0; 64];
            block[0] = random(200) as i16 - 100;
            let count = [0, 0, 3, 10, 63, 70][random(6) as usize];
            for value in &mut block[1..] {
                if random(64) < count {
                    let (most, sign) = (1 << random(8), 1 - 2 * random(2) as i16);
                    *value = (random(most) as i16 + 1) * sign;
                }
            }
            block
        };
        let count = |number| {
            let (columns, rows) = frame.all_blocks(number);
            columns * rows
        };
        let blocks =
            (0..sampling.len()).map(|number| (0..count(number)).map(|_| block()).collect());
        Self { blocks: blocks.collect(), frame }
    }

    /// Returns all in front of the first scan: tables and the frame header of that kind.
    pub(super) fn head(&self, sof: u8) -> Vec<u8> {
        let quantization = [&[0], &[2; 64][..]].concat();
        let side = |side: usize| u16::try_from(side).expect("16 bits").to_be_bytes();
        let components: Vec<u8> = self
            .frame
            .components
            .iter()
            .flat_map(|one| [one.id, u8::try_from(one.h << 4 | one.v).expect("8 bits"), 0])
            .collect();
        let count = u8::try_from(self.frame.components.len()).expect("few");
        let size = [side(self.frame.height), side(self.frame.width)].concat();
        // DC symbols have codes of 5 bits, AC symbols of 9: each its own number.
        let mut dc = vec![0; 17];
        dc[5] = 16;
        dc.extend(0..16);
        let mut ac = vec![0; 17];
        (ac[0], ac[9]) = (0x10, 255);
        ac.extend(0..255);
        [
            vec![0xff, 0xd8],
            segment(0xdb, &quantization),
            segment(sof, &[&[8], &size[..], &[count], &components].concat()),
            segment(0xc4, &dc),
            segment(0xc4, &ac),
        ]
        .concat()
    }

    /// Returns a scan with its header, and what sets its restart interval.
    pub(super) fn scan(&self, pass: &Pass) -> Vec<u8> {
        let count = u8::try_from(pass.members.len()).expect("few");
        let members = pass.members.iter().flat_map(|one| [self.frame.components[*one].id, 0]);
        let [high, low] = pass.approximation;
        let tail = [pass.spectral[0], pass.spectral[1], high << 4 | low];
        let header = [vec![count], members.collect(), tail.to_vec()].concat();
        let restart = u16::try_from(pass.restart).expect("16 bits").to_be_bytes();
        [segment(0xdd, &restart), segment(0xda, &header), self.data(pass)].concat()
    }

    /// Returns the whole file of a sequential picture, with these components together in each scan.
    pub(super) fn sequential(&self, scans: &[&[usize]], restart: usize) -> Vec<u8> {
        let pass = |members: &&[usize]| {
            let members = members.to_vec();
            self.scan(&Pass { members, restart, ..Pass::default() })
        };
        let scans: Vec<u8> = scans.iter().flat_map(pass).collect();
        [self.head(0xc0), scans, vec![0xff, 0xd9]].concat()
    }

    /// Returns the whole file of a sequential picture in one scan.
    pub(crate) fn baseline(&self, restart: usize) -> Vec<u8> {
        let all: Vec<usize> = (0..self.frame.components.len()).collect();
        self.sequential(&[&all], restart)
    }

    /// Returns the passes of a progressive picture, with refinements of all kinds.
    pub(super) fn passes(&self, restart: usize) -> Vec<Pass> {
        let all: Vec<usize> = (0..self.frame.components.len()).collect();
        let first = |approximation| Pass {
            members: all.clone(),
            spectral: [0; 2],
            approximation,
            restart,
            overrun: 0,
        };
        let bands = [([1, 5], [0, 2]), ([6, 63], [0, 2]), ([1, 63], [2, 1]), ([1, 63], [1, 0])];
        let band = |(spectral, approximation)| {
            all.iter().map(move |one| Pass {
                members: vec![*one],
                spectral,
                approximation,
                restart,
                overrun: 0,
            })
        };
        let mut passes = vec![first([0, 1])];
        passes.extend(bands.into_iter().flat_map(band));
        passes.insert(3, first([1, 0]));
        passes
    }

    /// Returns the whole file of a progressive picture.
    pub(crate) fn progressive(&self, restart: usize) -> Vec<u8> {
        self.progressive_of(&self.passes(restart))
    }

    /// Returns a progressive file of these scans.
    pub(super) fn progressive_of(&self, passes: &[Pass]) -> Vec<u8> {
        let scans = passes.iter().flat_map(|pass| self.scan(pass)).collect();
        [self.head(0xc2), scans, vec![0xff, 0xd9]].concat()
    }

    /// Returns the entropy-coded data of a scan.
    fn data(&self, pass: &Pass) -> Vec<u8> {
        let members = pass.members.iter().map(|one| Member { component: *one, tables: 0 });
        let scan = Scan {
            huffman: Vec::new(),
            restart_interval: pass.restart,
            members: members.collect(),
            spectral: pass.spectral,
            approximation: pass.approximation,
            data: &[],
            at: 0,
        };
        let (columns, rows) = self.frame.scan_units(&scan);
        let mut coder = Coder { pass: pass.clone(), ..Coder::default() };
        for unit in 0..columns * rows {
            if pass.restart > 0 && unit > 0 && unit % pass.restart == 0 {
                coder.restart(unit / pass.restart - 1);
            }
            for member in &scan.members {
                let (h, v) = self.frame.unit_blocks(&scan, *member);
                let stride = self.frame.all_blocks(member.component).0;
                for (down, across) in
                    (0..v).flat_map(|down| (0..h).map(move |across| (down, across)))
                {
                    let at = (unit / columns * v + down) * stride + unit % columns * h + across;
                    coder.block(member.component, &self.blocks[member.component][at]);
                }
            }
        }
        coder.finish()
    }
}

/// Codes blocks (ITU-T T.81, F.1.2 and G.1.2).
#[derive(Debug, Default)]
struct Coder {
    pass: Pass,
    out: Vec<u8>,
    held: u32,
    count: u32,
    predicted: [i16; 4],
    /// Blocks without anything new, and the bits that correct what is old in them.
    run: u32,
    corrections: Vec<u32>,
}

impl Default for Pass {
    fn default() -> Self {
        Self {
            members: Vec::new(),
            spectral: [0, 63],
            approximation: [0; 2],
            restart: 0,
            overrun: 0,
        }
    }
}

impl Coder {
    fn put(&mut self, bits: u32, count: u32) {
        for at in (0..count).rev() {
            self.held = self.held << 1 | bits >> at & 1;
            self.count += 1;
            if self.count == 8 {
                self.out.push(self.held as u8);
                if self.held as u8 == 0xff {
                    self.out.push(0);
                }
                (self.held, self.count) = (0, 0);
            }
        }
    }

    /// Writes the bits of a value of its size.
    fn value(&mut self, value: i32, size: u32) {
        let bits = if value < 0 { value - 1 } else { value };
        self.put(bits as u32 & ((1 << size) - 1), size);
    }

    fn symbol(&mut self, run: u32, size: u32) {
        self.put(run << 4 | size, 9);
    }

    fn block(&mut self, component: usize, block: &[i16; 64]) {
        let [first, last] = self.pass.spectral.map(usize::from);
        let [high, low] = self.pass.approximation;
        if first == 0 {
            if high > 0 {
                self.put((block[0] >> low) as u32 & 1, 1);
            } else {
                let value = block[0] >> low;
                let difference = i32::from(value - self.predicted[component]);
                self.predicted[component] = value;
                let size = 32 - difference.unsigned_abs().leading_zeros();
                self.put(size, 5);
                self.value(difference, size);
            }
        }
        if last > 0 && high > 0 {
            self.refine(&block[..=last], first, low);
        } else if last > 0 {
            self.begin(&block[..=last], first.max(1), low);
        }
    }

    /// Codes coefficients for the first time. Sequential scans have runs of one block alone.
    fn begin(&mut self, block: &[i16], first: usize, low: u8) {
        let mut zeros = 0;
        for value in &block[first..] {
            let value = i32::from(value.signum()) * (i32::from(value.abs()) >> low);
            if value == 0 {
                zeros += 1;
                continue;
            }
            self.end_run();
            while zeros > 15 {
                self.symbol(15, 0);
                zeros -= 16;
            }
            let size = 32 - value.unsigned_abs().leading_zeros();
            self.symbol(zeros, size);
            self.value(value, size);
            zeros = 0;
        }
        if zeros > 0 {
            self.run += 1;
            if self.pass.spectral[0] == 0 || self.run == 0x7fff {
                self.end_run();
            }
        }
    }

    fn refine(&mut self, block: &[i16], first: usize, low: u8) {
        let size = |k: usize| u32::from(block[k].unsigned_abs()) >> low;
        let end = (first..block.len()).rev().find(|k| size(*k) == 1).unwrap_or(0);
        let (mut zeros, mut corrections) = (0, Vec::new());
        for (k, value) in block.iter().enumerate().skip(first) {
            if size(k) == 0 {
                zeros += 1;
                continue;
            }
            while zeros > 15 && k <= end {
                self.end_run();
                self.symbol(15, 0);
                zeros -= 16;
                corrections.drain(..).for_each(|bit| self.put(bit, 1));
            }
            if size(k) > 1 {
                corrections.push(size(k) & 1);
                continue;
            }
            self.end_run();
            self.symbol(zeros, 1);
            self.put(u32::from(*value > 0), 1);
            corrections.drain(..).for_each(|bit| self.put(bit, 1));
            zeros = 0;
        }
        if zeros > 0 || !corrections.is_empty() {
            self.run += 1;
            self.corrections.extend(corrections);
            if self.run == 0x7fff {
                self.end_run();
            }
        }
    }

    fn end_run(&mut self) {
        if self.run > 0 {
            let bits = self.run.ilog2();
            self.symbol(bits, 0);
            self.put(self.run & ((1 << bits) - 1), bits);
            self.run = 0;
            std::mem::take(&mut self.corrections).into_iter().for_each(|bit| self.put(bit, 1));
        }
    }

    fn restart(&mut self, number: usize) {
        if self.run > 0 {
            self.run += self.pass.overrun;
        }
        self.flush();
        self.out.extend([0xff, 0xd0 + (number % 8) as u8]);
        self.predicted = [0; 4];
    }

    /// Fills up the last byte with ones.
    fn flush(&mut self) {
        self.end_run();
        while self.count > 0 {
            self.put(1, 1);
        }
    }

    fn finish(mut self) -> Vec<u8> {
        self.flush();
        self.out
    }
}
