#include "detforge/nn/layers/spectral_norm.h"

namespace detforge::nn {

SpectralNorm::SpectralNorm(const std::shared_ptr<Layer>& layer) : conv_(std::dynamic_pointer_cast<Conv2d>(layer)) {
  if (!conv_) throw ArgumentError("with_spectral_norm", "needs a Conv2d, got a " + layer->python_name());
  weight_orig_ = conv_->rename_weight("weight_orig");
  u_ = conv_->register_buffer("weight_u", torch::empty({weight_orig_.size(0)}));
  v_ = conv_->register_buffer("weight_v", torch::empty({weight_orig_.numel() / weight_orig_.size(0)}));
}

void SpectralNorm::reset() {
  for (torch::Tensor* vector : {&u_, &v_}) {
    vector->normal_();
    vector->div_(vector->norm());
  }
}

void SpectralNorm::normalise_weight() {
  const torch::Tensor matrix = weight_orig_.flatten(1);
  constexpr double smallest = 1e-12;
  if (conv_->is_training()) {
    const torch::NoGradGuard no_grad;
    const auto unit = [](const torch::Tensor& vector) { return vector / vector.norm().clamp_min(smallest); };
    v_.copy_(unit(torch::mv(matrix.t(), u_)));
    u_.copy_(unit(torch::mv(matrix, v_)));
  }
  const torch::Tensor largest = torch::dot(u_.clone(), torch::mv(matrix, v_.clone()));
  conv_->weight() = weight_orig_ / largest;
}

}  // namespace detforge::nn
