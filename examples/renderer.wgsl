// Three lit spheres, made of triangles from the number of the vertex alone.

const RINGS = 32u;
const SEGMENTS = 48u;
const PI = 3.14159265;

struct Varying {
    @builtin(position) position: vec4<f32>,
    @location(0) normal: vec3<f32>,
    @location(1) color: vec3<f32>,
}

@vertex
fn vertex(@builtin(vertex_index) vertex: u32, @builtin(instance_index) instance: u32) -> Varying {
    // Two triangles for each quad of the sphere's grid.
    var corners = array(vec2(0u, 0u), vec2(0u, 1u), vec2(1u, 0u), vec2(1u, 0u), vec2(0u, 1u), vec2(1u, 1u));
    let quad = vertex / 6u;
    let at = vec2(quad % SEGMENTS, quad / SEGMENTS) + corners[vertex % 6u];
    let around = 2.0 * PI * f32(at.x) / f32(SEGMENTS);
    let down = PI * f32(at.y) / f32(RINGS);
    let normal = vec3(sin(down) * cos(around), cos(down), sin(down) * sin(around));

    var centers = array(vec3(-0.9, -0.1, 3.2), vec3(0.1, 0.15, 4.0), vec3(0.75, -0.35, 2.6));
    var colors = array(vec3(0.9, 0.25, 0.12), vec3(0.15, 0.5, 0.95), vec3(0.95, 0.75, 0.2));
    let radius = array(0.6, 0.9, 0.4)[instance];
    let place = centers[instance] + radius * normal;
    // A camera at the origin that looks along z; the frame is 4 to 3.
    let near = 0.1;
    let far = 10.0;
    let depth = (place.z - near) * far / (far - near);
    return Varying(vec4(place.x * 1.5, place.y * 2.0, depth, place.z), normal, colors[instance]);
}

@fragment
fn fragment(in: Varying) -> @location(0) vec4<f32> {
    let normal = normalize(in.normal);
    let light = normalize(vec3(-0.5, 0.8, -0.9));
    let diffuse = max(dot(normal, light), 0.0);
    let half_way = normalize(light + vec3(0.0, 0.0, -1.0));
    let shine = pow(max(dot(normal, half_way), 0.0), 60.0);
    return vec4(in.color * (0.06 + 0.9 * diffuse) + shine * 0.6, 1.0);
}
