#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <opencv2/core/mat.hpp>
#include <string>
#include <string_view>

#include "detforge/data/image_meta.h"

/// Images and video in and out. The work is done by libdetforge_media (OpenCV's codecs), which is loaded on the first
/// call. All functions may be called from several threads at once; a reader or writer belongs to one thread at a time.
namespace detforge {

/// Sets what OpenCV reads from the environment when it is loaded, where the user has not: images have at most 2^27 pixels, and FFmpeg is
/// quiet. For the whole process: a program calls it in `main`, before it has other threads; without, OpenCV's own limit of 2^30 holds.
void set_media_environment();

/// Loads the library now. Before threads that decode start: OpenCV reads the environment while it is loaded.
void open_media();

/// mmcv's flags of the same names. Colour images are BGR; all but `Unchanged` are 8 bits deep.
enum class ColorMode { Color, Grayscale, Unchanged, ColorIgnoreOrientation, GrayscaleIgnoreOrientation };

/// An encoded image (JPEG, PNG, BMP, TIFF, WebP, …) as [H, W] with 1, 3 or 4 channels, turned upright by its EXIF
/// orientation where the mode says so. Throws `Error` placed at `name` when it is no image, is damaged beyond reading
/// or has more pixels than `OPENCV_IO_MAX_IMAGE_PIXELS` says.
cv::Mat decode_image(std::string_view encoded, ColorMode mode, const std::string& name);

/// The same of a file of at most 1 GiB. Throws `Error` naming the file.
cv::Mat read_image(const std::filesystem::path& path, ColorMode mode = ColorMode::Color);

/// `extension` (`.jpg`, `.png`, …) chooses the format. Throws `Error` when there is no such format or the image is
/// empty.
std::string encode_image(const cv::Mat& image, const std::string& extension);

/// Encodes by the path's extension and writes atomically. Throws `Error` naming the file.
void write_image(const std::filesystem::path& path, const cv::Mat& image);

/// Where a picture in colour that is drawn on the image `name` goes: its own name, or with `.png` where its format holds no colours or
/// can not be written.
std::filesystem::path color_picture_name(const std::filesystem::path& name);

/// Frames of a video file or a camera, in order.
class VideoReader {
 public:
  virtual ~VideoReader() = default;
  /// The next frame, 8-bit BGR; false at the end. Throws `Error` when a frame has more pixels than an image may have.
  virtual bool read(cv::Mat& frame) = 0;
  /// Frames a second; 0 when the source does not say.
  virtual double fps() const = 0;
  virtual ImageSize size() const = 0;
  /// Number of frames as the container states it; 0 when unknown, as of a camera.
  virtual std::int64_t frames() const = 0;
};

/// Throw `Error` naming the file or the camera when it cannot be opened.
std::unique_ptr<VideoReader> open_video(const std::filesystem::path& path);
std::unique_ptr<VideoReader> open_camera(int index);

/// Writes frames of one size as MPEG-4 video. What is written stands at the path only after `finish`.
class VideoWriter {
 public:
  virtual ~VideoWriter() = default;
  /// An 8-bit BGR frame of the size given. Throws `Error` when it is another one.
  virtual void write(const cv::Mat& frame) = 0;
  /// Ends the file and moves it into place; without it the destructor leaves nothing behind. Throws `Error`.
  virtual void finish() = 0;
};

/// Throws `Error` naming the file when it cannot be opened for writing, or when `fps` or `size` is not positive.
std::unique_ptr<VideoWriter> create_video(const std::filesystem::path& path, double fps, ImageSize size);

/// What libdetforge_media exports: `extern "C" const MediaFunctions* detforge_media_functions()`.
struct MediaFunctions {
  cv::Mat (*decode)(std::string_view encoded, ColorMode mode, const std::string& name);
  std::string (*encode)(const cv::Mat& image, const std::string& extension);
  std::unique_ptr<VideoReader> (*open_video)(const std::filesystem::path& path);
  std::unique_ptr<VideoReader> (*open_camera)(int index);
  std::unique_ptr<VideoWriter> (*create_video)(const std::filesystem::path& path, double fps, ImageSize size);
};

}  // namespace detforge
