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
/// sorted) and camera indices (`0`), in the order given; a file named twice comes once. A file that begins as a
/// video does, or has a video's extension, is one; all others count as images. Throws `Error` naming each that gives no picture: what does
/// not exist, a link to nothing, a folder without an image, a pattern that matches folders alone.
std::vector<ImageSource> expand_sources(std::span<const std::string> sources);

/// Whether the name ends as a video's (`.mp4`, `.avi`, …, without case).
bool has_video_extension(const std::filesystem::path& path);

}  // namespace detforge
