#pragma once

#include "detforge/models/necks/level_range.h"
#include "detforge/models/necks/neck.h"
#include "detforge/nn/interpolate.h"
#include "detforge/nn/layers/containers.h"
#include "detforge/nn/layers/conv_module.h"

namespace detforge {

/// Feature Pyramid Network (arXiv 1612.03144): levels [N, in_channels[i], H_i, W_i], finest first → `num_outs` levels of
/// `out_channels`, the coarse ones added to the fine ones; levels beyond the backbone's have half the size of the one before.
class FPN : public Neck {
 public:
  struct Options {
    std::vector<std::int64_t> in_channels;
    std::int64_t out_channels = 0;
    std::int64_t num_outs = 0;
    std::int64_t start_level = 0;
    std::int64_t end_level = -1;
    std::variant<bool, std::string> add_extra_convs = false;
    bool extra_convs_on_inputs = true;
    bool relu_before_extra_convs = false;
    bool no_norm_on_lateral = false;
    std::optional<ConfigDict> conv_cfg;
    std::optional<ConfigDict> norm_cfg;
    std::optional<ConfigDict> act_cfg;
    ConfigDict upsample_cfg = {{"mode", "nearest"}};
    std::optional<Value> init_cfg = xavier_init_cfg();
  };
  static Arguments<Options> arguments();
  /// dict(type='Xavier', layer='Conv2d', distribution='uniform')
  static Value xavier_init_cfg();

  FPN(const Options& options, const BuildContext& context) : FPN("FPN", options, context) {}

 protected:
  FPN(std::string python_name, const Options& options, const BuildContext& context);
  nn::Features compute(const nn::Features& features) override;

  /// The used levels of the backbone in `out_channels`, the coarse ones added to the fine ones.
  nn::Features merge_laterals(const nn::Features& features);
  /// The convolution behind each of them.
  nn::Features convolve(const nn::Features& laterals);
  /// Appends the levels beyond the backbone's.
  void append_extra_levels(const nn::Features& features, const nn::Features& laterals, nn::Features& outputs);

  const LevelRange& levels() const { return levels_; }
  const std::shared_ptr<nn::ModuleList<>>& lateral_convs() const { return lateral_convs_; }
  const std::shared_ptr<nn::ModuleList<>>& fpn_convs() const { return fpn_convs_; }

 private:
  enum class Source { Pool, Input, Lateral, Output };  // what the first extra level is made of
  static Source source_of(const Options& options);

  std::size_t num_outs_;
  LevelRange levels_;
  Source extra_source_;
  bool relu_before_extra_convs_;
  nn::Interpolation upsample_;
  std::shared_ptr<nn::ModuleList<>> lateral_convs_;
  std::shared_ptr<nn::ModuleList<>> fpn_convs_;  // those of the extra levels behind the others
};

}  // namespace detforge
