#pragma once

#include "detforge/data/datasets/dataset_wrapper.h"

namespace detforge {

/// Repeats images with rare categories, as LVIS does (Gupta et al., https://arxiv.org/abs/1908.03195): a category that a share f of the
/// images has asks for max(1, sqrt(t / f)) of each, an image for as much as its rarest category, rounded up.
class ClassBalancedDataset : public DatasetWrapper {
 public:
  struct Options {
    Value dataset;
    double oversample_thr = 0;
    bool filter_empty_gt = true;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::dataset, "dataset", required, "the dataset").built_by("DATASETS"),
            arg(&Options::oversample_thr, "oversample_thr", required, "t: categories of a larger share are not repeated"),
            arg(&Options::filter_empty_gt, "filter_empty_gt", "do not take images without objects for a category of their own")};
  }

  ClassBalancedDataset(const Options& options, const BuildContext& context);

  std::size_t size() const override { return repeat_indices_.size(); }
  Place locate(std::size_t index) const override { return {*dataset_, repeat_indices_[index]}; }
  std::vector<const Dataset*> parts() const override { return {dataset_.get()}; }

  /// [images of the dataset]
  const std::vector<double>& repeat_factors() const { return repeat_factors_; }
  /// The image of the dataset that stands at each index.
  const std::vector<std::size_t>& repeat_indices() const { return repeat_indices_; }

 private:
  std::shared_ptr<Dataset> dataset_;
  std::vector<double> repeat_factors_;
  std::vector<std::size_t> repeat_indices_;
};

}  // namespace detforge
