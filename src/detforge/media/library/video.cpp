#include "detforge/media/library/video.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <opencv2/videoio.hpp>

#include "detforge/base/error.h"

namespace detforge::media {
namespace {

constexpr std::int64_t kMaxFramePixels = std::int64_t{1} << 27U;

class Reader final : public VideoReader {
 public:
  /// A `cv::VideoCapture` is a handle, which copies share.
  Reader(const cv::VideoCapture& capture, std::string name) : capture_(capture), name_(std::move(name)) {
    const ImageSize stated = size();
    if (stated.height * stated.width > kMaxFramePixels) throw Error("the video's frames have too many pixels").at(name_);
  }

  bool read(cv::Mat& frame) override {
    try {
      return capture_.read(frame) && !frame.empty();
    } catch (const cv::Exception& error) {
      throw Error("can not read the next frame: " + error.err).at(name_);
    }
  }
  double fps() const override {
    const double rate = capture_.get(cv::CAP_PROP_FPS);
    return std::isfinite(rate) && rate > 0 ? rate : 0;
  }
  ImageSize size() const override { return {whole(cv::CAP_PROP_FRAME_HEIGHT), whole(cv::CAP_PROP_FRAME_WIDTH)}; }
  std::int64_t frames() const override { return whole(cv::CAP_PROP_FRAME_COUNT); }

 private:
  std::int64_t whole(int property) const {
    const double value = capture_.get(property);
    return value > 0 && value < 1e15 ? static_cast<std::int64_t>(value) : 0;
  }

  cv::VideoCapture capture_;
  std::string name_;
};

/// Writes beside the path and renames at the end: a reader never sees half a video.
class Writer : public VideoWriter {
 public:
  Writer(std::filesystem::path path, double fps, ImageSize size) : path_(std::move(path)), size_(size) {
    // The container follows from the extension, so that one stays last.
    const std::string name = "." + path_.stem().string() + "." + std::to_string(getpid()) + ".part" + path_.extension().string();
    part_ = path_.parent_path() / name;
    const cv::Size frame(static_cast<int>(size.width), static_cast<int>(size.height));
    try {
      writer_.open(part_.string(), cv::VideoWriter::fourcc('m', 'p', '4', 'v'), fps, frame);
    } catch (const cv::Exception& error) {
      throw Error("can not write the video: " + error.err).at(path_.string());
    }
    if (!writer_.isOpened()) {
      remove_part();
      throw Error("can not write a video here").at(path_.string()).help("the folder must exist, and the name end in .mp4");
    }
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer() override {
    writer_.release();
    remove_part();
  }

  void write(const cv::Mat& frame) override {
    if (frame.type() != CV_8UC3 || frame.rows != size_.height || frame.cols != size_.width) {
      throw Error("a frame of " + std::to_string(frame.cols) + "x" + std::to_string(frame.rows) + " does not fit a video of " +
                  std::to_string(size_.width) + "x" + std::to_string(size_.height))
          .at(path_.string());
    }
    try {
      writer_.write(frame);
    } catch (const cv::Exception& error) {
      throw Error("can not write a frame: " + error.err).at(path_.string());
    }
  }

  void finish() override {
    writer_.release();
    std::error_code failed;
    std::filesystem::rename(part_, path_, failed);
    if (failed) throw Error("can not write the video: " + failed.message()).at(path_.string());
  }

 private:
  void remove_part() const {
    std::error_code ignored;
    std::filesystem::remove(part_, ignored);
  }

  std::filesystem::path path_, part_;
  ImageSize size_;
  cv::VideoWriter writer_;
};

}  // namespace

std::unique_ptr<VideoReader> open_video(const std::filesystem::path& path) {
  if (!std::filesystem::is_regular_file(path)) throw Error("there is no such video file").at(path.string());
  // OpenCV takes a name with a `%` for a sequence of images, and one with `://` for an address.
  cv::VideoCapture capture;
  try {
    capture.open(std::filesystem::absolute(path).string(), cv::CAP_FFMPEG);
  } catch (const cv::Exception& error) {
    throw Error("can not read the video: " + error.err).at(path.string());
  }
  if (!capture.isOpened()) throw Error("can not read the video: it is damaged or of an unknown format").at(path.string());
  return std::make_unique<Reader>(capture, path.string());
}

std::unique_ptr<VideoReader> open_camera(int index) {
  cv::VideoCapture capture;
  try {
    capture.open(index);
  } catch (const cv::Exception& error) {
    throw Error("can not open camera " + std::to_string(index) + ": " + error.err);
  }
  if (!capture.isOpened()) throw Error("there is no camera " + std::to_string(index));
  return std::make_unique<Reader>(capture, "camera " + std::to_string(index));
}

std::unique_ptr<VideoWriter> create_video(const std::filesystem::path& path, double fps, ImageSize size) {
  if (!(fps > 0) || size.height < 1 || size.width < 1 || size.height > 32767 || size.width > 32767) {
    throw Error("a video needs frames of 1 to 32767 pixels a side and a positive rate").at(path.string());
  }
  return std::make_unique<Writer>(path, fps, size);
}

}  // namespace detforge::media
