#include <glm/glm.hpp>
#include "rasterize.h"

__global__ void splat(const glm::vec3 *points, float *out, float scale, int count) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) out[i] = scale * (points[i].x + points[i].y + points[i].z);
}

void launch_splat(const float *points, float *out, float scale, int count) {
  splat<<<(count + 255) / 256, 256>>>(reinterpret_cast<const glm::vec3 *>(points), out, scale, count);
}
