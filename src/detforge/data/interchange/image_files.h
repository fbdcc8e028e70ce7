#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "detforge/data/datasets/annotation_findings.h"
#include "detforge/data/image_meta.h"

/// The pictures that annotations are of: found by name where the annotations do not say it exactly, and asked for their size.
namespace detforge {

/// Whether the name ends as a picture's does, whatever the case: `.jpg`, `.JPEG`, `.webp`, `.tif` ….
bool is_picture_name(const std::filesystem::path& file);

/// The pictures below a folder, sorted; relative to it.
std::vector<std::filesystem::path> pictures_below(const std::filesystem::path& folder);

/// The picture in the folder with this name but for the ending, the first by name where there are several.
std::optional<std::filesystem::path> picture_of_stem(const std::filesystem::path& folder, const std::string& stem);

/// The size that the annotations give, else that of the picture, where there is one; notes what was taken from it, and images whose size
/// nobody knows (0 × 0). `place` names the annotations.
ImageSize size_or_note(const ImageSize& annotated, const std::filesystem::path& picture, const std::string& place,
                       AnnotationFindings& findings);

/// A name as Windows writes it, `images\a.jpg`, with the slashes of a path; other names as they are.
std::string with_slashes(std::string name);

}  // namespace detforge
