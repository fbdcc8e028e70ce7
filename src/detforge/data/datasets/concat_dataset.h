#pragma once

#include "detforge/data/datasets/dataset_wrapper.h"

namespace detforge {

/// Datasets one after the other. The first one's classes count for all.
class ConcatDataset : public DatasetWrapper {
 public:
  struct Options {
    Value datasets = Value::list();
    bool separate_eval = true;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::datasets, "datasets", required, "the datasets, in order").built_by("DATASETS"),
            arg(&Options::separate_eval, "separate_eval", "measure results on each dataset on its own")};
  }

  ConcatDataset(const Options& options, const BuildContext& context);

  std::size_t size() const override { return cumulative_sizes_.back(); }
  Place locate(std::size_t index) const override;
  std::vector<const Dataset*> parts() const override;

  bool separate_eval() const { return separate_eval_; }
  /// Where each dataset ends.
  const std::vector<std::size_t>& cumulative_sizes() const { return cumulative_sizes_; }

 private:
  bool separate_eval_;
  std::vector<std::shared_ptr<Dataset>> datasets_;
  std::vector<std::size_t> cumulative_sizes_;
};

}  // namespace detforge
