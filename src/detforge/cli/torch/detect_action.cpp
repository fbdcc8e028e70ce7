#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <ostream>
#include <set>

#include "detforge/base/files.h"
#include "detforge/base/interruption.h"
#include "detforge/base/progress.h"
#include "detforge/cli/torch/actions.h"
#include "detforge/cli/torch/weights.h"
#include "detforge/data/detections_json.h"
#include "detforge/data/image_sources.h"
#include "detforge/kernels/tiles.h"
#include "detforge/media/media.h"
#include "detforge/models/inference/predictor.h"
#include "detforge/visualize/draw_detections.h"

namespace detforge::cli {
namespace {

namespace fs = std::filesystem;

bool is_video_file(const std::string& path) {
  const std::string extension = fs::path(path).extension();
  return extension == ".mp4" || extension == ".avi" || extension == ".mov" || extension == ".mkv";
}

/// Detects in all sources and hands the results on, as asked for. Ctrl-C, a camera's only end, stops after the picture at hand.
class Run {
 public:
  Run(const DetectRequest& request, Predictor& predictor, std::vector<std::string> classes, std::ostream& out, std::ostream& log)
      : request_(request), predictor_(predictor), classes_(std::move(classes)), json_(classes_, request.score_thr), out_(out), log_(log) {}

  int run(const std::vector<ImageSource>& sources) {
    const bool out_is_video = is_video_file(request_.out);
    if (out_is_video && (sources.size() != 1 || sources[0].kind == ImageSource::Kind::Image)) {
      throw Error("--out " + request_.out + " is a video, which takes one video or camera as its source", ErrorKind::Usage);
    }
    if (!request_.out.empty() && !out_is_video) fs::create_directories(request_.out);
    std::vector<fs::path> images;
    for (const ImageSource& source : sources) {
      if (source.kind == ImageSource::Kind::Image) images.push_back(source.path);
    }
    detect_images(images);
    for (const ImageSource& source : sources) {
      if (source.kind != ImageSource::Kind::Image && !interruption_.requested()) guarded([&] { detect_video(source); });
    }
    if (request_.json == "-") {
      out_ << json_.text();
    } else if (!request_.json.empty()) {
      atomic_write(request_.json, json_.text());
    }
    if (!interruption_.requested()) return status_;
    log_ << "note: stopped before the end; what was detected until then is there\n";
    return interruption_.exit_status();
  }

 private:
  bool shows_progress() const { return !request_.quiet && isatty(STDERR_FILENO) == 1; }

  /// One bad image is told and the rest go on.
  template <class Work>
  void guarded(Work&& work) {
    try {
      work();
    } catch (const Error& error) {
      log_ << error.what() << '\n';
      status_ = 1;
    }
  }

  bool has_tiles() const { return request_.tile_width > 0; }

  /// A large image piece by piece.
  Detections detect_tiles(const cv::Mat& image) {
    const ImageSize size{image.rows, image.cols};
    const auto tiles = kernels::tile_grid(size, {request_.tile_height, request_.tile_width}, request_.overlap);
    std::vector<Detections> found;
    for (std::size_t begin = 0; begin < tiles.size(); begin += static_cast<std::size_t>(request_.batch)) {
      std::vector<Views> pieces;
      for (std::size_t i = begin; i < std::min(begin + static_cast<std::size_t>(request_.batch), tiles.size()); ++i) {
        const auto& tile = tiles[i];
        pieces.push_back(predictor_.prepare(image(cv::Rect(static_cast<int>(tile.x), static_cast<int>(tile.y),
                                                           static_cast<int>(tile.size.width), static_cast<int>(tile.size.height)))));
      }
      for (Detections& one : predictor_.detect(pieces)) found.push_back(std::move(one));
    }
    return kernels::merge_tiles(size, tiles, found, {});
  }

  void detect_images(const std::vector<fs::path>& images) {
    if (images.empty()) return;
    Progress progress(log_, shows_progress(), "images", images.size());
    if (has_tiles()) {
      for (const fs::path& image : images) {
        if (interruption_.requested()) return;
        guarded([&] { finish_image(image, detect_tiles(read_image(image))); });
        progress.advance();
      }
      return;
    }
    const auto batch = static_cast<std::size_t>(request_.batch);
    for (std::size_t begin = 0; begin < images.size() && !interruption_.requested(); begin += batch) {
      std::vector<Views> samples;
      std::vector<fs::path> files;
      for (std::size_t i = begin; i < std::min(begin + batch, images.size()); ++i) {
        guarded([&] {
          samples.push_back(predictor_.prepare(images[i]));
          files.push_back(images[i]);
        });
      }
      const std::vector<Detections> found = predictor_.detect(samples);
      for (std::size_t i = 0; i < files.size(); ++i) guarded([&] { finish_image(files[i], found[i]); });
      progress.advance(std::min(batch, images.size() - begin));
    }
  }

  void finish_image(const fs::path& file, const Detections& found) {
    report(file.string(), found);
    if (request_.out.empty()) return;
    write_image(fs::path(request_.out) / unused_name(color_picture_name(file.filename())), drawn(read_image(file), found));
  }

  void detect_video(const ImageSource& source) {
    const bool is_camera = source.kind == ImageSource::Kind::Camera;
    const std::string name = is_camera ? "camera " + std::to_string(source.camera) : source.path.string();
    const auto reader = is_camera ? open_camera(source.camera) : open_video(source.path);
    Progress progress(log_, shows_progress(), "frames", static_cast<std::size_t>(reader->frames()));
    std::unique_ptr<VideoWriter> writer;
    cv::Mat frame;
    for (std::size_t index = 0; !interruption_.requested() && reader->read(frame); ++index) {
      const Detections found = has_tiles() ? detect_tiles(frame) : predictor_.detect({predictor_.prepare(frame)}).front();
      report(name + "#" + std::to_string(index), found);
      if (!request_.out.empty()) {
        if (writer == nullptr) writer = create_video(video_path(source), reader->fps() > 0 ? reader->fps() : 25, {frame.rows, frame.cols});
        writer->write(drawn(frame, found));
      }
      progress.advance();
    }
    if (writer != nullptr) writer->finish();
  }

  fs::path video_path(const ImageSource& source) {
    if (is_video_file(request_.out)) return request_.out;
    const bool is_camera = source.kind == ImageSource::Kind::Camera;
    return fs::path(request_.out) / unused_name(is_camera ? "camera.mp4" : source.path.stem().string() + ".mp4");
  }

  cv::Mat drawn(const cv::Mat& image, const Detections& found) const {
    DrawOptions options;
    options.score_threshold = request_.score_thr;
    return draw_detections(image, found, classes_, options);
  }

  void report(const std::string& name, const Detections& found) {
    json_.add(name, found);
    if (!request_.json.empty() || !request_.out.empty()) return;
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (static_cast<double>(found.scores[i]) < request_.score_thr) continue;
      const auto& box = found.boxes_xyxy[i];
      out_ << fmt::format("{}\t{}\t{:.3f}\t{:.1f} {:.1f} {:.1f} {:.1f}\n", name, class_name(classes_, found.labels[i]), found.scores[i],
                          box[0], box[1], box[2], box[3]);
    }
  }

  /// Photos of one name out of several folders do not write over each other.
  std::string unused_name(const fs::path& wanted) {
    std::string name = wanted.string();
    for (int count = 2; !names_.insert(name).second; ++count) {
      name = wanted.stem().string() + "_" + std::to_string(count) + wanted.extension().string();
    }
    return name;
  }

  const DetectRequest& request_;
  Predictor& predictor_;
  std::vector<std::string> classes_;
  DetectionsJson json_;  // refers to the classes
  std::ostream& out_;
  std::ostream& log_;
  std::set<std::string> names_;
  Interruption interruption_;
  int status_ = 0;
};

}  // namespace

int detect_action(const DetectRequest& request, std::ostream& out, std::ostream& log) {
  const std::vector<ImageSource> sources = expand_sources(request.sources);
  const torch::Device device = device_of(request.device);
  const auto model = build_model(request.config, request.reference);
  // The config is checked before a large checkpoint is read.
  Predictor predictor(model, request.config, request.reference, device);
  std::vector<std::string> classes = load_weights(*model, {request.checkpoint, request.strict, request.seed, request.quiet}, log);
  return Run(request, predictor, std::move(classes), out, log).run(sources);
}

}  // namespace detforge::cli
