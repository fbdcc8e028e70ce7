#include "detforge/data/image_sources.h"

#include <glob.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <optional>
#include <string_view>

#include "detforge/base/error.h"

namespace detforge {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 9> kImageExtensions = {".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp"};
constexpr std::array<std::string_view, 14> kVideoExtensions = {".mp4",  ".avi", ".mkv", ".mov",  ".webm", ".m4v", ".mpg",
                                                               ".mpeg", ".flv", ".wmv", ".m2ts", ".3gp",  ".ogv", ".mts"};

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

/// Whether the file begins as the containers of videos do: MP4 and QuickTime, Matroska, AVI, FLV, ASF, MPEG, Ogg.
bool begins_as_video(const fs::path& path) {
  constexpr std::size_t packet = 188;  // bytes of MPEG's transport stream
  std::array<char, 2 * packet + 1> buffer{};
  std::ifstream file(path, std::ios::binary);
  file.read(buffer.data(), buffer.size());
  const std::string_view bytes(buffer.data(), static_cast<std::size_t>(file.gcount()));
  const auto has = [&](std::size_t at, std::string_view mark) { return bytes.size() > at && bytes.substr(at).starts_with(mark); };
  if (has(4, "ftyp")) return !has(8, "avif") && !has(8, "avis") && !has(8, "heic") && !has(8, "heix") && !has(8, "mif1");
  if (has(4, "moov") || has(4, "mdat") || has(4, "wide")) return true;
  if (has(0, "RIFF")) return has(8, "AVI ");
  if (has(0, "\x47")) return has(packet, "\x47") && has(2 * packet, "\x47");
  return has(0, "\x1A\x45\xDF\xA3") || has(0, "FLV\x01") || has(0, "OggS") || has(0, "\x30\x26\xB2\x75\x8E\x66\xCF\x11") ||
         has(0, std::string_view("\0\0\x01\xBA", 4)) || has(0, std::string_view("\0\0\x01\xB3", 4));
}

ImageSource file_source(const fs::path& path) {
  return {has_video_extension(path) || begins_as_video(path) ? ImageSource::Kind::Video : ImageSource::Kind::Image, path, 0};
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

bool has_video_extension(const fs::path& path) { return is_one_of(kVideoExtensions, path); }

std::vector<ImageSource> expand_sources(std::span<const std::string> sources) {
  std::vector<ImageSource> all;
  const auto add = [&](const ImageSource& source) {
    if (std::find(all.begin(), all.end(), source) == all.end()) all.push_back(source);
  };
  const auto add_matches = [&](const std::string& text) {
    const auto matches = matches_of(text);
    if (matches.empty()) throw Error("there is no image, folder or pattern's match '" + text + "'").at(text);
    bool has_file = false;
    for (const fs::path& match : matches) {
      if (!fs::is_regular_file(match)) continue;
      add(file_source(match));
      has_file = true;
    }
    if (has_file) return;
    if (fs::is_symlink(matches.front())) {
      throw Error("'" + text + "' is a link to nothing").at(text).note("to '" + fs::read_symlink(matches.front()).string() + "'");
    }
    throw Error("the pattern '" + text + "' matches no file, only folders")
        .at(text)
        .help("a folder gives its images; a pattern names files");
  };
  for (const std::string& text : sources) {
    if (fs::is_directory(text)) {
      for (const fs::path& image : images_of(text)) add(file_source(image));
    } else if (fs::exists(text)) {
      add(file_source(text));
    } else if (const auto camera = camera_index(text)) {
      add({ImageSource::Kind::Camera, {}, *camera});
    } else {
      add_matches(text);
    }
  }
  return all;
}

}  // namespace detforge
