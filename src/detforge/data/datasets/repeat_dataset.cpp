#include "detforge/data/datasets/dataset_wrapper.h"

namespace detforge {

/// A dataset several times over: small ones make longer epochs so.
class RepeatDataset : public DatasetWrapper {
 public:
  struct Options {
    Value dataset;
    std::int64_t times = 1;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::dataset, "dataset", required, "the dataset").built_by("DATASETS"),
            arg(&Options::times, "times", required, "how often").at_least(1)};
  }

  RepeatDataset(const Options& options, const BuildContext& context)
      : dataset_(build_dataset(options.dataset, context.child("dataset"))), times_(static_cast<std::size_t>(options.times)) {
    finish();
  }

  std::size_t size() const override { return dataset_->size() * times_; }
  Place locate(std::size_t index) const override { return {*dataset_, index % dataset_->size()}; }
  std::vector<const Dataset*> parts() const override { return {dataset_.get()}; }

 private:
  std::shared_ptr<Dataset> dataset_;
  std::size_t times_;
};

DETFORGE_REGISTER(datasets, RepeatDataset,
                  {.name = "RepeatDataset",
                   .python = "mmdet.datasets.dataset_wrappers.RepeatDataset",
                   .meaning = "a dataset several times over"});

}  // namespace detforge
