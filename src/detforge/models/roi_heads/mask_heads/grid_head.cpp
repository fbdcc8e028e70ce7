#include "detforge/models/roi_heads/mask_heads/grid_head.h"

#include <cmath>

#include "detforge/nn/layers/conv_module.h"
#include "detforge/nn/layers/conv_transpose2d.h"

namespace detforge {

Value GridHead::default_init_cfg() {
  const double log_odds = -std::log(0.99 / 0.01);
  return Value::list(
      {Value::dict({{"type", "Kaiming"}, {"layer", Value::list({"Conv2d", "Linear"})}}),
       Value::dict({{"type", "Normal"},
                    {"layer", "ConvTranspose2d"},
                    {"std", 0.001},
                    {"override", Value::dict({{"type", "Normal"}, {"name", "deconv2"}, {"std", 0.001}, {"bias", log_odds}})}})});
}

Arguments<GridHead::Options> GridHead::arguments() {
  return {arg(&Options::grid_points, "grid_points", "points of the grid, a square number").at_least(4),
          arg(&Options::num_convs, "num_convs", "convolutions, the first of stride 2").at_least(1),
          arg(&Options::roi_feat_size, "roi_feat_size", "height and width of the features").at_least(1),
          arg(&Options::in_channels, "in_channels", "channels of the features").at_least(1),
          arg(&Options::conv_kernel_size, "conv_kernel_size", "kernel of the convolutions").at_least(1),
          arg(&Options::point_feat_channels, "point_feat_channels", "channels of each point").at_least(1),
          arg(&Options::deconv_kernel_size, "deconv_kernel_size", "kernel of the transposed convolutions").at_least(2),
          arg(&Options::class_agnostic, "class_agnostic", "has no meaning"),
          arg(&Options::loss_grid, "loss_grid", "loss of the heat maps").built_by("LOSSES"),
          arg(&Options::conv_cfg, "conv_cfg", "convolution layer; None: Conv2d"),
          arg(&Options::norm_cfg, "norm_cfg", "normalisation layer"),
          arg(&Options::init_cfg, "init_cfg", "initialisation").since_v2_27()};
}

GridHead::GridHead(const Options& options, const BuildContext& context)
    : Module("GridHead"),
      grid_points_(options.grid_points),
      grid_size_(static_cast<std::int64_t>(std::sqrt(static_cast<double>(options.grid_points)))),
      point_feat_channels_(options.point_feat_channels),
      whole_map_size_(options.roi_feat_size * 4) {
  if (grid_size_ * grid_size_ != grid_points_) throw ArgumentError("grid_points", "must be a square number");
  const std::int64_t channels = point_feat_channels_ * grid_points_;
  convs_ = register_module("convs", std::make_shared<nn::Sequential>());
  for (std::int64_t i = 0; i < options.num_convs; ++i) {
    convs_->append(std::make_shared<nn::ConvModule>(
        nn::ConvModule::Options{.in_channels = i == 0 ? options.in_channels : channels,
                                .out_channels = channels,
                                .kernel_size = options.conv_kernel_size,
                                .stride = i == 0 ? 2 : 1,
                                .padding = (options.conv_kernel_size - 1) / 2,
                                .bias = true,
                                .layers = {options.conv_cfg, options.norm_cfg, ConfigDict{{"type", "ReLU"}}}},
        context));
  }
  const auto deconv = [&](const char* name, std::int64_t out_channels) {
    nn::ConvTranspose2d::Options layer;
    layer.in_channels = channels;
    layer.out_channels = out_channels;
    layer.kernel_size = options.deconv_kernel_size;
    layer.stride = 2;
    layer.padding = (options.deconv_kernel_size - 2) / 2;
    layer.groups = grid_points_;
    return register_module(name, std::make_shared<nn::ConvTranspose2d>(layer, context));
  };
  deconv1_ = deconv("deconv1", channels);
  norm1_ =
      register_module("norm1", nn::build_norm_layer(ConfigDict{{"type", "GN"}, {"num_groups", grid_points_}}, channels, context).layer);
  deconv2_ = deconv("deconv2", grid_points_);
  for (std::int64_t column = 0; column < grid_size_; ++column) {
    for (std::int64_t row = 0; row < grid_size_; ++row) {
      const std::int64_t point = column * grid_size_ + row;
      std::vector<std::int64_t> neighbors;
      if (column > 0) neighbors.push_back(point - grid_size_);
      if (row > 0) neighbors.push_back(point - 1);
      if (row + 1 < grid_size_) neighbors.push_back(point + 1);
      if (column + 1 < grid_size_) neighbors.push_back(point + grid_size_);
      neighbor_points_.push_back(std::move(neighbors));
    }
  }
  forder_trans_ = register_module("forder_trans", transitions(point_feat_channels_, context));
  sorder_trans_ = register_module("sorder_trans", transitions(point_feat_channels_, context));
  loss_grid_ = register_module("loss_grid", build_loss(options.loss_grid, context.child("loss_grid")));
  show_init_cfg(context, options.init_cfg);
}

std::shared_ptr<GridHead::TransitionLists> GridHead::transitions(std::int64_t channels, const BuildContext& context) const {
  auto all = std::make_shared<TransitionLists>();
  for (const auto& neighbors : neighbor_points_) {
    auto of_point = std::make_shared<nn::ModuleList<>>();
    for (std::size_t i = 0; i < neighbors.size(); ++i) {
      nn::Conv2d::Options depthwise, pointwise;
      depthwise.in_channels = depthwise.out_channels = depthwise.groups = channels;
      depthwise.kernel_size = 5;
      depthwise.padding = 2;
      pointwise.in_channels = pointwise.out_channels = channels;
      auto transition = std::make_shared<nn::Sequential>();
      transition->append(std::make_shared<nn::Conv2d>(depthwise, context));
      transition->append(std::make_shared<nn::Conv2d>(pointwise, context));
      of_point->append(transition);
    }
    all->append(of_point);
  }
  return all;
}

torch::Tensor GridHead::heat_maps(const torch::Tensor& feats) {
  return deconv2_->forward(torch::relu(norm1_->forward(deconv1_->forward(feats))));
}

GridHead::HeatMaps GridHead::forward(const torch::Tensor& roi_feats) {
  return nn::observed(*this, {&roi_feats, 1}, [&] {
    const torch::Tensor feats = convs_->forward(roi_feats);
    const std::vector<torch::Tensor> of_points = feats.split(point_feat_channels_, 1);
    const auto with_neighbors = [&](const std::vector<torch::Tensor>& neighbors, const TransitionLists& transitions) {
      std::vector<torch::Tensor> fused = of_points;
      for (std::size_t point = 0; point < fused.size(); ++point) {
        for (std::size_t i = 0; i < neighbor_points_[point].size(); ++i) {
          fused[point] = fused[point] + transitions[point][i].forward(neighbors[static_cast<std::size_t>(neighbor_points_[point][i])]);
        }
      }
      return fused;
    };
    const torch::Tensor fused = heat_maps(torch::cat(with_neighbors(with_neighbors(of_points, *forder_trans_), *sorder_trans_), 1));
    return HeatMaps{fused, is_training() ? heat_maps(feats) : fused};
  });
}

std::vector<std::array<std::int64_t, 2>> GridHead::sub_regions() const {
  const std::int64_t half_size = whole_map_size_ / 4 * 2;
  const auto start = [&](std::int64_t index) {
    if (index == 0) return std::int64_t{0};
    if (index == grid_size_ - 1) return half_size;
    const double ratio = static_cast<double>(index) / static_cast<double>(grid_size_ - 1) - 0.25;
    return std::max(static_cast<std::int64_t>(ratio * static_cast<double>(whole_map_size_)), std::int64_t{0});
  };
  std::vector<std::array<std::int64_t, 2>> corners;
  for (std::int64_t point = 0; point < grid_points_; ++point) corners.push_back({start(point / grid_size_), start(point % grid_size_)});
  return corners;
}

torch::Tensor GridHead::get_targets(std::span<const SamplingResult> samples, std::int64_t radius) const {
  std::vector<torch::Tensor> regions, objects;
  for (const SamplingResult& sample : samples) {
    regions.push_back(sample.pos_bboxes);
    objects.push_back(sample.pos_gt_bboxes);
  }
  torch::Tensor boxes = torch::cat(regions).detach().to(torch::kCPU, torch::kFloat);
  const torch::Tensor gt = torch::cat(objects).to(torch::kCPU, torch::kFloat).contiguous();
  const torch::Tensor half_sizes = (boxes.slice(1, 2, 4) - boxes.slice(1, 0, 2)) / 2;
  boxes = torch::cat({boxes.slice(1, 0, 2) - half_sizes, boxes.slice(1, 2, 4) + half_sizes}, 1).contiguous();
  const std::int64_t half = whole_map_size_ / 4 * 2;
  const auto corners = sub_regions();
  torch::Tensor targets = torch::zeros({boxes.size(0), grid_points_, half, half});
  auto cells = targets.accessor<float, 4>();
  const auto box = boxes.accessor<float, 2>(), object = gt.accessor<float, 2>();
  for (std::int64_t i = 0; i < boxes.size(0); ++i) {
    const float width = box[i][2] - box[i][0], height = box[i][3] - box[i][1];
    const auto smallest = static_cast<float>(grid_size_);
    if (!(width > smallest) || !(height > smallest)) continue;
    for (std::int64_t point = 0; point < grid_points_; ++point) {
      const auto between = [&](std::int64_t index, float low, float high) {
        const double factor = 1 - static_cast<double>(index) / static_cast<double>(grid_size_ - 1);
        return static_cast<float>(factor) * low + static_cast<float>(1 - factor) * high;
      };
      const auto cell_of = [&](float place, float start, float length) {
        return static_cast<std::int64_t>((place - start) / length * static_cast<float>(whole_map_size_));
      };
      const std::int64_t center_x = cell_of(between(point / grid_size_, object[i][0], object[i][2]), box[i][0], width);
      const std::int64_t center_y = cell_of(between(point % grid_size_, object[i][1], object[i][3]), box[i][1], height);
      const auto [left, top] = corners[static_cast<std::size_t>(point)];
      for (std::int64_t x = center_x - radius; x <= center_x + radius; ++x) {
        for (std::int64_t y = center_y - radius; y <= center_y + radius; ++y) {
          const std::int64_t column = x - left, row = y - top;
          if (column < 0 || column >= half || row < 0 || row >= half) continue;
          const std::int64_t dx = x - center_x, dy = y - center_y;
          if (dx * dx + dy * dy <= radius * radius) cells[i][point][row][column] = 1;
        }
      }
    }
  }
  return samples.empty() ? targets : targets.to(samples.front().pos_bboxes.device());
}

Losses GridHead::loss(const HeatMaps& predicted, const torch::Tensor& targets) {
  Losses losses;
  losses.set("loss_grid", loss_grid_->forward(predicted.fused, targets) + loss_grid_->forward(predicted.unfused, targets));
  return losses;
}

torch::Tensor GridHead::get_bboxes(const torch::Tensor& boxes, const torch::Tensor& heat_maps) const {
  const std::int64_t half = whole_map_size_ / 4 * 2;
  const auto [scores, positions] = heat_maps.sigmoid().flatten(2).max(2);
  std::vector<std::int64_t> left, top;
  for (const auto& corner : sub_regions()) {
    left.push_back(corner[0]);
    top.push_back(corner[1]);
  }
  const torch::Tensor columns = positions.remainder(half) + torch::tensor(left, positions.options());
  const torch::Tensor rows = positions.floor_divide(half) + torch::tensor(top, positions.options());
  const torch::Tensor sizes = boxes.slice(1, 2, 4) - boxes.slice(1, 0, 2), start = boxes.slice(1, 0, 2) - sizes / 2;
  const auto place = [&](const torch::Tensor& cells, std::int64_t axis) {
    return (cells.to(torch::kFloat) + 0.5) / static_cast<double>(half) * sizes.slice(1, axis, axis + 1) + start.slice(1, axis, axis + 1);
  };
  const torch::Tensor x = place(columns, 0), y = place(rows, 1);
  const auto side = [&](const torch::Tensor& places, std::int64_t first, std::int64_t step) {
    const torch::Tensor points = torch::arange(grid_size_, positions.options()) * step + first;
    const torch::Tensor weights = scores.index_select(1, points);
    return (places.index_select(1, points) * weights).sum(1) / weights.sum(1);
  };
  return torch::stack({side(x, 0, 1), side(y, 0, grid_size_), side(x, grid_points_ - grid_size_, 1), side(y, grid_size_ - 1, grid_size_)},
                      1);
}

void append_tensors(const GridHead::HeatMaps& maps, std::vector<torch::Tensor>& all) {
  all.push_back(maps.fused);
  all.push_back(maps.unfused);
}

DETFORGE_REGISTER(heads, GridHead,
                  {.name = "GridHead",
                   .python = "mmdet.models.roi_heads.mask_heads.grid_head.GridHead",
                   .meaning = "heat maps of the points of a grid on the box"});

}  // namespace detforge
