#include "detforge/data/formats/coco_json.h"

#include "detforge/base/error.h"

namespace detforge {

namespace {

std::uint64_t read_size(const JsonValue& value) {
  const std::int64_t size = value.integer();
  if (size < 0) value.fail("must not be negative");
  return static_cast<std::uint64_t>(size);
}

std::vector<RecordId> read_ids(const JsonValue& record, std::string_view key) {
  std::vector<RecordId> ids;
  if (const auto list = record.find(key)) list->for_each([&](const JsonValue& id) { ids.push_back(RecordId::read(id)); });
  return ids;
}

std::string text_or_empty(const JsonValue& record, std::string_view key) {
  const auto value = record.find(key);
  return value ? std::string(value->text()) : std::string();
}

/// What few readers ask for: another type is as good as none.
std::string optional_text(const JsonValue& record, std::string_view key) {
  const auto value = record.find(key);
  return value && value->is_string() ? std::string(value->text()) : std::string();
}

using Note = std::function<void(const char* what, const JsonValue&)>;

bool read_flag(const JsonValue& record, std::string_view key, const char* what, const Note& note) {
  const auto value = record.find(key);
  if (!value) return false;
  if (value->is_bool() || value->is_number()) return value->truth();
  note(what, *value);
  return false;
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
  image.id = RecordId::read(record["id"]);
  if (const auto height = record.find("height")) image.height = read_size(*height);
  if (const auto width = record.find("width")) image.width = read_size(*width);
  image.file_name = text_or_empty(record, "file_name");
  image.coco_url = optional_text(record, "coco_url");
  image.segm_file = optional_text(record, "segm_file");
  image.absent_categories = read_ids(record, "neg_category_ids");
  image.not_exhaustive_categories = read_ids(record, "not_exhaustive_category_ids");
  return image;
}

CocoCategory read_coco_category(const JsonValue& record) {
  CocoCategory category;
  category.id = RecordId::read(record["id"]);
  category.name = text_or_empty(record, "name");
  category.supercategory = optional_text(record, "supercategory");
  category.frequency = optional_text(record, "frequency");
  return category;
}

CocoObject read_coco_object(const JsonValue& record, bool needs_box, const Note& note) {
  CocoObject object;
  if (const auto id = record.find("id")) {
    object.id = RecordId::read(*id);
  } else {
    note("annotations have no 'id'", record);
  }
  const auto box = record.find("bbox");
  if (box || needs_box) object.box = (needs_box ? record["bbox"] : *box).numbers<4>();
  const auto area = record.find("area");
  if (area && area->is_number()) {
    object.area = area->number();
  } else {
    object.area = object.box[2] * object.box[3];
    note(area ? "areas that are no number become width × height" : "annotations without 'area' get width × height", area ? *area : record);
  }
  object.is_crowd = read_flag(record, "iscrowd", "'iscrowd' that is neither a number nor a truth value counts as 0", note);
  object.is_ignored = read_flag(record, "ignore", "'ignore' that is neither a number nor a truth value counts as 0", note);
  return object;
}

std::string other_kind_of_id(const RecordId& id, const RecordId& of_described) {
  if (id.is_text() == of_described.is_text()) return {};
  return id.is_text() ? ": the id is a text, those of the file are numbers" : ": the id is a number, those of the file are texts";
}

MaskAnnotation read_coco_segmentation(const JsonValue& segmentation) {
  try {
    if (segmentation.is_object()) return read_run_lengths(segmentation);
  } catch (Error& error) {
    if (error.diagnostics().front().place.empty()) segmentation.fail(error.message());
    throw;
  }
  Polygons polygons;
  std::vector<Rle> masks;
  segmentation.for_each([&](const JsonValue& part) {
    if (part.is_object()) {
      masks.push_back(std::get<Rle>(read_coco_segmentation(part)));
    } else {
      polygons.push_back(part.numbers());
    }
  });
  if (masks.empty()) return polygons;
  if (!polygons.empty()) segmentation.fail("holds both polygons and run lengths");
  try {
    return merge(masks);
  } catch (const Error& error) {
    segmentation.fail(error.message());
  }
}

Rle draw_mask(const MaskAnnotation& mask, std::uint64_t height, std::uint64_t width) {
  if (const auto* rle = std::get_if<Rle>(&mask)) return *rle;
  const auto* polygons = std::get_if<Polygons>(&mask);
  if (polygons == nullptr) throw Error("has no polygon");
  return rle_from_polygons(*polygons, height, width);
}

}  // namespace detforge
