#include "detforge/eval/results/result_files.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "detforge/base/files.h"
#include "detforge/data/detections_json.h"
#include "detforge/eval/dataset_evaluation.h"

namespace detforge {
namespace {

using Json = nlohmann::ordered_json;

Json record_of(const DatasetPlace& place, const Detections& image, std::size_t d, ResultColumns columns) {
  const auto& [x1, y1, x2, y2] = image.boxes_xyxy[d];
  const ImageInfo& info = place.dataset->image(place.index);
  const std::vector<RecordId>& ids = place.dataset->cat_ids();
  const bool is_coco = !ids.empty() || columns == ResultColumns::RegionProposals;
  Json record;
  if (is_coco) {
    record["image_id"] = info.id;
  } else {
    record["file_name"] = info.filename;
  }
  const bool scores_of_masks = columns == ResultColumns::Masks && !image.mask_scores.empty();
  record["bbox"] = {double{x1}, double{y1}, double{x2} - double{x1}, double{y2} - double{y1}};
  record["score"] = double{scores_of_masks ? image.mask_scores[d] : image.scores[d]};
  if (columns == ResultColumns::RegionProposals) {
    record["category_id"] = 1;
    return record;
  }
  const auto label = static_cast<std::size_t>(image.labels[d]);
  if (!is_coco) {
    record["label"] = image.labels[d];
    record["class"] = class_name(place.dataset->classes(), image.labels[d]);
  } else if (label < ids.size()) {
    record["category_id"] = ids[label];
  } else {
    throw Error("the model finds class " + std::to_string(label) + ", the dataset has " + std::to_string(ids.size()));
  }
  if (!image.masks.empty() && columns != ResultColumns::Boxes) {
    const Rle& mask = image.masks[d];
    record["segmentation"] = {{"size", {mask.height, mask.width}}, {"counts", rle_text(mask)}};
  }
  return record;
}

}  // namespace

std::string results_json(const Dataset& dataset, std::span<const Detections> detections, ResultColumns columns) {
  std::string text = "[";
  for (std::size_t i = 0; i < detections.size(); ++i) {
    const DatasetPlace place = place_of(dataset, i);
    std::vector<std::size_t> order(detections[i].size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, [&](std::size_t d) { return detections[i].labels[d]; });
    for (const std::size_t d : order) {
      text += (text.size() == 1 ? "\n" : ",\n") +
              record_of(place, detections[i], d, columns).dump(-1, ' ', false, Json::error_handler_t::replace);
    }
  }
  return text + (text.size() == 1 ? "]\n" : "\n]\n");
}

std::vector<std::filesystem::path> format_results(const Dataset& dataset, std::span<const Detections> detections, const std::string& prefix,
                                                  bool are_proposals) {
  std::vector<std::filesystem::path> files;
  const auto write = [&](const char* ending, ResultColumns columns) {
    files.emplace_back(prefix + ending);
    atomic_write(files.back(), results_json(dataset, detections, columns));
  };
  if (are_proposals) {
    write(".proposal.json", ResultColumns::RegionProposals);
    return files;
  }
  write(".bbox.json", ResultColumns::Boxes);
  const auto has_masks = [](const Detections& image) { return !image.masks.empty(); };
  if (std::any_of(detections.begin(), detections.end(), has_masks)) write(".segm.json", ResultColumns::Masks);
  return files;
}

}  // namespace detforge
