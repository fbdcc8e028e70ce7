#include "detforge/eval/results/coco_results.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "detforge/base/error.h"

namespace detforge {

namespace {

enum class AreaOf { Box, Mask };

bool has_box(const JsonValue& record) {
  const auto box = record.find("bbox");
  return box && !(box->is_array() && box->size() == 0);
}

void read_result(const JsonValue& record, const CocoAnnotations& annotations, AreaOf area_of_what, bool with_masks, CocoResults& results) {
  DetectionColumns& columns = results.detections;
  const JsonValue image_id = record["image_id"];
  const RecordId id = RecordId::read(image_id);
  const std::int32_t image = annotations.image_of(id);
  if (image < 0) {
    image_id.fail("the annotations have no image " + id.text() +
                  (annotations.images.empty() ? "" : other_kind_of_id(id, annotations.images.front().id)));
  }
  const JsonValue category_id = record["category_id"];
  const std::int32_t category = annotations.category_of(RecordId::read(category_id));
  if (category < 0) {
    results.findings.note("results of categories that the annotations do not have take no part", category_id.place(),
                          category_id.document());
    if (RecordId::read(category_id).is_zero()) {
      results.findings.note(
          "category 0, which the annotations do not have: labels, which count from 0, may stand in the place of category ids",
          category_id.place(), category_id.document());
    }
  }
  columns.image.push_back(image);
  columns.category.push_back(category);
  columns.score.push_back(record["score"].number());

  const CocoImage& described = annotations.images[static_cast<std::size_t>(image)];
  const bool from_box = area_of_what == AreaOf::Box;
  const auto segmentation = record.find("segmentation");
  BoxXywh box{};
  Rle mask;
  if (from_box || has_box(record)) box = record["bbox"].numbers<4>();
  if (!from_box || (with_masks && segmentation)) mask = read_segmentation(record["segmentation"], described);
  if (!from_box && !has_box(record)) box = box_of(mask);
  if (from_box && with_masks && !segmentation) {
    try {
      mask = rle_from_box(box, described.height, described.width);
    } catch (const Error& error) {
      record["bbox"].fail(error.message());
    }
  }
  columns.box.push_back(box);
  columns.area.push_back(from_box ? box[2] * box[3] : static_cast<double>(area_of(mask)));
  if (with_masks) columns.mask.push_back(std::move(mask));
}

/// Results are a list; what else is written in its place is named.
void refuse_object(const JsonValue& root) {
  if (!root.is_object()) return;
  if (root.find("images") && root.find("annotations")) root.fail("is an annotation file, not a list of results");
  for (const char* key : {"annotations", "results", "predictions", "detections"}) {
    if (root.find(key))
      root.fail(std::string("must be a list of results, not an object: the list that lies in its '") + key + "' is meant");
  }
}

}  // namespace

CocoResults read_coco_results(const JsonDocument& document, const CocoAnnotations& annotations, bool with_masks) {
  CocoResults results;
  const JsonValue root = document.root();
  refuse_object(root);
  std::optional<AreaOf> area_of_what;
  root.for_each([&](const JsonValue& record) {
    if (!area_of_what) area_of_what = has_box(record) ? AreaOf::Box : AreaOf::Mask;
    if (*area_of_what == AreaOf::Mask && !record.find("segmentation")) record.fail("has neither 'bbox' nor 'segmentation'");
    read_result(record, annotations, *area_of_what, with_masks, results);
  });
  return results;
}

void restrict_to(const std::vector<RecordId>& image_ids, const std::vector<RecordId>& category_ids, CategoryOrder order,
                 CocoAnnotations& annotations, CocoResults& results) {
  const auto drop = [](std::vector<std::int32_t>& column, const std::vector<std::int32_t>& new_index) {
    for (std::int32_t& index : column) index = index < 0 ? -1 : new_index[static_cast<std::size_t>(index)];
  };
  const auto select = [](const auto& items, std::vector<RecordId> ids, bool as_listed) {
    if (!as_listed) std::sort(ids.begin(), ids.end());
    std::unordered_map<RecordId, std::size_t> item_of;
    for (std::size_t i = 0; i < items.size(); ++i) item_of.emplace(items[i].id, i);
    std::vector<std::int32_t> new_index(items.size(), -1);
    std::int32_t next = 0;
    for (const RecordId& id : ids) {
      const auto item = item_of.find(id);
      if (item != item_of.end() && new_index[item->second] < 0) new_index[item->second] = next++;
    }
    return new_index;
  };
  const auto keep = [](auto& items, const std::vector<std::int32_t>& new_index, auto& index, std::vector<std::int32_t>& positions) {
    auto all = std::exchange(items, {});
    items.resize(static_cast<std::size_t>(std::count_if(new_index.begin(), new_index.end(), [](std::int32_t i) { return i >= 0; })));
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (new_index[i] >= 0) items[static_cast<std::size_t>(new_index[i])] = std::move(all[i]);
    }
    index.clear();
    for (std::size_t i = 0; i < items.size(); ++i) index.emplace(items[i].id, static_cast<std::int32_t>(i));
    for (std::int32_t& position : positions) position = new_index[static_cast<std::size_t>(position)];
    std::erase(positions, -1);
  };
  if (!image_ids.empty()) {
    const auto new_index = select(annotations.images, image_ids, false);
    drop(annotations.truth.image, new_index);
    drop(results.detections.image, new_index);
    keep(annotations.images, new_index, annotations.image_index, annotations.image_order);
  }
  if (!category_ids.empty()) {
    const auto new_index = select(annotations.categories, category_ids, order == CategoryOrder::AsListed);
    drop(annotations.truth.category, new_index);
    drop(results.detections.category, new_index);
    keep(annotations.categories, new_index, annotations.category_index, annotations.category_order);
  }
}

}  // namespace detforge
