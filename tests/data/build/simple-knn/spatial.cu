__global__ void nearest(const float *points, float *out, int count) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  float best = 1e30f;
  for (int j = 0; j < count; ++j) {
    float d = points[i] - points[j];
    if (j != i && d * d < best) best = d * d;
  }
  out[i] = best;
}

void launch_nearest(const float *points, float *out, int count) {
  nearest<<<(count + 255) / 256, 256>>>(points, out, count);
}
