#pragma once

#include "detforge/models/blocks/token_map.h"
#include "detforge/nn/init/weight_init.h"
#include "detforge/nn/layers/dropout.h"

namespace detforge {

/// PVT's positions (arXiv 2102.12122): each place of a map has numbers of its own, interpolated for maps of another size.
class AbsolutePositionEmbedding : public TokenLayer {
 public:
  struct Options {
    ImageSize size;  ///< of the map that they were trained with
    std::int64_t channels = 0;
    double drop_rate = 0;
  };

  explicit AbsolutePositionEmbedding(const Options& options) : TokenLayer("AbsolutePositionEmbedding"), size_(options.size) {
    pos_embed_ = register_parameter("pos_embed", torch::empty({1, size_.height * size_.width, options.channels}));
    drop_ = register_module("drop", std::make_shared<nn::Dropout>(nn::Dropout::Options{.p = options.drop_rate}));
  }

  void reset_parameters() override {
    const torch::NoGradGuard no_grad;
    pos_embed_.zero_();
  }
  void init_weights(const nn::PretrainedLoader&) override { nn::fill_trunc_normal(pos_embed_, 0, 0.02); }

 protected:
  torch::Tensor compute(const TokenMap& map) override {
    const std::array<std::int64_t, 2> size = {map.size.height, map.size.width};
    return drop_->forward(map.tokens +
                          nchw_to_nlc(torch::upsample_bilinear2d(nlc_to_nchw(pos_embed_, size_), size, /*align_corners=*/false)));
  }

 private:
  ImageSize size_;
  torch::Tensor pos_embed_;  // [1, H·W, C]
  std::shared_ptr<nn::Dropout> drop_;
};

}  // namespace detforge
