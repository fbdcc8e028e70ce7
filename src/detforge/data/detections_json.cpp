#include "detforge/data/detections_json.h"

#include <nlohmann/json.hpp>

namespace detforge {

std::string class_name(std::span<const std::string> classes, std::int64_t label) {
  const auto index = static_cast<std::size_t>(label);
  return label >= 0 && index < classes.size() ? classes[index] : std::to_string(label);
}

void DetectionsJson::add(std::string_view file_name, const Detections& detections) {
  for (std::size_t i = 0; i < detections.size(); ++i) {
    const double score = detections.scores[i];
    if (score < score_threshold_) continue;
    const auto& [x1, y1, x2, y2] = detections.boxes_xyxy[i];
    nlohmann::ordered_json item;
    item["file_name"] = file_name;
    item["label"] = detections.labels[i];
    item["class"] = class_name(classes_, detections.labels[i]);
    item["bbox"] = {double{x1}, double{y1}, double{x2} - double{x1}, double{y2} - double{y1}};
    item["score"] = score;
    if (!detections.masks.empty()) {
      const Rle& mask = detections.masks[i];
      item["segmentation"] = {{"size", {mask.height, mask.width}}, {"counts", rle_text(mask)}};
    }
    items_ += (items_.empty() ? "" : ",\n") + item.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
}

std::string DetectionsJson::text() const { return items_.empty() ? "[]\n" : "[\n" + items_ + "\n]\n"; }

}  // namespace detforge
