#pragma once

#include <array>

#include "detforge/models/blocks/residual_block.h"

namespace detforge {

/// The plugins of a bottleneck, which stand after its first, second or third convolution.
class BlockPlugins {
 public:
  /// Registers the layers with `block`; `channels` are those after each convolution.
  /// Throws `ArgumentError` for an unknown position and for two layers of one name.
  BlockPlugins(nn::Module& block, const std::vector<ConfigDict>& plugins, const std::array<std::int64_t, 3>& channels,
               const BuildContext& context);

  /// What comes out behind the convolution `number`, 1 to 3. In 2.8 each plugin gets `input`, so that only the last
  /// counts; in 2.27 what the one before gave.
  torch::Tensor after_conv(std::size_t number, const torch::Tensor& input) const;
  bool is_empty_after(std::size_t number) const { return layers_[number - 1].empty(); }

 private:
  bool only_last_counts_;
  std::array<std::vector<std::shared_ptr<nn::Layer>>, 3> layers_;
};

}  // namespace detforge
