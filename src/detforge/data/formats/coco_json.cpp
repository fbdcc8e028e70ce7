#include "detforge/data/formats/coco_json.h"

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

std::string text_or_empty(const JsonValue& record, std::string_view key) {
  const auto value = record.find(key);
  return value ? std::string(value->text()) : std::string();
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

CocoImage read_coco_image(const JsonValue& record) {
  CocoImage image;
  image.id = record["id"].integer();
  if (const auto height = record.find("height")) image.height = read_size(*height);
  if (const auto width = record.find("width")) image.width = read_size(*width);
  image.file_name = text_or_empty(record, "file_name");
  image.coco_url = text_or_empty(record, "coco_url");
  image.segm_file = text_or_empty(record, "segm_file");
  image.absent_categories = read_ids(record, "neg_category_ids");
  image.not_exhaustive_categories = read_ids(record, "not_exhaustive_category_ids");
  return image;
}

CocoCategory read_coco_category(const JsonValue& record) {
  CocoCategory category;
  category.id = record["id"].integer();
  category.name = text_or_empty(record, "name");
  category.supercategory = text_or_empty(record, "supercategory");
  category.frequency = text_or_empty(record, "frequency");
  return category;
}

MaskAnnotation read_coco_segmentation(const JsonValue& segmentation) {
  try {
    if (segmentation.is_object()) return read_run_lengths(segmentation);
  } catch (Error& error) {
    if (error.diagnostics().front().place.empty()) segmentation.fail(error.message());
    throw;
  }
  Polygons polygons;
  segmentation.for_each([&](const JsonValue& polygon) { polygons.push_back(polygon.numbers()); });
  return polygons;
}

Rle draw_mask(const MaskAnnotation& mask, std::uint64_t height, std::uint64_t width) {
  if (const auto* rle = std::get_if<Rle>(&mask)) return *rle;
  const auto* polygons = std::get_if<Polygons>(&mask);
  if (polygons == nullptr || polygons->empty()) throw Error("has no polygon");
  std::vector<Rle> parts;
  for (const std::vector<double>& polygon : *polygons) parts.push_back(rle_from_polygon(polygon, height, width));
  return merge(parts);
}

}  // namespace detforge
