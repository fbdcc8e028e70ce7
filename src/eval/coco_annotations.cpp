#include "detforge/eval/coco_annotations.h"

#include <algorithm>
#include <numeric>

#include "detforge/base/error.h"

namespace detforge {

namespace {

std::uint64_t read_size(const JsonValue& value) {
  const std::int64_t size = value.integer();
  if (size < 0) value.fail("must not be negative");
  return static_cast<std::uint64_t>(size);
}

std::vector<std::int64_t> read_ids(const JsonValue& record, std::string_view key) {
  std::vector<std::int64_t> ids;
  if (const auto list = record.find(key)) list->for_each([&](const JsonValue& id) { ids.push_back(id.integer()); });
  return ids;
}

CocoImage read_image(const JsonValue& record) {
  CocoImage image;
  image.id = record["id"].integer();
  if (const auto height = record.find("height")) image.height = read_size(*height);
  if (const auto width = record.find("width")) image.width = read_size(*width);
  if (const auto name = record.find("file_name")) image.file_name = name->text();
  image.absent_categories = read_ids(record, "neg_category_ids");
  image.not_exhaustive_categories = read_ids(record, "not_exhaustive_category_ids");
  return image;
}

CocoCategory read_category(const JsonValue& record) {
  CocoCategory category;
  category.id = record["id"].integer();
  if (const auto name = record.find("name")) category.name = name->text();
  if (const auto super = record.find("supercategory")) category.supercategory = super->text();
  if (const auto frequency = record.find("frequency")) category.frequency = frequency->text();
  return category;
}

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

Rle read_run_lengths(const JsonValue& segmentation) {
  const JsonValue size = segmentation["size"];
  const auto [height, width] = size.numbers<2>();
  if (!(height >= 0 && width >= 0 && height <= double(max_mask_pixels) && width <= double(max_mask_pixels)))
    size.fail("is the size of no image");
  const JsonValue counts = segmentation["counts"];
  const auto rows = static_cast<std::uint64_t>(height);
  const auto columns = static_cast<std::uint64_t>(width);
  if (counts.is_string()) return rle_from_text(rows, columns, counts.text());
  std::vector<std::uint32_t> runs;
  counts.for_each([&](const JsonValue& value) {
    const std::int64_t run = value.integer();
    if (run < 0 || run > static_cast<std::int64_t>(max_mask_pixels)) value.fail("is no length of a run");
    runs.push_back(static_cast<std::uint32_t>(run));
  });
  return rle_from_counts(rows, columns, std::move(runs));
}

}  // namespace

std::int32_t CocoAnnotations::image_of(std::int64_t id) const { return position(image_index, id); }
std::int32_t CocoAnnotations::category_of(std::int64_t id) const { return position(category_index, id); }

Rle read_segmentation(const JsonValue& segmentation, const CocoImage& image) {
  try {
    if (segmentation.is_object()) return read_run_lengths(segmentation);
    if (image.height == 0 || image.width == 0) throw Error("polygons need the height and width of their image");
    std::vector<Rle> parts;
    segmentation.for_each(
        [&](const JsonValue& polygon) { parts.push_back(rle_from_polygon(polygon.numbers(), image.height, image.width)); });
    if (parts.empty()) throw Error("has no polygon");
    return merge(parts);
  } catch (Error& error) {
    if (error.diagnostics().front().place.empty()) segmentation.fail(error.message());
    throw;
  }
}

CocoAnnotations read_coco_annotations(const JsonDocument& document, bool with_masks, AnnotationStyle style) {
  CocoAnnotations annotations;
  const JsonValue root = document.root();
  read_sorted(root["images"], read_image, annotations.images, annotations.image_order, annotations.image_index);
  read_sorted(root["categories"], read_category, annotations.categories, annotations.category_order, annotations.category_index);
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
