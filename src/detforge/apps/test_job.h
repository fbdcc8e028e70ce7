#pragma once

#include <filesystem>
#include <optional>

#include "detforge/apps/detect_samples.h"
#include "detforge/apps/job_observer.h"
#include "detforge/data/datasets/dataset.h"
#include "detforge/eval/results/partial_results.h"

namespace detforge {

struct TestOptions {
  std::size_t batch = 1;                ///< images of one shape in one forward pass
  std::size_t workers = 2;              ///< threads that prepare samples
  std::filesystem::path partial = {};   ///< where what is found is kept as it comes; empty: nowhere
  std::string identity = {};            ///< what it depends on
  bool resume = false;                  ///< go on from what `partial` holds
  std::filesystem::path pictures = {};  ///< folder of annotated images; empty: none
  double score_threshold = 0.3;         ///< what scores less is not drawn
};

/// A model over a whole dataset, by the dataset's own pipeline: what `test` does with a checkpoint, and a trainer's validation with the
/// model in its hands. An image that fails is told, and counts as one in which nothing was found.
class TestJob {
 public:
  /// All four outlive the job; the model is prepared for inference on `device`. Throws `Error` for a partial file of another run.
  TestJob(const Dataset& dataset, Detector& model, torch::Device device, TestOptions options, JobObserver& observer);

  /// [dataset.size()] in the images' original pixels. Throws `Error` where the model finds classes that the dataset does not have.
  std::vector<Detections> detect();
  /// Whether every image went through the model.
  bool is_complete() const { return !has_failed_; }
  /// To be called when the results are where they belong: the partial file goes, unless an image is missing.
  void finish();

 private:
  void take(ImageOutcome outcome);
  void check_labels(const Detections& found) const;
  void draw(std::size_t index, const Detections& found) const;

  const Dataset& dataset_;
  Detector& model_;
  torch::Device device_;
  TestOptions options_;
  JobObserver& observer_;
  std::optional<PartialResults> partial_;
  std::vector<Detections> results_;
  bool has_failed_ = false;
};

}  // namespace detforge
