#include "detforge/kernels/yolov3_decode.h"

#include <cmath>

#include "detforge/kernels/sigmoid.h"

namespace detforge::kernels {
namespace {

/// The numbers that a level has for one anchor at one cell.
class Place {
 public:
  Place(const Yolov3Level& level, std::int64_t attributes, std::size_t prior)
      : cells_(static_cast<std::size_t>(level.height * level.width)) {
    const std::size_t anchors_per_cell = level.anchors.size() / cells_;
    const std::size_t anchor = prior % anchors_per_cell;
    first_ = level.predictions.data() + anchor * static_cast<std::size_t>(attributes) * cells_ + prior / anchors_per_cell;
  }
  float operator[](std::int64_t attribute) const { return first_[static_cast<std::size_t>(attribute) * cells_]; }

 private:
  std::size_t cells_;
  const float* first_;
};

Box decode_box(const Place& place, const Box& anchor, float stride) {
  const float x = (anchor[0] + anchor[2]) * 0.5F + (sigmoid(place[0]) - 0.5F) * stride;
  const float y = (anchor[1] + anchor[3]) * 0.5F + (sigmoid(place[1]) - 0.5F) * stride;
  const float half_width = (anchor[2] - anchor[0]) * 0.5F * std::exp(place[2]);
  const float half_height = (anchor[3] - anchor[1]) * 0.5F * std::exp(place[3]);
  return {x - half_width, y - half_height, x + half_width, y + half_height};
}

}  // namespace

void decode_yolov3(const Yolov3Level& level, std::int64_t num_classes, const Yolov3Thresholds& thresholds, Candidates& candidates) {
  constexpr std::int64_t objectness_at = 4, classes_at = 5;
  const std::int64_t attributes = classes_at + num_classes;
  std::vector<std::int64_t> priors;
  std::vector<float> objectness;
  for (std::size_t prior = 0; prior < level.anchors.size(); ++prior) {
    const float confidence = sigmoid(Place(level, attributes, prior)[objectness_at]);
    if (thresholds.conf_thr > 0 && !(static_cast<double>(confidence) >= thresholds.conf_thr)) continue;
    priors.push_back(static_cast<std::int64_t>(prior));
    objectness.push_back(confidence);
  }
  std::vector<std::int64_t> chosen(priors.size());
  for (std::size_t i = 0; i < chosen.size(); ++i) chosen[i] = static_cast<std::int64_t>(i);
  if (thresholds.nms_pre > 0 && priors.size() > static_cast<std::size_t>(thresholds.nms_pre)) {
    chosen = order_by_score(objectness);
    chosen.resize(static_cast<std::size_t>(thresholds.nms_pre));
  }
  const auto score_thr = static_cast<float>(thresholds.score_thr);
  for (const std::int64_t index : chosen) {
    const auto prior = static_cast<std::size_t>(priors[static_cast<std::size_t>(index)]);
    const float confidence = objectness[static_cast<std::size_t>(index)];
    const Place place(level, attributes, prior);
    const Box box = decode_box(place, level.anchors[prior], level.stride_px);
    for (std::int64_t label = 0; label < num_classes; ++label) {
      const float class_score = sigmoid(place[classes_at + label]);
      const float score = class_score * confidence;
      if ((thresholds.score_is_final ? score : class_score) > score_thr) candidates.add(box, score, label);
    }
  }
}

}  // namespace detforge::kernels
