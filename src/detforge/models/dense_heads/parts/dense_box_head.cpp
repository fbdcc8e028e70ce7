#include "detforge/models/dense_heads/parts/dense_box_head.h"

#include "detforge/boxes/bbox_transforms.h"

namespace detforge {
namespace {

/// In whatever layout they have: turning the class scores of a large image takes longer than choosing among them.
HeadOutputs all_on_cpu(const HeadOutputs& outputs) {
  HeadOutputs moved;
  for (const nn::Features& levels : outputs) {
    nn::Features& here = moved.emplace_back();
    for (const torch::Tensor& level : levels) here.push_back(level.detach().to(torch::kCPU, torch::kFloat));
  }
  return moved;
}

torch::Tensor boxes_tensor(std::vector<kernels::Box>& boxes) {
  return torch::from_blob(boxes.data(), {static_cast<std::int64_t>(boxes.size()), 4}, torch::kFloat);
}

}  // namespace

DenseBoxHead::DenseBoxHead(std::string python_name, const std::optional<ConfigDict>& test_cfg, const BuildContext& context)
    : DenseHead(std::move(python_name)), reference_(context.reference), test_cfg_(test_cfg_from(test_cfg, this->python_name(), context)) {}

DenseBoxHead::DenseBoxHead(std::string python_name, std::optional<TestCfg> test_cfg, Reference reference)
    : DenseHead(std::move(python_name)), reference_(reference), test_cfg_(std::move(test_cfg)) {}

const TestCfg& DenseBoxHead::test_cfg() const {
  if (!test_cfg_) throw missing_test_cfg(python_name());
  return *test_cfg_;
}

kernels::SelectionOptions DenseBoxHead::selection(kernels::ScoreActivation activation) const {
  const bool v2_8 = reference_ == Reference::V2_8;
  return {.score_thr = test_cfg().score_thr,
          .nms_pre = test_cfg().nms_pre,
          .activation = activation,
          .rule = v2_8 ? kernels::SelectionRule::Places : kernels::SelectionRule::Pairs};
}

std::vector<kernels::Candidates> DenseBoxHead::candidates(const HeadOutputs& outputs, std::span<const ImageMeta> metas, bool rescale) {
  std::vector<kernels::Candidates> images = decode(all_on_cpu(outputs), metas);
  for (std::size_t image = 0; rescale && image < images.size(); ++image) kernels::rescale(images[image], metas[image].scale_factor);
  return images;
}

std::vector<Detections> DenseBoxHead::predict(const HeadOutputs& outputs, std::span<const ImageMeta> metas, bool rescale) {
  const TestCfg& cfg = test_cfg();
  std::vector<Detections> results;
  for (const kernels::Candidates& image : candidates(outputs, metas, rescale)) {
    results.push_back(select_detections(image, cfg.nms, cfg.max_per_img));
  }
  return results;
}

Detections DenseBoxHead::aug_predict(std::span<const nn::Features> views, std::span<const ImageMeta> metas, bool rescale) {
  const TestCfg& cfg = test_cfg();
  kernels::Candidates merged;
  for (std::size_t view = 0; view < views.size(); ++view) {
    kernels::Candidates of_view = candidates(forward(views[view]), metas.subspan(view, 1), /*rescale=*/false).front();
    append_boxes(merged, bbox_mapping_back(boxes_tensor(of_view.boxes), metas[view]), of_view.scores, of_view.labels);
  }
  Detections detections = select_detections(merged, cfg.nms, cfg.max_per_img);
  if (rescale || metas.empty()) return detections;
  for (BoxXyxy& box : detections.boxes_xyxy) {
    for (std::size_t i = 0; i < box.size(); ++i) box[i] *= metas.front().scale_factor[i];
  }
  return detections;
}

kernels::Candidates decode_levels(const LevelOutputs& outputs, std::size_t image, const kernels::SelectionOptions& options,
                                  const DecodeBoxes& decode) {
  const auto row = static_cast<std::int64_t>(image);
  kernels::Candidates decoded;
  for (std::size_t level = 0; level < outputs.cls_scores.size(); ++level) {
    torch::Tensor scores = outputs.cls_scores[level][row];
    const bool channels_last = scores.permute({1, 2, 0}).is_contiguous();
    if (!channels_last) scores = scores.contiguous();
    const torch::Tensor predictions = outputs.bbox_preds[level][row];
    const std::int64_t places = scores.size(1) * scores.size(2), per_place = scores.size(0) / outputs.channels;
    torch::Tensor factors;
    if (outputs.score_factors != nullptr) factors = (*outputs.score_factors)[level][row].contiguous();
    kernels::Selection selected =
        kernels::select_scores({.scores = values_of(scores),
                                .factors = factors.defined() ? values_of(factors) : std::span<const float>(),
                                .channels = outputs.channels,
                                .places = places,
                                .layout = channels_last ? kernels::FeatureLayout::ChannelsLast : kernels::FeatureLayout::Planes},
                               options);
    if (selected.priors.empty()) continue;
    const torch::Tensor priors =
        torch::from_blob(selected.priors.data(), {static_cast<std::int64_t>(selected.priors.size())}, torch::kLong);
    const torch::Tensor place = torch::div(priors, per_place, "floor");
    const torch::Tensor chosen =
        predictions.reshape({per_place, -1, places}).index({priors - place * per_place, torch::indexing::Slice(), place});
    append_boxes(decoded, decode(level, priors, chosen), selected.scores, selected.labels);
  }
  return decoded;
}

void append_above(kernels::Candidates& candidates, const torch::Tensor& boxes, const torch::Tensor& scores, double score_thr) {
  const torch::Tensor pairs = (scores > score_thr).nonzero();
  const torch::Tensor priors = pairs.select(1, 0), labels = pairs.select(1, 1);
  append_boxes(candidates, boxes.index({priors}), scores.index({priors, labels}), labels);
}

void append_boxes(kernels::Candidates& candidates, const torch::Tensor& boxes, const torch::Tensor& scores, const torch::Tensor& labels) {
  const torch::Tensor values = scores.to(torch::kFloat).contiguous(), classes = labels.contiguous();
  append_boxes(candidates, boxes, values_of(values),
               std::span(classes.data_ptr<std::int64_t>(), static_cast<std::size_t>(classes.numel())));
}

void append_boxes(kernels::Candidates& candidates, const torch::Tensor& boxes, std::span<const float> scores,
                  std::span<const std::int64_t> labels) {
  const torch::Tensor readable = boxes.detach().to(torch::kCPU, torch::kFloat).contiguous();
  const std::span<const std::array<float, 4>> rows = boxes_of(readable);
  for (std::size_t i = 0; i < rows.size(); ++i) candidates.add(rows[i], scores[i], labels[i]);
}

}  // namespace detforge
