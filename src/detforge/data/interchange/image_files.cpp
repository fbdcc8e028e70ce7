#include "detforge/data/interchange/image_files.h"

#include <algorithm>
#include <array>
#include <opencv2/core/mat.hpp>
#include <string_view>

#include "detforge/media/media.h"

namespace detforge {

namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 9> picture_endings = {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm"};

}  // namespace

bool is_picture_name(const fs::path& file) {
  std::string ending = file.extension().string();
  for (char& c : ending) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return std::find(picture_endings.begin(), picture_endings.end(), ending) != picture_endings.end();
}

std::vector<fs::path> pictures_below(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder, fs::directory_options::follow_directory_symlink)) {
    if (is_picture_name(entry.path()) && entry.is_regular_file()) files.push_back(entry.path().lexically_relative(folder));
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::optional<fs::path> picture_of_stem(const fs::path& folder, const std::string& stem) {
  const fs::path usual = folder / (stem + ".jpg");
  if (fs::is_regular_file(usual)) return usual;
  // Only where the usual name is not there: a folder may hold many files.
  std::optional<fs::path> found;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none)) {
    const bool is_it = entry.path().stem() == stem && is_picture_name(entry.path()) && entry.is_regular_file();
    if (is_it && (!found || entry.path() < *found)) found = entry.path();
  }
  return found;
}

ImageSize size_or_note(const ImageSize& annotated, const fs::path& picture, const std::string& place, AnnotationFindings& findings) {
  if (annotated.height > 0 && annotated.width > 0) return annotated;
  if (!picture.empty() && fs::is_regular_file(picture)) {
    try {
      const cv::Mat pixels = read_image(picture);
      findings.note("images without a size in the annotations get that of their picture", place);
      return {pixels.rows, pixels.cols};
    } catch (const Error&) {
      // A picture that can not be read says no more than one that is not there.
    }
  }
  findings.note("images have no size in the annotations, and no picture that could be asked: 0 × 0", place);
  return {};
}

std::string with_slashes(std::string name) {
  std::replace(name.begin(), name.end(), '\\', '/');
  return name;
}

}  // namespace detforge
