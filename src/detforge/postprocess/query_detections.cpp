#include "detforge/postprocess/query_detections.h"

#include <algorithm>
#include <cmath>

#include "detforge/kernels/sigmoid.h"
#include "detforge/postprocess/best_scores.h"

namespace detforge::postprocess {
namespace {

/// What the softmax of a query says of its best class; the background takes part in it, but is none.
struct BestClass {
  std::int64_t label = 0;
  float score = 0;

  explicit BestClass(std::span<const float> logits) {
    const float largest = *std::max_element(logits.begin(), logits.end());
    float sum = 0;
    for (const float logit : logits) sum += std::exp(logit - largest);
    label = std::max_element(logits.begin(), logits.end() - 1) - logits.begin();
    score = std::exp(logits[static_cast<std::size_t>(label)] - largest) / sum;
  }
};

BoxXyxy box_in_image(std::span<const float> box, const ImageMeta& meta, bool rescale) {
  const std::array<float, 2> sizes = {static_cast<float>(meta.img_shape.width), static_cast<float>(meta.img_shape.height)};
  BoxXyxy corners{};
  for (std::size_t axis = 0; axis < 2; ++axis) {
    const float centre = box[axis], half = 0.5F * box[axis + 2], size = sizes[axis];
    corners[axis] = std::min(std::max((centre - half) * size, 0.0F), size);
    corners[axis + 2] = std::min(std::max((centre + half) * size, 0.0F), size);
  }
  for (std::size_t i = 0; rescale && i < 4; ++i) corners[i] /= meta.scale_factor[i];
  return corners;
}

}  // namespace

Detections QueryDetections::run(const QueryOutputs& outputs, const ImageMeta& meta, bool rescale) const {
  const std::size_t queries = outputs.bbox_preds.size() / 4;
  const std::size_t columns = static_cast<std::size_t>(num_classes) + (uses_sigmoid ? 0 : 1);
  const auto most = static_cast<std::size_t>(std::max<std::int64_t>(0, max_count.value_or(static_cast<std::int64_t>(queries))));
  Detections found;
  const auto add = [&](std::size_t query, float score, std::int64_t label) {
    found.boxes_xyxy.push_back(box_in_image(outputs.bbox_preds.subspan(4 * query, 4), meta, rescale));
    found.scores.push_back(score);
    found.labels.push_back(label);
  };
  if (uses_sigmoid) {
    std::vector<float> scores;
    scores.reserve(outputs.cls_scores.size());
    for (const float logit : outputs.cls_scores) scores.push_back(kernels::sigmoid(logit));
    for (const std::size_t pair : best_scores(scores, most)) add(pair / columns, scores[pair], static_cast<std::int64_t>(pair % columns));
    return found;
  }
  std::vector<BestClass> best;
  std::vector<float> scores;
  for (std::size_t query = 0; query < queries; ++query) {
    best.emplace_back(outputs.cls_scores.subspan(query * columns, columns));
    scores.push_back(best.back().score);
  }
  if (keeps_every_query) {
    for (std::size_t query = 0; query < queries; ++query) add(query, scores[query], best[query].label);
  } else {
    for (const std::size_t query : best_scores(scores, most)) add(query, scores[query], best[query].label);
  }
  return found;
}

}  // namespace detforge::postprocess
