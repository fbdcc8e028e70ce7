#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "detforge/data/image_meta.h"

/// Pascal VOC's layout: one XML file an image, lists of images as text.
namespace detforge {

struct VocObject {
  std::string name;
  std::array<std::int64_t, 4> box_xyxy{};  ///< whole pixels as the file counts them: from 1, both ends inside
  bool is_difficult = false;
  std::string oddity;   ///< what is odd about the object, whose box counts all the same; empty where nothing is
  std::string problem;  ///< what is wrong with the object, which then has no box; empty where all is well
};

struct VocAnnotation {
  std::optional<ImageSize> size;  ///< where the file says it
  std::string folder;             ///< WIDER Face: the subfolder of the image
  std::vector<VocObject> objects;
};

/// Bytes that are read of one XML file.
constexpr std::uint64_t max_voc_xml_bytes = 64U << 20U;

/// Pascal VOC's twenty.
const std::vector<std::string>& voc_classes();

/// One image's XML; `file` is its name in messages. Throws `Error` where it is no XML. A wrong object does not spoil the
/// others: it carries its problem.
VocAnnotation parse_voc_xml(std::string_view xml, const std::string& file);
/// The same of a file.
VocAnnotation read_voc_xml(const std::filesystem::path& file);

/// Where the XML files of a folder lie: in its `Annotations` if it has them, else in itself.
std::filesystem::path voc_xml_folder(const std::filesystem::path& folder);

/// The XML files of a list, `VOC2007/ImageSets/Main/test.txt`, in its order, or of a folder of them or
/// one that holds it as `Annotations`, by name. Throws `Error`.
std::vector<std::filesystem::path> voc_xml_files(const std::filesystem::path& images);

/// The names in a list of images, whose XML files lie in that folder: one a line, also with VOC's mark of one class behind it (`000012
/// -1`), or as the picture's file (`JPEGImages/000012.jpg`). Throws `Error` naming the list.
std::vector<std::string> voc_image_names(const std::filesystem::path& list, const std::filesystem::path& xml_folder);

/// The names of all their objects, in the alphabet's order. Files that can not be read have none; throws `Error` where none can.
std::vector<std::string> voc_class_names(const std::filesystem::path& images);

/// Where object `index` stands: `a.xml: object[3]`.
std::string voc_object_place(const std::string& file, std::size_t index);

enum class EmptyLines { Skip, Keep };

/// The lines of a list, without blanks at their ends. Throws `Error` naming the file, of at most 256 MiB.
std::vector<std::string> read_lines(const std::filesystem::path& file, EmptyLines empty = EmptyLines::Skip);

}  // namespace detforge
