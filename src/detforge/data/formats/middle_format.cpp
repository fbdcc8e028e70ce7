#include "detforge/data/formats/middle_format.h"

#include "detforge/base/json_document.h"
#include "detforge/data/formats/pickle_json.h"

namespace detforge {

namespace {

constexpr std::int64_t max_side_px = 1 << 24;
constexpr std::int64_t max_label = 1 << 20;

void read_boxes(const JsonValue& boxes, const std::optional<JsonValue>& labels, MiddleRecord& record) {
  boxes.for_each([&](const JsonValue& box) {
    const auto [x1, y1, x2, y2] = box.numbers<4>();
    record.bboxes.push_back({static_cast<float>(x1), static_cast<float>(y1), static_cast<float>(x2), static_cast<float>(y2)});
  });
  if (labels) {
    labels->for_each([&](const JsonValue& value) {
      const std::int64_t label = value.integer();
      if (label < 0 || label > max_label) value.fail("is no label");
      record.labels.push_back(label);
    });
    if (record.labels.size() != record.bboxes.size()) labels->fail("must be as many as the boxes");
  }
  record.labels.resize(record.bboxes.size());
}

std::int64_t side(const JsonValue& value) {
  const std::int64_t pixels = value.integer();
  if (pixels < 0 || pixels > max_side_px) value.fail("is no size of an image");
  return pixels;
}

MiddleRecord read_record(const JsonValue& json, std::size_t index) {
  MiddleRecord record;
  record.index = index;
  record.filename = json["filename"].text();
  record.size = {side(json["height"]), side(json["width"])};
  const auto annotation = json.find("ann");
  if (!annotation) return record;
  if (const auto seg_map = annotation->find("seg_map")) record.seg_map = seg_map->text();
  read_boxes((*annotation)["bboxes"], (*annotation)["labels"], record);
  record.objects = record.bboxes.size();
  if (const auto ignored = annotation->find("bboxes_ignore")) {
    const auto labels = annotation->find("labels_ignore");
    MiddleRecord others;
    read_boxes(*ignored, labels, others);
    record.bboxes.insert(record.bboxes.end(), others.bboxes.begin(), others.bboxes.end());
    record.labels.insert(record.labels.end(), others.labels.begin(), others.labels.end());
    record.has_labels_of_ignored = labels.has_value();
  }
  return record;
}

}  // namespace

void read_middle_format(const std::filesystem::path& file, const std::function<void(const MiddleRecord&)>& take,
                        const std::function<void(const Error&)>& wrong) {
  const bool is_pickle = file.extension() == ".pkl" || file.extension() == ".pickle";
  const JsonDocument document = is_pickle ? JsonDocument::parse(json_of_pickle(file), file.string()) : JsonDocument::read(file);
  std::size_t index = 0;
  document.root().for_each([&](const JsonValue& json) {
    try {
      take(read_record(json, index++));
    } catch (const Error& error) {
      wrong(error);
    }
  });
}

}  // namespace detforge
