// From samples of planes to pixels: upsampling and colour as codec/jpeg/rows.rs has them, number for number.
//
// An invocation makes four pixels of a row: three words.

struct Plane {
    // How it comes to full resolution: 0 it is there, 1 columns, 2 rows, 3 both are doubled, 4 nearest.
    rise: u32,
    // The words of a row.
    stride: u32,
    // The last column and row that are of the picture.
    last_x: u32,
    last_y: u32,
    // Pixels and samples, across and down.
    ratio: vec4<u32>,
}

struct Picture {
    width: u32,
    height: u32,
    // 0 YCbCr, 1 RGB, 2 CMYK, 3 YCCK.
    model: u32,
    unused: u32,
    planes: array<Plane, 4>,
}

@group(0) @binding(0) var<uniform> picture: Picture;
@group(0) @binding(1) var<storage, read> first: array<u32>;
@group(0) @binding(2) var<storage, read> second: array<u32>;
@group(0) @binding(3) var<storage, read> third: array<u32>;
@group(0) @binding(4) var<storage, read> fourth: array<u32>;
@group(0) @binding(5) var<storage, read_write> pixels: array<u32>;

fn at(plane: u32, x: u32, y: u32) -> i32 {
    let place = y * picture.planes[plane].stride + x / 4u;
    var word: u32;
    switch plane {
        case 0u: { word = first[place]; }
        case 1u: { word = second[place]; }
        case 2u: { word = third[place]; }
        default: { word = fourth[place]; }
    }
    return i32(word >> (x % 4u * 8u) & 255u);
}

// The neighbour of a place on the side that a pixel lies: three parts come of the near one, one of the far.
fn far(pixel: u32, last: u32) -> u32 {
    let near = min(pixel / 2u, last);
    return select(max(near, 1u) - 1u, min(near + 1u, last), pixel % 2u == 1u);
}

fn nearest(pixel: u32, pixels: u32, samples: u32, last: u32) -> u32 {
    return min((2u * pixel + 1u) * samples / (2u * pixels), last);
}

// The sample of a plane at a pixel.
fn sample(plane: u32, x: u32, y: u32) -> i32 {
    let one = picture.planes[plane];
    let near_x = min(x / 2u, one.last_x);
    let near_y = min(y / 2u, one.last_y);
    let far_x = far(x, one.last_x);
    let far_y = far(y, one.last_y);
    let right = i32(x % 2u);
    switch one.rise {
        case 0u: { return at(plane, x, y); }
        case 1u: { return (3 * at(plane, near_x, y) + at(plane, far_x, y) + 1 + right) >> 2u; }
        case 2u: {
            let bias = 1 + i32(y % 2u);
            return (3 * at(plane, x, near_y) + at(plane, x, far_y) + bias) >> 2u;
        }
        case 3u: {
            let near = 3 * at(plane, near_x, near_y) + at(plane, near_x, far_y);
            let beside = 3 * at(plane, far_x, near_y) + at(plane, far_x, far_y);
            return (3 * near + beside + 8 - right) >> 4u;
        }
        default: {
            let column = nearest(x, one.ratio.x, one.ratio.y, one.last_x);
            return at(plane, column, nearest(y, one.ratio.z, one.ratio.w, one.last_y));
        }
    }
}

// ITU-T T.871, clause 7, in the fixed point of libjpeg.
fn rgb_from_ycc(y: i32, cb: i32, cr: i32) -> vec3<i32> {
    let color = vec3(
        y + ((91881 * (cr - 128) + 32768) >> 16u),
        y + ((-22554 * (cb - 128) - 46802 * (cr - 128) + 32768) >> 16u),
        y + ((116130 * (cb - 128) + 32768) >> 16u),
    );
    return clamp(color, vec3(0), vec3(255));
}

fn pixel(x: u32, y: u32) -> vec3<u32> {
    let a = sample(0u, x, y);
    let b = sample(1u, x, y);
    let c = sample(2u, x, y);
    var color = vec3(a, b, c);
    if picture.model == 0u || picture.model == 3u {
        color = rgb_from_ycc(a, b, c);
    }
    if picture.model >= 2u {
        // Ink is stored inverted; of YCCK what comes is not.
        let ink = select(color, 255 - color, picture.model == 3u);
        let product = ink * sample(3u, x, y) + 128;
        color = (product + (product >> vec3(8u))) >> vec3(8u);
    }
    return vec3<u32>(color);
}

@compute @workgroup_size(16, 4)
fn make_pixels(@builtin(global_invocation_id) id: vec3<u32>) {
    let words = (picture.width + 3u) / 4u;
    if id.x >= words || id.y >= picture.height {
        return;
    }
    let x = id.x * 4u;
    let last = picture.width - 1u;
    let a = pixel(x, id.y);
    let b = pixel(min(x + 1u, last), id.y);
    let c = pixel(min(x + 2u, last), id.y);
    let d = pixel(min(x + 3u, last), id.y);
    let start = (id.y * words + id.x) * 3u;
    pixels[start] = a.r | a.g << 8u | a.b << 16u | b.r << 24u;
    pixels[start + 1u] = b.g | b.b << 8u | c.r << 16u | c.g << 24u;
    pixels[start + 2u] = c.b | d.r << 8u | d.g << 16u | d.b << 24u;
}
