#include "detforge/apps/detect_job.h"

#include <fmt/core.h>

#include <algorithm>

#include "detforge/kernels/tiles.h"
#include "detforge/visualize/draw_detections.h"

namespace detforge {
namespace {

namespace fs = std::filesystem;

bool is_video_file(const fs::path& path) {
  const std::string extension = path.extension();
  return extension == ".mp4" || extension == ".avi" || extension == ".mov" || extension == ".mkv";
}

}  // namespace

/// Hands on what comes of the photos in their order, whatever the order in which it comes.
class DetectJob::InOrder {
 public:
  InOrder(const DetectJob& job, const Found& found) : job_(job), found_(found) {}

  /// What came of a photo; nothing where it failed. What the partial file keeps is found there.
  void put(std::size_t source, std::optional<Detections> detections) {
    come_[source] = std::move(detections);
    hand_on(false);
  }
  /// No more come: those that are missing are passed over.
  void finish() { hand_on(true); }

 private:
  void hand_on(bool is_end) {
    for (; next_ < job_.photos_.size(); ++next_) {
      const std::size_t source = job_.photos_[next_];
      const std::string name = job_.sources_[source].path.string();
      const auto come = come_.find(source);
      if (job_.partial_ && job_.partial_->results()[source]) {
        found_(name, *job_.partial_->results()[source]);
      } else if (come != come_.end() && come->second) {
        found_(name, *come->second);
      } else if (come == come_.end() && !is_end) {
        return;
      }
      if (come != come_.end()) come_.erase(come);
    }
  }

  const DetectJob& job_;
  const Found& found_;
  std::map<std::size_t, std::optional<Detections>> come_;
  std::size_t next_ = 0;
};

DetectJob::DetectJob(Inference& inference, std::vector<ImageSource> sources, DetectOptions options, JobObserver& observer)
    : inference_(inference), sources_(std::move(sources)), options_(std::move(options)), observer_(observer) {
  const bool out_is_video = is_video_file(options_.out);
  if (out_is_video && (sources_.size() != 1 || sources_[0].kind == ImageSource::Kind::Image)) {
    throw Error("--out " + options_.out.string() + " is a video, which takes one video or camera as its source", ErrorKind::Usage);
  }
  if (!options_.out.empty() && !out_is_video) fs::create_directories(options_.out);
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    if (sources_[i].kind != ImageSource::Kind::Image) continue;
    photos_.push_back(i);
    // Known before the work, so that a run that goes on finds the names of the one before.
    if (!options_.out.empty()) pictures_[i] = unused_name(color_picture_name(sources_[i].path.filename()));
  }
  if (!options_.partial.empty()) partial_.emplace(options_.partial, options_.identity, sources_.size(), options_.resume);
}

void DetectJob::run(const Found& found) {
  InOrder order(*this, found);
  if (!photos_.empty()) detect_photos(order);
  order.finish();
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    if (sources_[i].kind != ImageSource::Kind::Image && !stops()) detect_video(i, found);
  }
}

void DetectJob::finish() {
  if (partial_ && !is_left_) partial_->remove();
}

void DetectJob::detect_photos(InOrder& order) {
  std::vector<std::size_t> left;
  std::vector<fs::path> files;
  for (const std::size_t source : photos_) {
    if (partial_ && partial_->results()[source]) continue;
    left.push_back(source);
    files.push_back(sources_[source].path);
  }
  if (left.size() < photos_.size()) {
    observer_.note(fmt::format("{} of {} images are done already", photos_.size() - left.size(), photos_.size()));
  }
  observer_.begin("images", left.size());
  const auto finish_photo = [&](ImageOutcome outcome) {
    const std::size_t source = left[outcome.index];
    std::optional<Detections> detections;
    try {
      if (outcome.error != nullptr) std::rethrow_exception(outcome.error);
      if (!options_.out.empty()) draw(source, outcome.photo.empty() ? read_image(sources_[source].path) : outcome.photo, outcome.found);
      if (partial_) {
        partial_->add(source, std::move(outcome.found));
      } else {
        detections = std::move(outcome.found);
      }
    } catch (...) {
      fail(std::current_exception(), sources_[source].path.string());
    }
    order.put(source, std::move(detections));
    observer_.advance(1);
    return !stops();
  };
  if (!has_tiles()) {
    inference_.detect_files(files, options_.out.empty() ? KeepDecoded::No : KeepDecoded::Yes, finish_photo);
  } else {
    for (std::size_t i = 0; i < files.size() && !stops(); ++i) {
      ImageOutcome outcome{.index = i};
      try {
        outcome.photo = read_image(files[i]);
        outcome.found = detect_tiles(outcome.photo);
      } catch (...) {
        outcome.error = std::current_exception();
      }
      finish_photo(std::move(outcome));
    }
  }
  observer_.end();
}

void DetectJob::detect_video(std::size_t source, const Found& found) {
  const bool is_camera = sources_[source].kind == ImageSource::Kind::Camera;
  const std::string name = is_camera ? "camera " + std::to_string(sources_[source].camera) : sources_[source].path.string();
  // A camera shows nothing a second time: there is nothing to go on from.
  PartialResults* const partial = is_camera || !partial_ ? nullptr : &*partial_;
  std::unique_ptr<VideoWriter> writer;
  try {
    const auto reader = is_camera ? open_camera(sources_[source].camera) : open_video(sources_[source].path);
    observer_.begin("frames", static_cast<std::size_t>(std::max<std::int64_t>(reader->frames(), 0)));
    cv::Mat frame;
    for (std::size_t index = 0; reader->read(frame); ++index) {
      const Detections* known = partial == nullptr ? nullptr : partial->frame(source, index);
      Detections fresh;
      if (known == nullptr) {
        fresh = detect_frame(frame);
        if (partial != nullptr) partial->add_frame(source, fresh);
      }
      const Detections& here = known == nullptr ? fresh : *known;
      found(name + "#" + std::to_string(index), here);
      if (!options_.out.empty()) {
        if (writer == nullptr) {
          writer = create_video(video_path(sources_[source]), reader->fps() > 0 ? reader->fps() : 25, {frame.rows, frame.cols});
        }
        writer->write(drawn(frame, here));
      }
      observer_.advance(1);
      if (observer_.is_stop_requested()) {
        is_stopped_ = true;
        is_left_ = is_left_ || !is_camera;
        break;
      }
    }
  } catch (...) {
    fail(std::current_exception(), name);
  }
  observer_.end();
  if (writer == nullptr) return;
  try {
    writer->finish();
  } catch (...) {
    fail(std::current_exception(), name);
  }
}

Detections DetectJob::detect_frame(const cv::Mat& frame) {
  if (has_tiles()) return detect_tiles(frame);
  return std::move(inference_.detect(std::span(&frame, 1)).front());
}

Detections DetectJob::detect_tiles(const cv::Mat& image) {
  const ImageSize size{image.rows, image.cols};
  const auto tiles = kernels::tile_grid(size, options_.tile, options_.overlap);
  std::vector<Detections> found;
  const std::size_t batch = inference_.options().batch;
  for (std::size_t begin = 0; begin < tiles.size(); begin += batch) {
    std::vector<cv::Mat> pieces;
    for (std::size_t i = begin; i < std::min(begin + batch, tiles.size()); ++i) {
      pieces.push_back(image(cv::Rect(static_cast<int>(tiles[i].x), static_cast<int>(tiles[i].y), static_cast<int>(tiles[i].size.width),
                                      static_cast<int>(tiles[i].size.height))));
    }
    for (Detections& one : inference_.detect(pieces)) found.push_back(std::move(one));
  }
  return kernels::merge_tiles(size, tiles, found, {});
}

void DetectJob::draw(std::size_t source, const cv::Mat& photo, const Detections& found) {
  write_image(options_.out / pictures_.at(source), drawn(photo, found));
}

void DetectJob::fail(const std::exception_ptr& error, const std::string& place) {
  has_failed_ = is_left_ = true;
  observer_.failed(image_error(error, place));
}

bool DetectJob::stops() {
  if (!is_stopped_ && observer_.is_stop_requested()) {
    is_stopped_ = true;
    const auto is_left = [&](std::size_t source) { return partial_ && !partial_->results()[source]; };
    is_left_ = is_left_ || std::any_of(photos_.begin(), photos_.end(), is_left) ||
               std::any_of(sources_.begin(), sources_.end(), [](const ImageSource& one) { return one.kind == ImageSource::Kind::Video; });
  }
  return is_stopped_;
}

fs::path DetectJob::video_path(const ImageSource& source) {
  if (is_video_file(options_.out)) return options_.out;
  const bool is_camera = source.kind == ImageSource::Kind::Camera;
  return options_.out / unused_name(is_camera ? "camera.mp4" : source.path.stem().string() + ".mp4");
}

cv::Mat DetectJob::drawn(const cv::Mat& image, const Detections& found) const {
  DrawOptions options;
  options.score_threshold = options_.score_threshold;
  return draw_detections(image, found, options_.classes, options);
}

/// Photos of one name out of several folders do not write over each other.
std::string DetectJob::unused_name(const fs::path& name) {
  std::string unused = name.string();
  for (int count = 2; !names_.insert(unused).second; ++count) {
    unused = name.stem().string() + "_" + std::to_string(count) + name.extension().string();
  }
  return unused;
}

}  // namespace detforge
