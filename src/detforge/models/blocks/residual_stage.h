#pragma once

#include "detforge/models/blocks/residual_block.h"
#include "detforge/nn/layers/containers.h"

namespace detforge {

/// One stage of a ResNet: blocks of one kind one after the other, as mmdet's `ResLayer`.
class ResLayer : public nn::BaseSequential {
 public:
  struct Options {
    ResidualBlockOptions block;  ///< stride and downsample are those of the block that changes the shape
    std::int64_t num_blocks = 1;
    bool avg_down = false;             ///< the input is pooled instead of skipped over
    bool pools_without_stride = true;  ///< with avg_down, where only the channels change too
    bool downsample_first = true;      ///< the first block changes the shape, else the last (Hourglass)
    bool fallback_on_stride = false;   ///< the first block has no deformable convolution
    std::string python_name = "ResLayer";
  };

  ResLayer(const ResidualBlockKind& kind, const Options& options, const BuildContext& context);

 private:
  static std::shared_ptr<nn::Layer> make_downsample(const ResidualBlockKind& kind, const Options& options, const BuildContext& context);
};

}  // namespace detforge
