#include "detforge/data/formats/voc_xml.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <exception>
#include <pugixml.hpp>
#include <set>
#include <sstream>

#include "detforge/base/error.h"
#include "detforge/base/files.h"
#include "detforge/base/text_encoding.h"

namespace detforge {

namespace {

constexpr std::uint64_t max_list_bytes = 256U << 20U;

/// A whole number, as Python's `int(float(text))` makes it: the whole text counts, blanks around it and a sign are fine.
std::optional<std::int64_t> whole_number(const pugi::xml_node& parent, const char* name) {
  const std::string bare = without_invisible(parent.child(name).text().get());
  std::string_view text = bare;
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(std::abs(value) < 1e9)) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

std::string no_number(const pugi::xml_node& parent, const char* name) {
  const std::string text = parent.child(name).text().get();
  return fmt::format("'{}' is no number{}", name, text.empty() ? "" : ": '" + visible(text) + "'");
}

VocObject read_object(const pugi::xml_node& node) {
  VocObject object;
  object.name = node.child("name").text().get();
  if (object.name.empty()) object.problem = "the object has no 'name'";
  const pugi::xml_node box = node.child("bndbox");
  if (!box) {
    if (object.problem.empty()) object.problem = "the object has no 'bndbox'";
    return object;
  }
  constexpr std::array<const char*, 4> sides = {"xmin", "ymin", "xmax", "ymax"};
  for (std::size_t i = 0; i < sides.size(); ++i) {
    const auto value = whole_number(box, sides[i]);
    if (!value && object.problem.empty()) object.problem = no_number(box, sides[i]);
    object.box_xyxy[i] = value.value_or(0);
  }
  if (node.child("difficult")) {
    const auto value = whole_number(node, "difficult");
    if (!value) object.oddity = no_number(node, "difficult") + "; the object counts as an ordinary one";
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
  const auto folder = std::filesystem::absolute(images).parent_path().parent_path().parent_path() / "Annotations";
  for (const std::string& name : voc_image_names(images, folder)) files.push_back(folder / (name + ".xml"));
  return files;
}

std::vector<std::string> voc_image_names(const std::filesystem::path& list, const std::filesystem::path& xml_folder) {
  std::vector<std::string> names;
  const auto exists = [&](const std::string& name) { return std::filesystem::is_regular_file(xml_folder / (name + ".xml")); };
  for (const std::string& line : read_lines(list)) {
    std::string name = line;
    const std::size_t blank = line.find_first_of(" \t");
    if (blank != std::string::npos && !exists(line)) {
      const std::string mark = line.substr(line.find_first_not_of(" \t", blank));
      if (mark == "1" || mark == "-1" || mark == "0") name = line.substr(0, blank);
    }
    // Lists of other tools name the picture, with its folder or without.
    const std::string stem = std::filesystem::path(name).stem().string();
    names.push_back(!exists(name) && exists(stem) ? stem : name);
  }
  return names;
}

std::vector<std::string> voc_class_names(const std::filesystem::path& images) {
  std::set<std::string> names;
  std::exception_ptr first_error;
  bool reads_any = false;
  for (const std::filesystem::path& file : voc_xml_files(images)) {
    try {
      for (const VocObject& object : read_voc_xml(file).objects) names.insert(object.name);
      reads_any = true;
    } catch (const Error&) {
      if (!first_error) first_error = std::current_exception();  // where others can be read the dataset says what is wrong with it
    }
  }
  if (first_error && !reads_any) std::rethrow_exception(first_error);
  return {names.begin(), names.end()};
}

std::string voc_object_place(const std::string& file, std::size_t index) { return fmt::format("{}: object[{}]", file, index); }

std::vector<std::string> read_lines(const std::filesystem::path& file, EmptyLines empty) {
  std::vector<std::string> lines;
  std::istringstream text(read_text(file, max_list_bytes));
  for (std::string line; std::getline(text, line);) {
    line.erase(std::find_if(line.rbegin(), line.rend(), [](unsigned char c) { return std::isspace(c) == 0; }).base(), line.end());
    if (!line.empty() || empty == EmptyLines::Keep) lines.push_back(line);
  }
  return lines;
}

}  // namespace detforge
