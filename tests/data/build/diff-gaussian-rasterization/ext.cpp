#include <torch/extension.h>
#include "rasterize.h"

torch::Tensor splat(torch::Tensor points, double scale) {
  auto out = torch::empty({points.size(0)}, points.options());
  launch_splat(points.data_ptr<float>(), out.data_ptr<float>(), static_cast<float>(scale), points.size(0));
  return out;
}

PYBIND11_MODULE(TORCH_EXTENSION_NAME, m) { m.def("splat", &splat); }
