#include "detforge/models/dense_heads/rpn/proposals.h"

#include <limits>

#include "detforge/boxes/bbox_transforms.h"

namespace detforge {
namespace {

torch::Tensor proposal_rows(const std::vector<BoxXyxy>& boxes, const kernels::NmsResult& kept, std::int64_t max_num) {
  const std::size_t all = kept.indices.size();
  const std::size_t count = max_num > 0 ? std::min(all, static_cast<std::size_t>(max_num)) : all;
  torch::Tensor rows = torch::empty({static_cast<std::int64_t>(count), 5});
  float* out = rows.data_ptr<float>();
  for (std::size_t i = 0; i < count; ++i) {
    const BoxXyxy& box = boxes[static_cast<std::size_t>(kept.indices[i])];
    out = std::copy(box.begin(), box.end(), out);
    *out++ = kept.scores[i];
  }
  return rows;
}

}  // namespace

RawProposals raw_proposals(const torch::Tensor& boxes, const torch::Tensor& scores, std::int64_t level) {
  const torch::Tensor rows = boxes.contiguous(), values = scores.contiguous();
  const std::span<const BoxXyxy> all = boxes_of(rows);
  const std::span<const float> numbers = values_of(values);
  return {{all.begin(), all.end()}, {numbers.begin(), numbers.end()}, std::vector<std::int64_t>(all.size(), level)};
}

torch::Tensor select_proposals(const RawProposals& raw, const RpnTestCfg& cfg, Reference reference) {
  const auto smallest = static_cast<float>(cfg.min_bbox_size);
  const auto is_large = [&](const BoxXyxy& box) {
    const float width = box[2] - box[0], height = box[3] - box[1];
    if (reference == Reference::V2_8) return cfg.min_bbox_size <= 0 || (width >= smallest && height >= smallest);
    return cfg.min_bbox_size < 0 || (width > smallest && height > smallest);
  };
  RawProposals large;
  for (std::size_t i = 0; i < raw.boxes.size(); ++i) {
    if (!is_large(raw.boxes[i])) continue;
    large.boxes.push_back(raw.boxes[i]);
    large.scores.push_back(raw.scores[i]);
    large.levels.push_back(raw.levels[i]);
  }
  return proposal_rows(large.boxes, kernels::batched_nms(large.boxes, large.scores, large.levels, cfg.nms), cfg.max_per_img);
}

torch::Tensor proposals_at(std::span<const torch::Tensor> anchors, const LevelOutputs& outputs, std::size_t image, const ImageMeta& meta,
                           const BBoxCoder& bbox_coder, kernels::ScoreActivation activation, const RpnTestCfg& cfg, Reference reference) {
  const kernels::SelectionOptions options{.score_thr = -std::numeric_limits<double>::infinity(),
                                          .nms_pre = cfg.nms_pre,
                                          .activation = activation,
                                          .rule = kernels::SelectionRule::Places};
  CoderCall call;
  call.max_shape = meta.img_shape;
  RawProposals raw;
  kernels::Candidates candidates =
      decode_levels(outputs, image, options, [&](std::size_t level, const torch::Tensor& priors, const torch::Tensor& predictions) {
        raw.levels.insert(raw.levels.end(), static_cast<std::size_t>(priors.size(0)), static_cast<std::int64_t>(level));
        return bbox_coder.decode(anchors[level].index_select(0, priors), predictions, call);
      });
  raw.boxes = std::move(candidates.boxes);
  raw.scores = std::move(candidates.scores);
  return select_proposals(raw, cfg, reference);
}

torch::Tensor merge_aug_proposals(std::span<const torch::Tensor> views, std::span<const ImageMeta> metas, const RpnTestCfg& cfg) {
  std::vector<torch::Tensor> recovered;
  for (std::size_t view = 0; view < views.size(); ++view) {
    recovered.push_back(torch::cat({bbox_mapping_back(views[view].slice(1, 0, 4), metas[view]), views[view].slice(1, 4, 5)}, 1));
  }
  const torch::Tensor all = torch::cat(recovered);
  const torch::Tensor boxes = all.slice(1, 0, 4).contiguous(), scores = all.select(1, 4).contiguous();
  const std::span<const BoxXyxy> rows = boxes_of(boxes);
  kernels::NmsOptions options;
  options.iou_threshold = cfg.nms.iou_threshold;
  options.class_agnostic = true;
  const std::vector<std::int64_t> one_class(rows.size(), 0);
  return proposal_rows({rows.begin(), rows.end()}, kernels::batched_nms(rows, values_of(scores), one_class, options), cfg.max_merged);
}

torch::Tensor merge_views(ProposalSource& head, std::span<const nn::Features> views, std::span<const ImageMeta> metas,
                          const RpnTestCfg& cfg) {
  Proposals of_views;
  for (std::size_t view = 0; view < views.size(); ++view) of_views.push_back(head.propose(views[view], metas.subspan(view, 1)).front());
  return merge_aug_proposals(of_views, metas, cfg);
}

std::vector<Detections> as_detections(const Proposals& proposals, std::span<const ImageMeta> metas, bool rescale) {
  std::vector<Detections> results;
  for (std::size_t image = 0; image < metas.size(); ++image) {
    Detections detections;
    const auto rows = proposals[image].accessor<float, 2>();
    for (std::int64_t i = 0; i < proposals[image].size(0); ++i) {
      BoxXyxy box = {rows[i][0], rows[i][1], rows[i][2], rows[i][3]};
      for (std::size_t k = 0; rescale && k < box.size(); ++k) box[k] /= metas[image].scale_factor[k];
      detections.boxes_xyxy.push_back(box);
      detections.scores.push_back(rows[i][4]);
      detections.labels.push_back(0);
    }
    results.push_back(std::move(detections));
  }
  return results;
}

Detections merged_as_detections(const torch::Tensor& merged, std::span<const ImageMeta> metas, bool rescale) {
  torch::Tensor shown = merged;
  if (!rescale) shown = torch::cat({bbox_mapping(merged.slice(1, 0, 4), metas.front()), merged.slice(1, 4, 5)}, 1);
  return as_detections({shown}, metas.first(1), /*rescale=*/false).front();
}

}  // namespace detforge
