#include "detforge/data/interchange/split_coco.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "detforge/data/formats/coco_json.h"

namespace detforge {

namespace {

using PositionById = std::unordered_map<RecordId, std::size_t>;

PositionById image_positions(const JsonValue& root) {
  PositionById positions;
  std::size_t next = 0;
  root["images"].for_each([&](const JsonValue& image) { positions.emplace(RecordId::read(image["id"]), next++); });
  return positions;
}

/// One list a part, of the elements that `part` gives one to.
template <class Part>
std::vector<std::string> lists_of(const JsonValue& list, std::size_t parts, Part part) {
  std::vector<std::string> texts(parts);
  std::size_t index = 0;
  list.for_each([&](const JsonValue& record) {
    const auto where = part(record, index++);
    if (where) texts[*where] += (texts[*where].empty() ? "" : ",") + record.json();
  });
  for (std::string& text : texts) text = "[" + text + "]";
  return texts;
}

}  // namespace

std::vector<std::vector<std::int64_t>> coco_categories_by_image(const JsonDocument& document) {
  const JsonValue root = document.root();
  const PositionById images = image_positions(root);
  std::map<RecordId, std::int64_t> ranks;
  root["annotations"].for_each([&](const JsonValue& record) { ranks.emplace(RecordId::read(record["category_id"]), 0); });
  std::int64_t next = 0;
  for (auto& [id, rank] : ranks) rank = next++;
  std::vector<std::vector<std::int64_t>> categories(root["images"].size());
  root["annotations"].for_each([&](const JsonValue& record) {
    const auto image = images.find(RecordId::read(record["image_id"]));
    if (image != images.end()) categories[image->second].push_back(ranks.at(RecordId::read(record["category_id"])));
  });
  return categories;
}

std::vector<std::string> split_coco(const JsonDocument& document, std::span<const std::size_t> part_of, std::size_t parts,
                                    AnnotationFindings& findings) {
  const JsonValue root = document.root();
  const PositionById images = image_positions(root);
  std::vector<std::string> texts(parts);
  const auto add = [&](std::size_t part, std::string_view key, const std::string& value) {
    texts[part] += (texts[part].empty() ? "{" : ",") + nlohmann::json(key).dump() + ":" + value;
  };
  root.for_each_member([&](std::string_view key, const JsonValue& value) {
    std::vector<std::string> values;
    if (key == "images") {
      values = lists_of(value, parts, [&](const JsonValue&, std::size_t index) { return std::optional(part_of[index]); });
    } else if (key == "annotations") {
      values = lists_of(value, parts, [&](const JsonValue& record, std::size_t index) {
        const RecordId id = RecordId::read(record["image_id"]);
        const auto image = images.find(id);
        if (image != images.end()) return std::optional(part_of[image->second]);
        const std::string why = images.empty() ? "" : other_kind_of_id(id, images.begin()->first);
        findings.note("annotations of images that the file does not describe are left out" + why, fmt::format("annotations[{}]", index),
                      record.document());
        return std::optional<std::size_t>();
      });
    } else {
      values.assign(parts, value.json());
    }
    for (std::size_t part = 0; part < parts; ++part) add(part, key, values[part]);
  });
  for (std::string& text : texts) text += "}\n";
  return texts;
}

}  // namespace detforge
