#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <unordered_map>

#include "detforge/base/files.h"
#include "detforge/data/datasets/coco_findings.h"
#include "detforge/data/formats/coco_json.h"
#include "detforge/data/interchange/image_files.h"
#include "detforge/data/interchange/labeled_images.h"

namespace detforge {

namespace {

using Json = nlohmann::ordered_json;

template <class Read>
void read_each(const JsonValue& list, AnnotationFindings& findings, Read read) {
  list.for_each([&](const JsonValue& record) {
    try {
      read(record);
    } catch (const Error& error) {
      findings.skip(error);
    }
  });
}

using Positions = std::unordered_map<RecordId, std::size_t>;

std::size_t position_of(const JsonValue& value, const std::string& what, const Positions& positions) {
  const RecordId id = RecordId::read(value);
  const auto found = positions.find(id);
  if (found == positions.end()) {
    value.fail("there is no such " + what + (positions.empty() ? "" : other_kind_of_id(id, positions.begin()->first)));
  }
  return found->second;
}

Json segmentation_json(const MaskAnnotation& mask) {
  if (const auto* rle = std::get_if<Rle>(&mask)) return {{"size", {rle->height, rle->width}}, {"counts", rle_text(*rle)}};
  return std::get<Polygons>(mask);
}

double area_of(const LabeledObject& object, const ImageSize& size) {
  if (object.area) return *object.area;
  const bool is_drawn = !std::holds_alternative<std::monostate>(object.mask) && size.height > 0 && size.width > 0;
  if (!is_drawn) return object.box[2] * object.box[3];
  return static_cast<double>(
      area_of(draw_mask(object.mask, static_cast<std::uint64_t>(size.height), static_cast<std::uint64_t>(size.width))));
}

}  // namespace

LabeledImages read_coco_images(const std::filesystem::path& file, const std::filesystem::path& folder) {
  const JsonDocument document = JsonDocument::read(file);
  const JsonValue root = document.root();
  LabeledImages all;
  Positions images, labels;
  read_each(root["images"], all.findings, [&](const JsonValue& record) {
    const CocoImage image = read_coco_image(record);
    if (!images.emplace(image.id, all.images.size()).second) record["id"].fail("is the id of an earlier record");
    std::string name = image.file_name.empty() ? image.coco_url : image.file_name;
    if (name.find('\\') != std::string::npos && !std::filesystem::exists(folder / name)) {
      all.findings.note("file names have backslashes, as on Windows; slashes now", record.place(), record.document());
      name = with_slashes(std::move(name));
    }
    const ImageSize size{static_cast<std::int64_t>(image.height), static_cast<std::int64_t>(image.width)};
    const std::filesystem::path base = folder.empty() ? file.parent_path() : folder;
    all.images.push_back({name, size_or_note(size, base / name, record.place(), all.findings)});
  });
  read_each(root["categories"], all.findings, [&](const JsonValue& record) {
    const CocoCategory category = read_coco_category(record);
    labels.emplace(category.id, all.label(category.name));
  });
  read_each(root["annotations"], all.findings, [&](const JsonValue& record) {
    LabeledImage& image = all.images[position_of(record["image_id"], "image", images)];
    LabeledObject object;
    object.label = position_of(record["category_id"], "category", labels);
    const CocoObject read = read_coco_object(
        record, true, [&](const char* what, const JsonValue& value) { all.findings.note(what, value.place(), value.document()); });
    if (read.box[2] < 0 || read.box[3] < 0) record["bbox"].fail("has a negative width or height");
    object.box = read.box;
    object.area = read.area;
    object.is_crowd = read.is_crowd;
    object.is_difficult = read.is_ignored;
    object.mask = mask_or_note(record, all.findings);
    image.objects.push_back(std::move(object));
  });
  return all;
}

ConversionLosses write_coco_images(const LabeledImages& images, const std::filesystem::path& file) {
  Json json = {{"images", Json::array()}, {"annotations", Json::array()}, {"categories", Json::array()}};
  for (std::size_t i = 0; i < images.classes.size(); ++i) json["categories"].push_back({{"id", i + 1}, {"name", images.classes[i]}});
  ConversionLosses losses;
  for (std::size_t i = 0; i < images.images.size(); ++i) {
    const LabeledImage& image = images.images[i];
    json["images"].push_back({{"id", i + 1}, {"file_name", image.file_name}, {"height", image.size.height}, {"width", image.size.width}});
    for (const LabeledObject& object : image.objects) {
      Json record = {{"id", json["annotations"].size() + 1}, {"image_id", i + 1},
                     {"category_id", object.label + 1},      {"bbox", object.box},
                     {"area", area_of(object, image.size)},  {"iscrowd", object.is_crowd ? 1 : 0}};
      if (!std::holds_alternative<std::monostate>(object.mask)) record["segmentation"] = segmentation_json(object.mask);
      if (object.is_difficult) record["ignore"] = 1;
      json["annotations"].push_back(std::move(record));
    }
  }
  atomic_write(file, json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
  return losses;
}

}  // namespace detforge
