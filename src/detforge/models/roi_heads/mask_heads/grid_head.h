#pragma once

#include <array>

#include "detforge/boxes/samplers/sampler.h"
#include "detforge/data/image_meta.h"
#include "detforge/models/heads.h"
#include "detforge/models/losses/loss.h"
#include "detforge/models/training/losses.h"
#include "detforge/nn/layers/containers.h"

namespace detforge {

/// Grid R-CNN's head (arXiv 1811.12030, in the form of 1906.05688): a heat map for each point of a grid on the box, in which
/// neighbours help each other; [N, in_channels, h, h] → heat maps [N, grid_points, 2h, 2h].
///
/// The box is the middle of a map of 4h × 4h around it; each point is looked for in a part of 2h × 2h of that map. Points are
/// numbered column by column.
class GridHead : public nn::Module {
 public:
  struct Options {
    std::int64_t grid_points = 9;
    std::int64_t num_convs = 8;
    std::int64_t roi_feat_size = 14;
    std::int64_t in_channels = 256;
    std::int64_t conv_kernel_size = 3;
    std::int64_t point_feat_channels = 64;
    std::int64_t deconv_kernel_size = 4;
    bool class_agnostic = false;
    ConfigDict loss_grid = {{"type", "CrossEntropyLoss"}, {"use_sigmoid", true}, {"loss_weight", 15}};
    std::optional<ConfigDict> conv_cfg;
    std::optional<ConfigDict> norm_cfg = ConfigDict{{"type", "GN"}, {"num_groups", 36}};
    std::optional<Value> init_cfg = default_init_cfg();
  };
  static Arguments<Options> arguments();

  GridHead(const Options& options, const BuildContext& context);

  /// Before the sigmoid, [N, grid_points, 2h, 2h] each.
  struct HeatMaps {
    torch::Tensor fused;
    torch::Tensor unfused;  ///< without the neighbours' help; in evaluation the fused ones again
  };
  HeatMaps forward(const torch::Tensor& roi_feats);

  /// 1 within `radius` cells of each grid point of the object, [P, grid_points, 2h, 2h]. Regions no larger than the grid have none.
  torch::Tensor get_targets(std::span<const SamplingResult> samples, std::int64_t radius) const;
  Losses loss(const HeatMaps& predicted, const torch::Tensor& targets);
  /// `boxes` [N, 4] with each side where its grid points are found, weighted by their scores. Not clipped, as in Python, where the
  /// clipping acts on a copy.
  torch::Tensor get_bboxes(const torch::Tensor& boxes, const torch::Tensor& heat_maps) const;

 private:
  using TransitionLists = nn::ModuleList<nn::ModuleList<>>;
  static Value default_init_cfg();
  std::shared_ptr<TransitionLists> transitions(std::int64_t channels, const BuildContext& context) const;
  /// The top left cell of each point's part of the map.
  std::vector<std::array<std::int64_t, 2>> sub_regions() const;
  torch::Tensor heat_maps(const torch::Tensor& feats);

  std::int64_t grid_points_;
  std::int64_t grid_size_;  ///< points on a side
  std::int64_t point_feat_channels_;
  std::int64_t whole_map_size_;  ///< cells on a side
  std::vector<std::vector<std::int64_t>> neighbor_points_;
  std::shared_ptr<nn::Sequential> convs_;
  std::shared_ptr<nn::Layer> deconv1_;
  std::shared_ptr<nn::Layer> norm1_;
  std::shared_ptr<nn::Layer> deconv2_;
  std::shared_ptr<TransitionLists> forder_trans_;
  std::shared_ptr<TransitionLists> sorder_trans_;
  std::shared_ptr<Loss> loss_grid_;
};

void append_tensors(const GridHead::HeatMaps& maps, std::vector<torch::Tensor>& all);

}  // namespace detforge
