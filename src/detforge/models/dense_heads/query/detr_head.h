#pragma once

#include "detforge/models/dense_heads/query/query_head.h"
#include "detforge/nn/layers/conv2d.h"
#include "detforge/nn/layers/embedding.h"
#include "detforge/nn/layers/linear.h"
#include "detforge/nn/transformer/ffn.h"
#include "detforge/nn/transformer/transformer.h"

namespace detforge {

/// DETR's head (arXiv 2005.12872): a transformer over one feature [N, in_channels, H, W].
class DETRHead : public QueryHead {
 public:
  struct Options : QueryHead::Options {
    std::int64_t num_query = 100;
    std::int64_t num_reg_fcs = 2;
    std::optional<ConfigDict> transformer;
    bool sync_cls_avg_factor = false;
    std::optional<Value> init_cfg;
  };
  static Arguments<Options> arguments();

  DETRHead(const Options& options, const BuildContext& context);

  void init_weights(const nn::PretrainedLoader& load_pretrained) override { transformer_->init_weights(load_pretrained); }

 protected:
  /// With the network before the boxes that `make_reg_ffn` makes.
  using MakeFFN = std::function<std::shared_ptr<nn::FFN>(const nn::FFN::Options&, const BuildContext&)>;
  DETRHead(std::string python_name, const Options& options, const Traits& traits, const MakeFFN& make_reg_ffn, const BuildContext& context);

  HeadOutputs compute_masked(const nn::Features& features, const nn::Features& masks) override;

 private:
  std::shared_ptr<nn::Transformer> transformer_;
  std::shared_ptr<nn::Conv2d> input_proj_;
  std::shared_ptr<nn::Linear> fc_cls_;
  std::shared_ptr<nn::FFN> reg_ffn_;
  std::shared_ptr<nn::Linear> fc_reg_;
  std::shared_ptr<nn::Embedding> query_embedding_;
};

/// The `act_cfg` of a transformer's config, ReLU where it has none.
ConfigDict activation_of_transformer(const std::optional<ConfigDict>& transformer);

}  // namespace detforge
