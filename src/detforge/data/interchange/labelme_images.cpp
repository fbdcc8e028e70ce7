#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <numbers>
#include <set>

#include "detforge/base/files.h"
#include "detforge/base/json_document.h"
#include "detforge/data/formats/record_id.h"
#include "detforge/data/interchange/image_files.h"
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

/// A circle of that centre through that point, as many corners as LabelMe's own converter gives it.
std::vector<double> polygon_of_circle(const std::vector<double>& points) {
  const double radius = std::hypot(points[2] - points[0], points[3] - points[1]);
  const double needed = radius > 0.5 ? std::numbers::pi / std::acos(1 - 1 / std::max(radius, 1.0)) : 0;
  const int corners = std::max(12, static_cast<int>(needed));
  std::vector<double> polygon;
  for (int i = 0; i < corners; ++i) {
    const double angle = 2 * std::numbers::pi * i / corners;
    polygon.push_back(points[0] + radius * std::sin(angle));
    polygon.push_back(points[1] + radius * std::cos(angle));
  }
  return polygon;
}

std::vector<double> polygon_of_box(const BoxXywh& box) {
  const auto& [x, y, width, height] = box;
  return {x, y, x + width, y, x + width, y + height, x, y + height};
}

/// One shape: its box, and its outline where it is no rectangle.
struct LabelmePart {
  BoxXywh box{};
  std::vector<double> outline;
};

LabelmePart part_of(const JsonValue& shape) {
  const auto kind = shape.find("shape_type");  // old files have polygons alone and do not say so
  const std::string name = kind ? std::string(kind->text()) : "polygon";
  if (name != "polygon" && name != "rectangle" && name != "circle") {
    kind->fail("is '" + name + "', which is neither a polygon nor a rectangle nor a circle");
  }
  std::vector<double> points;
  shape["points"].for_each([&](const JsonValue& point) {
    const auto [x, y] = point.numbers<2>();
    points.insert(points.end(), {x, y});
  });
  if (points.size() < (name == "polygon" ? 6U : 4U)) shape["points"].fail("has too few points");
  if (name == "circle" && points.size() > 4) shape["points"].fail("has more points than a circle's centre and one on it");
  if (name == "rectangle") return {box_around({points}), {}};
  if (name == "polygon") return {box_around({points}), points};
  const double radius = std::hypot(points[2] - points[0], points[3] - points[1]);
  return {{points[0] - radius, points[1] - radius, 2 * radius, 2 * radius}, polygon_of_circle(points)};
}

/// A label may be written as a number.
std::string label_text(const JsonValue& label) { return label.is_number() ? RecordId::read(label).text() : std::string(label.text()); }

/// Adds shapes to an image; those of one label and group are parts of one object.
class LabelmeShapes {
 public:
  LabelmeShapes(LabeledImages& all, LabeledImage& image) : all_(all), image_(image) {}

  void add(const JsonValue& shape) {
    LabelmePart part = part_of(shape);
    const std::size_t label = all_.label(label_text(shape["label"]));
    std::size_t index = objects_.size();
    if (const auto group = shape.find("group_id")) index = groups_.emplace(std::pair(label, RecordId::read(*group)), index).first->second;
    if (index == objects_.size()) objects_.push_back({label, {}});
    objects_[index].parts.push_back(std::move(part));
  }

  /// An object is as large as all of its parts; of rectangles alone it has no mask.
  void finish() {
    for (const Parts& parts : objects_) {
      const auto has_outline = [](const LabelmePart& part) { return !part.outline.empty(); };
      const bool has_mask = std::any_of(parts.parts.begin(), parts.parts.end(), has_outline);
      LabeledObject& object = image_.objects.emplace_back();
      object.label = parts.label;
      Polygons boxes, outlines;
      for (const LabelmePart& part : parts.parts) {
        boxes.push_back(polygon_of_box(part.box));
        outlines.push_back(has_outline(part) ? part.outline : boxes.back());
      }
      object.box = box_around(boxes);
      if (has_mask) object.mask = std::move(outlines);
    }
  }

 private:
  struct Parts {
    std::size_t label = 0;
    std::vector<LabelmePart> parts;
  };

  LabeledImages& all_;
  LabeledImage& image_;
  std::vector<Parts> objects_;
  std::map<std::pair<std::size_t, RecordId>, std::size_t> groups_;
};

std::int64_t side_or_zero(const JsonValue& root, std::string_view key) {
  const auto side = root.find(key);
  return side ? side->integer() : 0;
}

/// The picture that a file is of: as it says, with slashes for what Windows wrote, else the one of its own name.
std::string picture_name(const JsonValue& root, const fs::path& file, const fs::path& images, AnnotationFindings& findings) {
  const auto path = root.find("imagePath");
  if (!path) {
    const auto picture = picture_of_stem(images, file.stem().string());
    if (!picture) root.fail("has no 'imagePath'");
    findings.note("files without 'imagePath' are of the picture with their name", file.string());
    return picture->filename().string();
  }
  std::string name(path->text());
  if (name.find('\\') == std::string::npos || fs::exists(images / name)) return name;
  findings.note("paths have backslashes, as on Windows; slashes now", file.string());
  name = with_slashes(std::move(name));
  // A path of another machine: the picture has come along with its file.
  const std::string bare = fs::path(name).filename().string();
  return !fs::exists(images / name) && fs::exists(images / bare) ? bare : name;
}

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

LabeledImages read_labelme_images(const fs::path& folder, const fs::path& images) {
  LabeledImages all;
  const fs::path pictures = images.empty() ? folder : images;
  std::set<fs::path> named;
  for (const fs::path& file : labelme_files(folder)) {
    try {
      const JsonDocument document = JsonDocument::read(file);
      const JsonValue root = document.root();
      LabeledImage image{picture_name(root, file, pictures, all.findings), {}};
      const fs::path picture = pictures / image.file_name;
      named.insert(picture.lexically_normal());
      image.size =
          size_or_note({side_or_zero(root, "imageHeight"), side_or_zero(root, "imageWidth")}, picture, file.string(), all.findings);
      LabelmeShapes shapes(all, image);
      root["shapes"].for_each([&](const JsonValue& shape) {
        try {
          shapes.add(shape);
        } catch (const Error& error) {
          all.findings.skip(file.string() + ": " + error.diagnostics().front().place, error.message());
        }
      });
      shapes.finish();
      all.images.push_back(std::move(image));
    } catch (const Error& error) {
      const std::string& place = error.diagnostics().front().place;
      all.findings.skip(place.starts_with(file.string()) ? place : file.string(), error.message());
    }
  }
  for (const auto& entry : fs::directory_iterator(pictures)) {
    if (is_picture_name(entry.path()) && !named.contains(entry.path().lexically_normal())) {
      all.findings.note("pictures without a LabelMe file are left out", entry.path().string());
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
