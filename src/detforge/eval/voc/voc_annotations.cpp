#include "detforge/eval/voc/voc_annotations.h"

#include <fmt/format.h>

#include <algorithm>

#include "detforge/base/error.h"
#include "detforge/base/files.h"

namespace detforge {

namespace {

/// A file's name without folder and extension, also of a name that Windows wrote.
std::string stem_of(std::string name) {
  std::replace(name.begin(), name.end(), '\\', '/');
  return std::filesystem::path(name).stem().string();
}

/// Where the records of results belong.
class Places {
 public:
  explicit Places(const MapAnnotations& annotations) : annotations_(annotations) {
    for (std::size_t i = 0; i < annotations.image_names.size(); ++i) by_name_.emplace(annotations.image_names[i], i);
    for (std::size_t i = 0; i < annotations.image_ids.size(); ++i) by_id_.emplace(annotations.image_ids[i], i);
  }

  std::size_t image_of(const JsonValue& record) const {
    const auto file_name = record.find("file_name");
    const JsonValue key = file_name ? *file_name : record["image_id"];
    if (!file_name) {
      const auto found = by_id_.find(RecordId::read(key));
      if (found != by_id_.end()) return found->second;
    }
    if (key.is_string()) {
      const auto found = by_name_.find(stem_of(std::string(key.text())));
      if (found != by_name_.end()) return found->second;
    }
    key.fail("the annotations have no such image");
  }

  std::int64_t label_of(const JsonValue& record) const {
    if (const auto name = record.find("class")) {
      const auto found = std::find(annotations_.classes.begin(), annotations_.classes.end(), name->text());
      if (found == annotations_.classes.end()) name->fail("the annotations have no such class");
      return found - annotations_.classes.begin();
    }
    const auto label = record.find("label");
    const JsonValue key = label ? *label : record["category_id"];
    std::int64_t value = 0;
    if (!label && !annotations_.category_ids.empty()) {
      const auto& ids = annotations_.category_ids;
      const auto found = std::find(ids.begin(), ids.end(), RecordId::read(key));
      value = found == ids.end() ? -1 : found - ids.begin();
    } else {
      value = key.integer();
    }
    if (value < 0 || value >= static_cast<std::int64_t>(annotations_.classes.size())) key.fail("the annotations have no such class");
    return value;
  }

 private:
  const MapAnnotations& annotations_;
  std::unordered_map<std::string, std::size_t> by_name_;
  std::unordered_map<RecordId, std::size_t> by_id_;
};

/// A mean over classes that no object has would be 0, whatever was detected.
void refuse_other_classes(const MapAnnotations& annotations, const std::filesystem::path& images) {
  const auto is_empty = [](const ImageTruth& image) { return image.boxes.empty() && image.ignored_boxes.empty(); };
  if (!std::all_of(annotations.truth.begin(), annotations.truth.end(), is_empty)) return;
  const std::vector<std::string> names = voc_class_names(images);
  if (names.empty()) return;
  throw Error("no object has one of the classes that are evaluated")
      .at(images.string())
      .note(fmt::format("the objects' classes: {}", fmt::join(names, ", ")))
      .help("--classes names them, in the order of the results' labels");
}

}  // namespace

ImageTruth parse_voc_annotation(std::string_view xml, const std::vector<std::string>& classes, const std::string& file,
                                AnnotationFindings& findings) {
  const std::vector<VocObject> objects = parse_voc_xml(xml, file).objects;
  ImageTruth truth;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    const VocObject& object = objects[i];
    const auto found = std::find(classes.begin(), classes.end(), object.name);
    if (found == classes.end()) {
      findings.note("objects that are none of the classes take no part", voc_object_place(file, i));
      continue;
    }
    if (!object.problem.empty()) throw Error(object.problem).at(voc_object_place(file, i));
    if (!object.oddity.empty()) findings.note(object.oddity, voc_object_place(file, i));
    BoxXyxy box{};
    std::transform(object.box_xyxy.begin(), object.box_xyxy.end(), box.begin(),
                   [](std::int64_t side) { return static_cast<float>(side - 1); });
    (object.is_difficult ? truth.ignored_boxes : truth.boxes).push_back(box);
    (object.is_difficult ? truth.ignored_labels : truth.labels).push_back(found - classes.begin());
  }
  return truth;
}

MapAnnotations read_voc_annotations(const std::filesystem::path& images, const std::vector<std::string>& classes) {
  MapAnnotations annotations;
  annotations.classes = classes;
  annotations.is_voc2007 = std::filesystem::absolute(images).string().find("VOC2007") != std::string::npos;
  for (const auto& file : voc_xml_files(images)) {
    annotations.image_names.push_back(file.stem().string());
    annotations.image_files.push_back(annotations.image_names.back() + ".jpg");
    annotations.truth.push_back(parse_voc_annotation(read_file(file, max_voc_xml_bytes), classes, file.string(), annotations.findings));
  }
  refuse_other_classes(annotations, images);
  return annotations;
}

MapAnnotations map_annotations(const CocoAnnotations& annotations) {
  MapAnnotations converted;
  converted.findings = annotations.findings;
  std::vector<std::size_t> image_at(annotations.images.size());
  std::vector<std::int64_t> label_of(annotations.categories.size());
  for (std::size_t i = 0; i < annotations.image_order.size(); ++i) {
    const auto index = static_cast<std::size_t>(annotations.image_order[i]);
    image_at[index] = i;
    converted.image_ids.push_back(annotations.images[index].id);
    converted.image_files.push_back(annotations.images[index].file_name);
    converted.image_names.push_back(stem_of(annotations.images[index].file_name));
  }
  for (const std::int32_t index : annotations.category_order) {
    label_of[static_cast<std::size_t>(index)] = static_cast<std::int64_t>(converted.classes.size());
    converted.category_ids.push_back(annotations.categories[static_cast<std::size_t>(index)].id);
    converted.classes.push_back(annotations.categories[static_cast<std::size_t>(index)].name);
  }
  converted.truth.resize(annotations.images.size());
  const TruthColumns& truth = annotations.truth;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    if (truth.image[i] < 0 || truth.category[i] < 0) continue;
    ImageTruth& image = converted.truth[image_at[static_cast<std::size_t>(truth.image[i])]];
    const auto& [x, y, width, height] = truth.box[i];
    const BoxXyxy corners = {static_cast<float>(x), static_cast<float>(y), static_cast<float>(x + width), static_cast<float>(y + height)};
    const bool is_ignored = truth.ignore[i] != 0;
    (is_ignored ? image.ignored_boxes : image.boxes).push_back(corners);
    (is_ignored ? image.ignored_labels : image.labels).push_back(label_of[static_cast<std::size_t>(truth.category[i])]);
  }
  return converted;
}

std::vector<Detections> read_map_results(const JsonDocument& document, const MapAnnotations& annotations) {
  std::vector<Detections> results(annotations.truth.size());
  const Places places(annotations);
  document.root().for_each([&](const JsonValue& record) {
    const auto [x, y, width, height] = record["bbox"].numbers<4>();
    Detections& image = results[places.image_of(record)];
    image.labels.push_back(places.label_of(record));
    image.scores.push_back(static_cast<float>(record["score"].number()));
    image.boxes_xyxy.push_back(
        {static_cast<float>(x), static_cast<float>(y), static_cast<float>(x + width), static_cast<float>(y + height)});
  });
  return results;
}

std::vector<Detections> to_map(MmdetResults results, const MapAnnotations& annotations) {
  check_fit(results, annotations.truth.size(), annotations.classes.size());
  std::vector<Detections> detections;
  for (ImageResult& image : results.images) detections.push_back(std::move(image.detections));
  return detections;
}

}  // namespace detforge
