#include "detforge/eval/coco/coco_annotations.h"

#include <algorithm>
#include <numeric>

#include "detforge/base/error.h"

namespace detforge {

namespace {

/// Reads the records of a list, sorts them by id, and says where each of the file's went.
template <class Item, class Read>
void read_sorted(const JsonValue& list, Read read, std::vector<Item>& items, std::vector<std::int32_t>& order,
                 std::unordered_map<std::int64_t, std::int32_t>& index) {
  std::vector<Item> as_written;
  std::unordered_map<std::int64_t, std::size_t> seen;
  list.for_each([&](const JsonValue& record) {
    as_written.push_back(read(record));
    const auto [first, is_new] = seen.emplace(as_written.back().id, as_written.size() - 1);
    if (!is_new)
      record["id"].fail("the id " + std::to_string(as_written.back().id) + " is that of record " + std::to_string(first->second) +
                        " already");
  });
  std::vector<std::size_t> sorted(as_written.size());
  std::iota(sorted.begin(), sorted.end(), std::size_t{0});
  std::sort(sorted.begin(), sorted.end(), [&](std::size_t a, std::size_t b) { return as_written[a].id < as_written[b].id; });
  order.resize(sorted.size());
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    order[sorted[i]] = static_cast<std::int32_t>(i);
    index.emplace(as_written[sorted[i]].id, static_cast<std::int32_t>(i));
    items.push_back(std::move(as_written[sorted[i]]));
  }
}

void read_annotation(const JsonValue& record, bool with_masks, AnnotationStyle style, CocoAnnotations& annotations) {
  TruthColumns& truth = annotations.truth;
  const std::int32_t image = annotations.image_of(record["image_id"].integer());
  const std::int32_t category = annotations.category_of(record["category_id"].integer());
  const std::int64_t id = record["id"].integer();
  const auto crowd = record.find("iscrowd");
  const auto ignore = record.find("ignore");
  const bool is_crowd = crowd && crowd->truth();
  truth.image.push_back(image);
  truth.category.push_back(category);
  truth.area.push_back(record["area"].number());
  truth.crowd.push_back(style == AnnotationStyle::Coco && is_crowd);
  truth.ignore.push_back(style == AnnotationStyle::Coco ? is_crowd : ignore && ignore->truth());
  truth.countable.push_back(id != 0);
  annotations.ids.push_back(id);
  if (with_masks) {
    const auto box = record.find("bbox");
    truth.box.push_back(box ? box->numbers<4>() : BoxXywh{});
    truth.mask.push_back(image < 0 ? Rle{}
                                   : read_segmentation(record["segmentation"], annotations.images[static_cast<std::size_t>(image)]));
  } else {
    truth.box.push_back(record["bbox"].numbers<4>());
  }
}

std::int32_t position(const std::unordered_map<std::int64_t, std::int32_t>& index, std::int64_t id) {
  const auto found = index.find(id);
  return found == index.end() ? -1 : found->second;
}

}  // namespace

std::int32_t CocoAnnotations::image_of(std::int64_t id) const { return position(image_index, id); }
std::int32_t CocoAnnotations::category_of(std::int64_t id) const { return position(category_index, id); }

Rle read_segmentation(const JsonValue& segmentation, const CocoImage& image) {
  const MaskAnnotation mask = read_coco_segmentation(segmentation);
  try {
    if (std::holds_alternative<Polygons>(mask) && (image.height == 0 || image.width == 0)) {
      throw Error("polygons need the height and width of their image");
    }
    return draw_mask(mask, image.height, image.width);
  } catch (const Error& error) {
    segmentation.fail(error.message());
  }
}

CocoAnnotations read_coco_annotations(const JsonDocument& document, bool with_masks, AnnotationStyle style) {
  CocoAnnotations annotations;
  const JsonValue root = document.root();
  read_sorted(root["images"], read_coco_image, annotations.images, annotations.image_order, annotations.image_index);
  read_sorted(root["categories"], read_coco_category, annotations.categories, annotations.category_order, annotations.category_index);
  std::unordered_map<std::int64_t, std::size_t> seen;
  root["annotations"].for_each([&](const JsonValue& record) {
    read_annotation(record, with_masks, style, annotations);
    const std::int64_t id = annotations.ids.back();
    const auto [first, is_new] = seen.emplace(id, annotations.ids.size() - 1);
    if (!is_new)
      record["id"].fail("the id " + std::to_string(id) + " is that of annotations[" + std::to_string(first->second) + "] already");
  });
  return annotations;
}

}  // namespace detforge
