#pragma once

#include <map>

#include "detforge/models/backbones/backbone.h"
#include "detforge/models/blocks/residual_stage.h"
#include "detforge/nn/activations/relu.h"

namespace detforge {

/// ResNet (arXiv 1512.03385): [N, 3, H, W] → one level per `out_indices`; stage i has stride 4 · 2^i and
/// base_channels · 2^i · expansion channels with the usual strides.
class ResNet : public Backbone {
 public:
  struct Options {
    std::int64_t depth = 0;
    std::int64_t in_channels = 3;
    std::optional<std::int64_t> stem_channels;
    std::int64_t base_channels = 64;
    std::int64_t num_stages = 4;
    std::vector<std::int64_t> strides = {1, 2, 2, 2};
    std::vector<std::int64_t> dilations = {1, 1, 1, 1};
    std::vector<std::int64_t> out_indices = {0, 1, 2, 3};
    std::string style = "pytorch";
    bool deep_stem = false;
    bool avg_down = false;
    std::int64_t frozen_stages = -1;
    std::optional<ConfigDict> conv_cfg;
    ConfigDict norm_cfg = {{"type", "BN"}, {"requires_grad", true}};
    bool norm_eval = true;
    std::optional<ConfigDict> dcn;
    std::vector<bool> stage_with_dcn = {false, false, false, false};
    std::optional<std::vector<ConfigDict>> plugins;
    bool with_cp = false;
    bool zero_init_residual = true;
    std::optional<std::string> pretrained;
    std::optional<Value> init_cfg;
  };
  static Arguments<Options> arguments();

  ResNet(const Options& options, const BuildContext& context);
  void train(bool on = true) override;
  void init_weights(const nn::PretrainedLoader& load_pretrained) override;

  /// Blocks per stage of the depths that have bottlenecks: 50, 101 and 152.
  static const std::map<std::int64_t, std::vector<std::int64_t>>& bottleneck_stages();
  /// Kind and number of blocks per stage of `depth`. Throws `ArgumentError` for another than 18, 34, 50, 101, 152.
  static std::pair<ResidualBlockKind, std::vector<std::int64_t>> architecture(std::int64_t depth);

 protected:
  /// What a relative of ResNet does otherwise.
  struct Stage {
    ResidualBlockKind block;
    std::int64_t planes = 0;
    std::int64_t num_blocks = 0;
    /// The blocks in a row, where they are not a plain `ResLayer`.
    std::function<std::shared_ptr<ResLayer>(const ResidualBlockKind&, const ResLayer::Options&, const BuildContext&)> make_layer = {};
  };
  enum class Stem { SevenBySeven, Deep, ThreeByThree };  // the last has no pool behind it
  struct Architecture {
    std::string python_name;
    Stem stem = Stem::SevenBySeven;
    std::vector<Stage> stages = {};
    std::string last_norm = "norm3";  ///< of a block, which zero_init_residual sets to 0; empty: it does not
    std::string layer_python_name = "ResLayer";
    bool falls_back_on_stride = false;
    bool pools_without_stride = true;  ///< avg_down
  };
  ResNet(const Options& options, const Architecture& architecture, const BuildContext& context);
  static Architecture resnet_architecture(const Options& options);
  /// `block` for the depths of bottlenecks. Throws `ArgumentError` for another depth.
  static Architecture bottleneck_architecture(
      const std::string& python_name, const Options& options, const ResidualBlockKind& block,
      const std::map<std::int64_t, std::vector<std::int64_t>>& stages_of_depth = bottleneck_stages());

  nn::Features compute(const torch::Tensor& image) override;
  torch::Tensor forward_stem(const torch::Tensor& image);
  bool gives_out(std::size_t stage) const;
  const std::vector<std::shared_ptr<ResLayer>>& stages() const { return stages_; }

 private:
  static void check(const Options& options, std::int64_t num_stages);
  void make_stem(const Options& options, Stem stem, const BuildContext& context);
  void make_stage(const Options& options, const Architecture& architecture, std::size_t index, const BuildContext& context);
  void freeze_stages();

  std::vector<std::int64_t> out_indices_;
  std::int64_t frozen_stages_;
  bool norm_eval_;
  bool zeroes_offsets_;    // 2.8 lets deformable convolutions begin as plain ones, 2.27 does not
  std::int64_t inplanes_;  // channels of the stage built last
  std::vector<std::shared_ptr<nn::Layer>> stem_;
  std::vector<std::shared_ptr<ResLayer>> stages_;
  std::shared_ptr<nn::Layer> maxpool_;  // null without
};

}  // namespace detforge
