#include "detforge/data/image_sources.h"

#include <glob.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>

#include "detforge/base/error.h"

namespace detforge {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 9> kImageExtensions = {".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp"};
constexpr std::array<std::string_view, 8> kVideoExtensions = {".mp4", ".avi", ".mkv", ".mov", ".webm", ".m4v", ".mpg", ".mpeg"};

std::string lower_extension(const fs::path& path) {
  std::string extension = path.extension().string();
  for (char& c : extension) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return extension;
}

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& extensions, const fs::path& path) {
  return std::find(extensions.begin(), extensions.end(), lower_extension(path)) != extensions.end();
}

ImageSource file_source(const fs::path& path) {
  return {is_one_of(kVideoExtensions, path) ? ImageSource::Kind::Video : ImageSource::Kind::Image, path, 0};
}

std::vector<fs::path> images_of(const fs::path& folder) {
  std::vector<fs::path> images;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_regular_file() && is_one_of(kImageExtensions, entry.path())) images.push_back(entry.path());
  }
  std::sort(images.begin(), images.end());
  if (images.empty()) throw Error("the folder '" + folder.string() + "' holds no image").at(folder.string());
  return images;
}

std::vector<fs::path> matches_of(const std::string& pattern) {
  glob_t found{};
  const int status = ::glob(pattern.c_str(), GLOB_TILDE, nullptr, &found);
  std::vector<fs::path> paths;
  if (status == 0) paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  return paths;
}

std::optional<int> camera_index(const std::string& text) {
  int index = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  return error == std::errc() && end == text.data() + text.size() && index >= 0 ? std::optional(index) : std::nullopt;
}

}  // namespace

std::vector<ImageSource> expand_sources(std::span<const std::string> sources) {
  std::vector<ImageSource> all;
  const auto add = [&](const ImageSource& source) {
    if (std::find(all.begin(), all.end(), source) == all.end()) all.push_back(source);
  };
  for (const std::string& text : sources) {
    if (fs::is_directory(text)) {
      for (const fs::path& image : images_of(text)) add(file_source(image));
    } else if (fs::exists(text)) {
      add(file_source(text));
    } else if (const auto camera = camera_index(text)) {
      add({ImageSource::Kind::Camera, {}, *camera});
    } else {
      const auto matches = matches_of(text);
      if (matches.empty()) throw Error("there is no image, folder or pattern's match '" + text + "'").at(text);
      for (const fs::path& match : matches) {
        if (fs::is_regular_file(match)) add(file_source(match));
      }
    }
  }
  return all;
}

}  // namespace detforge
