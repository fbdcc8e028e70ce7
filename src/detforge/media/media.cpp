#include "detforge/media/media.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>

#include "detforge/base/error.h"
#include "detforge/base/files.h"
#include "detforge/base/shared_library.h"

namespace detforge {
namespace {

constexpr std::uint64_t kMaxImageFileBytes = std::uint64_t{1} << 30U;

const MediaFunctions& media() {
  static const MediaFunctions& functions = []() -> const MediaFunctions& {
    using Function = const MediaFunctions* (*)();
    void* library = open_own_library("libdetforge_media.so");
    return *reinterpret_cast<Function>(library_symbol(library, "detforge_media_functions"))();
  }();
  return functions;
}

}  // namespace

void set_media_environment() {
  // A header may claim gigabytes in a few bytes; a user's own limit stays.
  setenv("OPENCV_IO_MAX_IMAGE_PIXELS", "134217728", 0);
  // FFmpeg's own complaints go nowhere: errors are thrown.
  setenv("OPENCV_FFMPEG_LOGLEVEL", "-8", 0);
}

void open_media() { static_cast<void>(media()); }

cv::Mat decode_image(std::string_view encoded, ColorMode mode, const std::string& name) { return media().decode(encoded, mode, name); }

cv::Mat read_image(const std::filesystem::path& path, ColorMode mode) {
  return decode_image(read_file(path, kMaxImageFileBytes), mode, path.string());
}

std::string encode_image(const cv::Mat& image, const std::string& extension) { return media().encode(image, extension); }

void write_image(const std::filesystem::path& path, const cv::Mat& image) {
  try {
    atomic_write(path, encode_image(image, path.extension().string()));
  } catch (Error& error) {
    throw std::move(error).at(path.string());
  }
}

std::filesystem::path color_picture_name(const std::filesystem::path& name) {
  std::string extension = name.extension();
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  constexpr std::array<std::string_view, 8> formats = {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".ppm"};
  if (std::find(formats.begin(), formats.end(), extension) != formats.end()) return name;
  return std::filesystem::path(name).replace_extension(".png");
}

std::unique_ptr<VideoReader> open_video(const std::filesystem::path& path) { return media().open_video(path); }

std::unique_ptr<VideoReader> open_camera(int index) { return media().open_camera(index); }

std::unique_ptr<VideoWriter> create_video(const std::filesystem::path& path, double fps, ImageSize size) {
  return media().create_video(path, fps, size);
}

}  // namespace detforge
