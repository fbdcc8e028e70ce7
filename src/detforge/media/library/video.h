#pragma once

#include "detforge/media/media.h"

/// What the media library's table points to; `media.h` says what each does.
namespace detforge::media {

std::unique_ptr<VideoReader> open_video(const std::filesystem::path& path);
std::unique_ptr<VideoReader> open_camera(int index);
std::unique_ptr<VideoWriter> create_video(const std::filesystem::path& path, double fps, ImageSize size);

}  // namespace detforge::media
