#include "detforge/data/formats/voc_xml.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <pugixml.hpp>
#include <set>
#include <sstream>

#include "detforge/base/error.h"
#include "detforge/base/files.h"

namespace detforge {

namespace {

constexpr std::uint64_t max_list_bytes = 256U << 20U;

/// A whole number, as Python's `int(float(text))` makes it; nothing for what is none.
std::optional<std::int64_t> whole_number(const pugi::xml_node& parent, const char* name) {
  const std::string_view text = parent.child(name).text().get();
  double value = 0;
  const std::size_t begin = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  const auto [end, error] = std::from_chars(text.data() + begin, text.data() + text.size(), value);
  if (error != std::errc() || !(std::abs(value) < 1e9)) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

VocObject read_object(const pugi::xml_node& node) {
  VocObject object;
  object.name = node.child("name").text().get();
  const pugi::xml_node box = node.child("bndbox");
  if (!box) {
    object.problem = "the object has no 'bndbox'";
    return object;
  }
  constexpr std::array<const char*, 4> sides = {"xmin", "ymin", "xmax", "ymax"};
  for (std::size_t i = 0; i < sides.size(); ++i) {
    const auto value = whole_number(box, sides[i]);
    if (!value && object.problem.empty()) object.problem = fmt::format("'{}' is no number", sides[i]);
    object.box_xyxy[i] = value.value_or(0);
  }
  if (node.child("difficult")) {
    const auto value = whole_number(node, "difficult");
    if (!value && object.problem.empty()) object.problem = "'difficult' is no number";
    object.is_difficult = value.value_or(0) != 0;
  }
  return object;
}

}  // namespace

const std::vector<std::string>& voc_classes() {
  static const std::vector<std::string> names = {"aeroplane", "bicycle",     "bird",  "boat",        "bottle", "bus",      "car",
                                                 "cat",       "chair",       "cow",   "diningtable", "dog",    "horse",    "motorbike",
                                                 "person",    "pottedplant", "sheep", "sofa",        "train",  "tvmonitor"};
  return names;
}

VocAnnotation parse_voc_xml(std::string_view xml, const std::string& file) {
  pugi::xml_document document;
  const pugi::xml_parse_result parsed = document.load_buffer(xml.data(), xml.size());
  if (!parsed) throw Error(fmt::format("the file is no valid XML: {}, at byte {}", parsed.description(), parsed.offset)).at(file);
  const pugi::xml_node root = document.document_element();
  VocAnnotation annotation;
  annotation.folder = root.child("folder").text().get();
  if (const pugi::xml_node size = root.child("size")) {
    const auto width = whole_number(size, "width");
    const auto height = whole_number(size, "height");
    if (width && height) annotation.size = {*height, *width};
  }
  for (const pugi::xml_node node : root.children("object")) annotation.objects.push_back(read_object(node));
  return annotation;
}

VocAnnotation read_voc_xml(const std::filesystem::path& file) { return parse_voc_xml(read_file(file, max_voc_xml_bytes), file.string()); }

std::filesystem::path voc_xml_folder(const std::filesystem::path& folder) {
  const auto annotations = folder / "Annotations";
  return std::filesystem::is_directory(annotations) ? annotations : folder;
}

std::vector<std::filesystem::path> voc_xml_files(const std::filesystem::path& images) {
  std::vector<std::filesystem::path> files;
  if (std::filesystem::is_directory(images)) {
    for (const auto& entry : std::filesystem::directory_iterator(voc_xml_folder(images))) {
      if (entry.path().extension() == ".xml") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    if (files.empty()) throw Error("the folder has no .xml file").at(images.string());
    return files;
  }
  const auto root = std::filesystem::absolute(images).parent_path().parent_path().parent_path();
  for (const std::string& line : read_lines(images)) {
    files.push_back(root / "Annotations" / (line.substr(0, line.find(' ')) + ".xml"));
  }
  return files;
}

std::vector<std::string> voc_class_names(const std::filesystem::path& images) {
  std::set<std::string> names;
  for (const std::filesystem::path& file : voc_xml_files(images)) {
    try {
      for (const VocObject& object : read_voc_xml(file).objects) names.insert(object.name);
    } catch (const Error&) {
      continue;  // the dataset says what is wrong with it
    }
  }
  return {names.begin(), names.end()};
}

std::string voc_object_place(const std::string& file, std::size_t index) { return fmt::format("{}: object[{}]", file, index); }

std::vector<std::string> read_lines(const std::filesystem::path& file, EmptyLines empty) {
  std::vector<std::string> lines;
  std::istringstream text(read_file(file, max_list_bytes));
  for (std::string line; std::getline(text, line);) {
    line.erase(std::find_if(line.rbegin(), line.rend(), [](unsigned char c) { return std::isspace(c) == 0; }).base(), line.end());
    if (!line.empty() || empty == EmptyLines::Keep) lines.push_back(line);
  }
  return lines;
}

}  // namespace detforge
