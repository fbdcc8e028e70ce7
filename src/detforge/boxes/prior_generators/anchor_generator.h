#pragma once

#include "detforge/boxes/prior_generators/prior_generator.h"

namespace detforge {

/// Anchors: boxes of some sizes and shapes around every place of every level.
class AnchorGenerator : public PriorGenerator {
 public:
  using Pair = std::array<double, 2>;
  struct Options {
    std::vector<std::variant<double, Pair>> strides;  ///< one number stands for both
    std::vector<double> ratios;
    std::optional<std::vector<double>> scales;
    std::optional<std::vector<double>> base_sizes;
    bool scale_major = true;
    std::optional<double> octave_base_scale;
    std::optional<std::int64_t> scales_per_octave;
    std::optional<std::vector<Pair>> centers;
    double center_offset = 0;
  };
  static Arguments<Options> arguments();

  AnchorGenerator(const Options& options, const BuildContext&) : AnchorGenerator(options, Convention::Continuous) {}

  std::size_t num_levels() const override { return base_anchors_.size(); }
  std::vector<std::int64_t> num_base_priors() const override;
  std::vector<torch::Tensor> grid_priors(std::span<const ImageSize> featmap_sizes, const torch::TensorOptions& options = {}) const override;
  std::vector<Pair> strides() const override { return strides_; }

  /// Per level [A, 4] xyxy px: the anchors of the place at the origin.
  const std::vector<torch::Tensor>& base_anchors() const { return base_anchors_; }
  /// Per level the size in px that scales multiply, where one serves all anchors.
  const std::vector<double>& base_sizes() const { return base_sizes_; }
  /// Those of all levels, the octave's fractions of its scale included; empty where levels have scales of their own.
  const std::vector<double>& scales() const { return scales_; }
  std::optional<double> octave_base_scale() const { return octave_base_scale_; }
  std::optional<std::int64_t> scales_per_octave() const { return scales_per_octave_; }

 protected:
  /// Whether sides are lengths, or count both end pixels and are rounded, as in MMDetection V1.x.
  enum class Convention { Continuous, InclusivePixels };

  /// The sizes of one level and how they are laid out.
  struct Shapes {
    double base_size = 0;             ///< px
    std::vector<double> scales;       ///< of the base size
    std::vector<double> ratios;       ///< height to width
    bool scale_major = true;          ///< ratio by ratio, all scales of each; else scale by scale
    std::optional<Pair> center = {};  ///< px; else `center_offset` times the base size
    double center_offset = 0;
  };
  /// [scales · ratios, 4] xyxy px.
  static torch::Tensor single_level_base_anchors(const Shapes& shapes, Convention convention);

  AnchorGenerator(const Options& options, Convention convention);
  /// `base_anchors` [A_i, 4] of each level; further strides than that are left out.
  AnchorGenerator(const std::vector<std::variant<double, Pair>>& strides, std::vector<torch::Tensor> base_anchors);

  static Pair pair(const std::variant<double, Pair>& value);

 private:
  std::vector<Pair> strides_;
  std::vector<double> base_sizes_;
  std::vector<double> scales_;
  std::optional<double> octave_base_scale_;
  std::optional<std::int64_t> scales_per_octave_;
  std::vector<torch::Tensor> base_anchors_;
};

}  // namespace detforge
