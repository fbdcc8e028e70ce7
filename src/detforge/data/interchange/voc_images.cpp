#include <cmath>
#include <pugixml.hpp>
#include <sstream>
#include <utility>

#include "detforge/base/files.h"
#include "detforge/data/formats/voc_xml.h"
#include "detforge/data/interchange/image_files.h"
#include "detforge/data/interchange/labeled_images.h"

namespace detforge {

namespace {

namespace fs = std::filesystem;

void add_text(pugi::xml_node parent, const char* name, const std::string& text) {
  parent.append_child(name).append_child(pugi::node_pcdata).set_value(text.c_str());
}

/// Whole pixels that count from 1, so that MMDetection reads the box back: it takes 1 off both corners.
void add_box(pugi::xml_node object, const BoxXywh& box, ConversionLosses& losses) {
  pugi::xml_node node = object.append_child("bndbox");
  const std::array<double, 4> corners = {box[0], box[1], box[0] + box[2], box[1] + box[3]};
  constexpr std::array<const char*, 4> names = {"xmin", "ymin", "xmax", "ymax"};
  bool is_whole = true;
  for (std::size_t i = 0; i < 4; ++i) {
    is_whole = is_whole && corners[i] == std::floor(corners[i]);
    add_text(node, names[i], std::to_string(std::llround(corners[i]) + 1));
  }
  if (!is_whole) ++losses["fractions of pixels"];
}

std::string voc_text(const LabeledImage& image, const std::vector<std::string>& classes, ConversionLosses& losses) {
  pugi::xml_document document;
  pugi::xml_node root = document.append_child("annotation");
  add_text(root, "filename", fs::path(image.file_name).filename().string());
  pugi::xml_node size = root.append_child("size");
  add_text(size, "width", std::to_string(image.size.width));
  add_text(size, "height", std::to_string(image.size.height));
  add_text(size, "depth", "3");
  for (const LabeledObject& object : image.objects) {
    pugi::xml_node node = root.append_child("object");
    add_text(node, "name", classes[object.label]);
    add_text(node, "difficult", object.is_difficult || object.is_crowd ? "1" : "0");
    add_box(node, object.box, losses);
    if (object.is_crowd) ++losses["crowds (difficult now)"];
    if (!std::holds_alternative<std::monostate>(object.mask)) ++losses["masks"];
  }
  std::ostringstream text;
  document.save(text, "  ");
  return text.str();
}

}  // namespace

LabeledImages read_voc_images(const fs::path& source, const fs::path& images) {
  LabeledImages all;
  all.classes = voc_class_names(source);
  for (const fs::path& file : voc_xml_files(source)) {
    try {
      const VocAnnotation annotation = read_voc_xml(file);
      const fs::path folder = images.empty() ? file.parent_path().parent_path() / "JPEGImages" : images;
      const auto picture = picture_of_stem(folder, file.stem().string());
      LabeledImage image{picture ? picture->filename().string() : file.stem().string() + ".jpg", {}};
      image.size = size_or_note(annotation.size.value_or(ImageSize()), picture.value_or(fs::path()), file.string(), all.findings);
      for (std::size_t i = 0; i < annotation.objects.size(); ++i) {
        const VocObject& object = annotation.objects[i];
        if (!object.problem.empty()) {
          all.findings.skip(voc_object_place(file.string(), i), object.problem);
          continue;
        }
        if (!object.oddity.empty()) all.findings.note(object.oddity, voc_object_place(file.string(), i));
        auto [xmin, ymin, xmax, ymax] = object.box_xyxy;
        if (xmin > xmax || ymin > ymax) {
          all.findings.note("boxes have their corners swapped; they are turned round", voc_object_place(file.string(), i));
          if (xmin > xmax) std::swap(xmin, xmax);
          if (ymin > ymax) std::swap(ymin, ymax);
        }
        LabeledObject labeled;
        labeled.label = all.label(object.name);
        labeled.box = {static_cast<double>(xmin - 1), static_cast<double>(ymin - 1), static_cast<double>(xmax - xmin),
                       static_cast<double>(ymax - ymin)};
        labeled.is_difficult = object.is_difficult;
        image.objects.push_back(std::move(labeled));
      }
      all.images.push_back(std::move(image));
    } catch (const Error& error) {
      all.findings.skip(error);
    }
  }
  return all;
}

ConversionLosses write_voc_images(const LabeledImages& images, const fs::path& folder, const std::string& name) {
  const std::vector<std::string> stems = unique_stems(images);
  fs::create_directories(folder / "Annotations");
  fs::create_directories(folder / "ImageSets" / "Main");
  ConversionLosses losses;
  std::string list;
  for (std::size_t i = 0; i < stems.size(); ++i) {
    atomic_write(folder / "Annotations" / (stems[i] + ".xml"), voc_text(images.images[i], images.classes, losses));
    list += stems[i] + "\n";
  }
  atomic_write(folder / "ImageSets" / "Main" / (name + ".txt"), list);
  return losses;
}

}  // namespace detforge
