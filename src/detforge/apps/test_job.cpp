#include "detforge/apps/test_job.h"

#include <fmt/core.h>

#include <algorithm>

#include "detforge/eval/dataset_evaluation.h"
#include "detforge/media/media.h"
#include "detforge/visualize/draw_detections.h"

namespace detforge {
namespace {

namespace fs = std::filesystem;

}  // namespace

TestJob::TestJob(const Dataset& dataset, Detector& model, torch::Device device, TestOptions options, JobObserver& observer)
    : dataset_(dataset), model_(model), device_(device), options_(std::move(options)), observer_(observer) {
  options_.batch = std::max<std::size_t>(options_.batch, 1);
  if (!options_.partial.empty()) partial_.emplace(options_.partial, options_.identity, dataset.size(), options_.resume);
}

std::vector<Detections> TestJob::detect() {
  results_.assign(dataset_.size(), {});
  std::vector<std::size_t> left;
  for (std::size_t i = 0; i < dataset_.size(); ++i) {
    if (!partial_ || !partial_->results()[i]) left.push_back(i);
  }
  if (left.size() < dataset_.size()) {
    observer_.note(fmt::format("{} of {} images are done already", dataset_.size() - left.size(), dataset_.size()));
  }
  observer_.begin("images", left.size());
  Loader loader([this](std::size_t index, Random& random) { return dataset_.get(index, random); }, std::move(left),
                {.workers = options_.workers, .ahead = 2 * std::max(options_.batch, options_.workers)});
  detect_samples(
      loader, options_.batch, [this](std::span<const Views> views) { return detect_images(model_, views, device_); },
      [this](ImageOutcome outcome) {
        take(std::move(outcome));
        observer_.advance(1);
        return true;
      });
  observer_.end();
  return partial_ ? partial_->take() : std::move(results_);
}

void TestJob::finish() {
  if (partial_ && !has_failed_) partial_->remove();
}

void TestJob::take(ImageOutcome outcome) {
  if (outcome.error != nullptr) {
    has_failed_ = true;
    const DatasetPlace place = place_of(dataset_, outcome.index);
    observer_.failed(image_error(outcome.error, place.dataset->image(place.index).filename));
    return;
  }
  check_labels(outcome.found);
  if (!options_.pictures.empty()) draw(outcome.index, outcome.found);
  if (partial_) {
    partial_->add(outcome.index, std::move(outcome.found));
  } else {
    results_[outcome.index] = std::move(outcome.found);
  }
}

/// Told with the first image, not after the last one.
void TestJob::check_labels(const Detections& found) const {
  const auto classes = static_cast<std::int64_t>(dataset_.classes().size());
  for (const std::int64_t label : found.labels) {
    if (classes == 0 || label < classes) continue;
    throw Error(fmt::format("the model finds class {}, the dataset has {}", label, classes))
        .help("detforge check says which num_classes the head needs");
  }
}

void TestJob::draw(std::size_t index, const Detections& found) const {
  const DatasetPlace place = place_of(dataset_, index);
  const fs::path name = fs::path(place.dataset->image(place.index).filename).lexically_normal();
  const bool leaves = name.is_absolute() || (!name.empty() && *name.begin() == "..");
  const fs::path file = options_.pictures / color_picture_name(leaves ? name.filename() : name);
  fs::create_directories(file.parent_path());
  DrawOptions drawing;
  drawing.score_threshold = options_.score_threshold;
  const cv::Mat image = read_image(fs::path(place.dataset->img_prefix()) / name);
  write_image(file, draw_detections(image, found, dataset_.classes(), drawing));
}

}  // namespace detforge
