#pragma once
namespace glm {
struct vec3 { float x, y, z; };
}
