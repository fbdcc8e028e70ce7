#include "detforge/models/inference/channels_last.h"

namespace detforge {

void to_channels_last(torch::nn::Module& model) {
  const torch::NoGradGuard no_grad;
  for (torch::Tensor& parameter : model.parameters()) {
    if (parameter.dim() == 4) parameter.set_data(parameter.contiguous(torch::MemoryFormat::ChannelsLast));
  }
}

}  // namespace detforge
