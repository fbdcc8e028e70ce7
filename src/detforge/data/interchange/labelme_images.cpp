#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "detforge/base/files.h"
#include "detforge/base/json_document.h"
#include "detforge/data/interchange/labeled_images.h"

namespace detforge {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

std::vector<fs::path> labelme_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  if (files.empty()) throw Error("the folder has no .json file").at(folder.string());
  return files;
}

/// The tightest box around all points.
BoxXywh box_around(const Polygons& polygons) {
  double left = polygons[0][0], top = polygons[0][1], right = left, bottom = top;
  for (const std::vector<double>& polygon : polygons) {
    for (std::size_t i = 0; i + 1 < polygon.size(); i += 2) {
      left = std::min(left, polygon[i]);
      right = std::max(right, polygon[i]);
      top = std::min(top, polygon[i + 1]);
      bottom = std::max(bottom, polygon[i + 1]);
    }
  }
  return {left, top, right - left, bottom - top};
}

/// Adds a shape to an image; shapes of one label and group are parts of one object.
class LabelmeShapes {
 public:
  LabelmeShapes(LabeledImages& all, LabeledImage& image) : all_(all), image_(image) {}

  void add(const JsonValue& shape) {
    const JsonValue kind = shape["shape_type"];
    const bool is_polygon = kind.text() == "polygon";
    if (!is_polygon && kind.text() != "rectangle") kind.fail("is neither a polygon nor a rectangle");
    std::vector<double> points;
    shape["points"].for_each([&](const JsonValue& point) {
      const auto [x, y] = point.numbers<2>();
      points.insert(points.end(), {x, y});
    });
    if (points.size() < (is_polygon ? 6U : 4U)) shape["points"].fail("has too few points");
    const std::size_t label = all_.label(std::string(shape["label"].text()));
    const auto group = shape.find("group_id");
    LabeledObject* object = nullptr;
    if (group) {
      const auto [found, is_new] = groups_.emplace(std::pair(label, group->integer()), image_.objects.size());
      if (!is_new) object = &image_.objects[found->second];
    }
    if (object == nullptr) {
      object = &image_.objects.emplace_back();
      object->label = label;
      if (is_polygon) object->mask = Polygons();
    }
    if (auto* polygons = std::get_if<Polygons>(&object->mask); polygons != nullptr && is_polygon) {
      polygons->push_back(std::move(points));
      object->box = box_around(*polygons);
    } else {
      object->box = box_around({points});
    }
  }

 private:
  LabeledImages& all_;
  LabeledImage& image_;
  std::map<std::pair<std::size_t, std::int64_t>, std::size_t> groups_;
};

Json shape_json(const std::string& label, const char* kind, const std::vector<double>& numbers, Json group) {
  Json points = Json::array();
  for (std::size_t i = 0; i + 1 < numbers.size(); i += 2) points.push_back({numbers[i], numbers[i + 1]});
  return {{"label", label}, {"points", points}, {"group_id", std::move(group)}, {"shape_type", kind}, {"flags", Json::object()}};
}

Json image_json(const LabeledImage& image, const std::vector<std::string>& classes, ConversionLosses& losses) {
  Json shapes = Json::array();
  std::size_t next_group = 1;
  for (const LabeledObject& object : image.objects) {
    const std::string& label = classes[object.label];
    if (object.is_crowd) ++losses["crowds (ordinary objects now)"];
    if (object.is_difficult) ++losses["difficult objects (ordinary ones now)"];
    const auto* polygons = std::get_if<Polygons>(&object.mask);
    if (polygons != nullptr && !polygons->empty()) {
      const Json group = polygons->size() > 1 ? Json(next_group++) : Json();
      for (const std::vector<double>& polygon : *polygons) shapes.push_back(shape_json(label, "polygon", polygon, group));
    } else {
      if (std::holds_alternative<Rle>(object.mask)) ++losses["masks that are no polygons"];
      const auto& [x, y, width, height] = object.box;
      shapes.push_back(shape_json(label, "rectangle", {x, y, x + width, y + height}, {}));
    }
  }
  return {{"version", "5.0.1"},
          {"flags", Json::object()},
          {"shapes", shapes},
          {"imagePath", image.file_name},
          {"imageData", nullptr},
          {"imageHeight", image.size.height},
          {"imageWidth", image.size.width}};
}

}  // namespace

LabeledImages read_labelme_images(const fs::path& folder) {
  LabeledImages all;
  for (const fs::path& file : labelme_files(folder)) {
    try {
      const JsonDocument document = JsonDocument::read(file);
      const JsonValue root = document.root();
      LabeledImage image{std::string(root["imagePath"].text()), {root["imageHeight"].integer(), root["imageWidth"].integer()}};
      LabelmeShapes shapes(all, image);
      root["shapes"].for_each([&](const JsonValue& shape) {
        try {
          shapes.add(shape);
        } catch (const Error& error) {
          all.findings.skip(file.string() + ": " + error.diagnostics().front().place, error.message());
        }
      });
      all.images.push_back(std::move(image));
    } catch (const Error& error) {
      all.findings.skip(file.string(), error.message());
    }
  }
  return all;
}

ConversionLosses write_labelme_images(const LabeledImages& images, const fs::path& folder) {
  const std::vector<std::string> stems = unique_stems(images);
  fs::create_directories(folder);
  ConversionLosses losses;
  for (std::size_t i = 0; i < stems.size(); ++i) {
    const Json json = image_json(images.images[i], images.classes, losses);
    atomic_write(folder / (stems[i] + ".json"), json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  }
  return losses;
}

}  // namespace detforge
