#include "detforge/eval/coco/coco_annotations.h"

#include <algorithm>
#include <numeric>

#include "detforge/base/error.h"

namespace detforge {

namespace {

/// Reads the records of a list, sorts them by id, and says where each of the file's went.
template <class Item, class Read>
void read_sorted(const JsonValue& list, Read read, std::vector<Item>& items, std::vector<std::int32_t>& order,
                 std::unordered_map<RecordId, std::int32_t>& index) {
  std::vector<Item> as_written;
  std::unordered_map<RecordId, std::size_t> seen;
  list.for_each([&](const JsonValue& record) {
    as_written.push_back(read(record));
    const auto [first, is_new] = seen.emplace(as_written.back().id, as_written.size() - 1);
    if (!is_new)
      record["id"].fail("the id " + as_written.back().id.text() + " is that of record " + std::to_string(first->second) + " already");
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

class AnnotationReader {
 public:
  AnnotationReader(bool with_masks, AnnotationStyle style, CocoAnnotations& annotations)
      : with_masks_(with_masks), style_(style), annotations_(annotations) {}

  void read(const JsonValue& record) {
    TruthColumns& truth = annotations_.truth;
    const std::int32_t image = image_of(record["image_id"]);
    const std::int32_t category = category_of(record["category_id"]);
    const auto note = [&](const char* what, const JsonValue& value) { annotations_.findings.note(what, value.place(), value.document()); };
    const CocoObject object = read_coco_object(record, !with_masks_, note);
    add_id(record, object.id);
    truth.image.push_back(image);
    truth.category.push_back(category);
    truth.area.push_back(object.area);
    truth.crowd.push_back(style_ == AnnotationStyle::Coco && object.is_crowd);
    truth.ignore.push_back(style_ == AnnotationStyle::Coco ? object.is_crowd : object.is_ignored);
    const bool is_countable = !object.id || !object.id->is_zero();
    truth.countable.push_back(is_countable);
    if (!is_countable && style_ == AnnotationStyle::Coco) {
      note("annotations with the id 0: as in pycocotools, a detection that matches one counts as wrong", record["id"]);
    }
    truth.box.push_back(object.box);
    if (with_masks_) truth.mask.push_back(image < 0 ? Rle{} : mask_of(record, annotations_.images[static_cast<std::size_t>(image)]));
  }

 private:
  std::int32_t image_of(const JsonValue& value) {
    const RecordId id = RecordId::read(value);
    const std::int32_t image = annotations_.image_of(id);
    if (image < 0) {
      const std::string why = annotations_.images.empty() ? "" : other_kind_of_id(id, annotations_.images.front().id);
      annotations_.findings.note("annotations of images that the file does not describe take no part" + why, value.place(),
                                 value.document());
    }
    return image;
  }

  std::int32_t category_of(const JsonValue& value) {
    const RecordId id = RecordId::read(value);
    const std::int32_t category = annotations_.category_of(id);
    if (category < 0) {
      const std::string why = annotations_.categories.empty() ? "" : other_kind_of_id(id, annotations_.categories.front().id);
      annotations_.findings.note("annotations of categories that the file does not describe take no part" + why, value.place(),
                                 value.document());
    }
    return category;
  }

  Rle mask_of(const JsonValue& record, const CocoImage& image) {
    const JsonValue segmentation = record["segmentation"];
    Rle mask = read_segmentation(segmentation, image);
    if (has_polygon_without_area(segmentation)) {
      annotations_.findings.note(
          "masks have polygons of fewer than three points: four numbers alone are a box, as in pycocotools, others add nothing",
          segmentation.place(), record.document());
    }
    const bool is_of_another_size = image.height > 0 && image.width > 0 && (mask.height != image.height || mask.width != image.width);
    if (is_of_another_size) annotations_.findings.note("masks do not have their image's size", segmentation.place(), record.document());
    return mask;
  }

  static bool has_polygon_without_area(const JsonValue& segmentation) {
    bool has_one = false;
    if (segmentation.is_array()) {
      segmentation.for_each([&](const JsonValue& polygon) { has_one |= polygon.is_array() && polygon.size() < 6; });
    }
    return has_one;
  }

  void add_id(const JsonValue& record, const std::optional<RecordId>& id) {
    const std::size_t position = annotations_.ids.size();
    annotations_.ids.push_back(id);
    if (!id) return;
    const auto [first, is_new] = seen_.emplace(*id, position);
    if (!is_new) record["id"].fail("the id " + id->text() + " is that of annotations[" + std::to_string(first->second) + "] already");
  }

  bool with_masks_;
  AnnotationStyle style_;
  CocoAnnotations& annotations_;
  std::unordered_map<RecordId, std::size_t> seen_;
};

std::int32_t position(const std::unordered_map<RecordId, std::int32_t>& index, const RecordId& id) {
  const auto found = index.find(id);
  return found == index.end() ? -1 : found->second;
}

}  // namespace

std::int32_t CocoAnnotations::image_of(const RecordId& id) const { return position(image_index, id); }
std::int32_t CocoAnnotations::category_of(const RecordId& id) const { return position(category_index, id); }

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
  AnnotationReader reader(with_masks, style, annotations);
  root["annotations"].for_each([&](const JsonValue& record) { reader.read(record); });
  return annotations;
}

}  // namespace detforge
