#pragma once

#include "detforge/data/datasets/dataset_wrapper.h"

namespace detforge {

/// Transforms that mix several images of a dataset, such as Mosaic and MixUp, after the dataset's own pipeline. A transform says in
/// `get_indexes` which samples it wants; they are handed to it in `mix_results`.
class MultiImageMixDataset : public DatasetWrapper {
 public:
  struct Options {
    Value dataset;
    Value pipeline = Value::list();
    std::optional<Value> dynamic_scale;
    std::optional<std::vector<std::string>> skip_type_keys;
    std::int64_t max_refetch = 15;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::dataset, "dataset", required, "the dataset").built_by("DATASETS"),
            arg(&Options::pipeline, "pipeline", required, "the transforms that mix, and those that follow").built_by("PIPELINES"),
            arg(&Options::dynamic_scale, "dynamic_scale", "given up in MMDetection; Resize does it"),
            arg(&Options::skip_type_keys, "skip_type_keys", "types of transforms that are passed over"),
            arg(&Options::max_refetch, "max_refetch", "how often a transform that drops its sample is tried again").at_least(1)};
  }

  MultiImageMixDataset(const Options& options, const BuildContext& context);

  std::size_t size() const override { return dataset_->size(); }
  Place locate(std::size_t index) const override { return {*dataset_, index}; }
  std::vector<const Dataset*> parts() const override { return {dataset_.get()}; }
  std::vector<Sample> get(std::size_t index, Random& random) const override;

  /// Which types of transforms are passed over from now on (YOLOX does so for its last epochs). Not while samples are made.
  void set_skip_type_keys(std::vector<std::string> types) { skip_type_keys_ = std::move(types); }

 private:
  struct Step {
    std::string type;
    std::shared_ptr<Transform> transform;
  };

  Sample transformed(const Step& step, const Sample& sample, Random& random) const;

  std::shared_ptr<Dataset> dataset_;
  std::vector<Step> steps_;
  std::vector<std::string> skip_type_keys_;
  std::int64_t max_refetch_;
};

}  // namespace detforge
