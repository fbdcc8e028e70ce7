#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace detforge {

/// Something to detect in, as a user names it.
struct ImageSource {
  enum class Kind { Image, Video, Camera };
  Kind kind = Kind::Image;
  std::filesystem::path path;  ///< of an image or video file
  int camera = 0;              ///< the index of a camera

  friend bool operator==(const ImageSource&, const ImageSource&) = default;
};

/// Files, folders (their images, sorted by name, not those of their subfolders), glob patterns (`photos/*.jpg`,
/// sorted) and camera indices (`0`), in the order given; a file named twice comes once. A file whose extension is no
/// video's counts as an image. Throws `Error` naming what does not exist or holds no image.
std::vector<ImageSource> expand_sources(std::span<const std::string> sources);

}  // namespace detforge
