#pragma once

#include "detforge/models/blocks/residual_block.h"
#include "detforge/nn/activations/relu.h"
#include "detforge/nn/layers/containers.h"

namespace detforge {

/// HRNet's module (arXiv 1904.04514): branches of residual blocks, branch i with stride 2^i of the first, each of which
/// then gets the sum of all.
class HRModule : public nn::Module {
 public:
  struct Options {
    ResidualBlockKind block;
    std::vector<std::int64_t> num_blocks;    ///< of each branch
    std::vector<std::int64_t> num_channels;  ///< of each branch, before the block's expansion
    bool multiscale_output = true;           ///< else only the first branch comes out
    std::optional<ConfigDict> conv_cfg;
    ConfigDict norm_cfg = {{"type", "BN"}};
    std::optional<Value> block_init_cfg;
  };

  HRModule(const Options& options, const BuildContext& context);

  /// One tensor per branch in and, with `multiscale_output`, out.
  nn::Features forward(const nn::Features& branches) {
    return nn::observed(*this, branches, [&] { return compute(branches); });
  }

 private:
  nn::Features compute(const nn::Features& branches);
  std::shared_ptr<nn::Layer> make_fuse_layer(const Options& options, std::size_t from, std::size_t to, const BuildContext& context) const;

  std::shared_ptr<nn::BaseModuleList<>> branches_;
  std::shared_ptr<nn::ModuleList<nn::ModuleList<>>> fuse_layers_;  // null with one branch
  std::shared_ptr<nn::ReLU> relu_;
};

/// A convolution without bias and its normalisation, in a sequence that an activation may end.
std::shared_ptr<nn::Sequential> make_conv_norm(const std::optional<ConfigDict>& conv_cfg, const ConfigDict& norm_cfg,
                                               std::int64_t in_channels, std::int64_t out_channels, std::int64_t kernel_size,
                                               std::int64_t stride, const BuildContext& context);

}  // namespace detforge
