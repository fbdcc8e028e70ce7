#include "detforge/data/datasets/multi_image_mix_dataset.h"

#include <algorithm>

namespace detforge {

MultiImageMixDataset::MultiImageMixDataset(const Options& options, const BuildContext& context)
    : dataset_(build_dataset(options.dataset, context.child("dataset"))),
      skip_type_keys_(options.skip_type_keys.value_or(std::vector<std::string>())),
      max_refetch_(options.max_refetch) {
  if (options.dynamic_scale) throw ArgumentError("dynamic_scale", "was given up; a Resize in the pipeline does the same");
  const auto transforms = build_transforms(options.pipeline, context.child("pipeline"));
  for (std::size_t i = 0; i < transforms.size(); ++i) steps_.push_back({options.pipeline[i]["type"].as_string(), transforms[i]});
  finish();
}

std::vector<Sample> MultiImageMixDataset::get(std::size_t index, Random& random) const {
  Sample sample = dataset_->get(index, random).front();
  for (const Step& step : steps_) {
    if (std::find(skip_type_keys_.begin(), skip_type_keys_.end(), step.type) != skip_type_keys_.end()) continue;
    for (const std::size_t other : step.transform->get_indexes(*dataset_, random)) {
      sample.mix_results.push_back(dataset_->get(other, random).front());
    }
    sample = transformed(step, sample, random);
    sample.mix_results.clear();
  }
  return {std::move(sample)};
}

Sample MultiImageMixDataset::transformed(const Step& step, const Sample& sample, Random& random) const {
  for (std::int64_t tries = 0; tries < max_refetch_; ++tries) {
    Sample changed = sample;
    try {
      step.transform->apply(changed, random);
    } catch (Error& error) {
      throw std::move(error.at(sample.meta.filename).note("in " + step.type + " of MultiImageMixDataset"));
    }
    if (!changed.is_dropped) return changed;
  }
  throw Error(step.type + " left nothing of a sample, " + std::to_string(max_refetch_) + " times in a row")
      .at(sample.meta.filename)
      .help("a larger max_refetch tries more often");
}

DETFORGE_REGISTER(datasets, MultiImageMixDataset,
                  {.name = "MultiImageMixDataset",
                   .python = "mmdet.datasets.dataset_wrappers.MultiImageMixDataset",
                   .meaning = "mixes several images of a dataset",
                   .since = Reference::V2_27});

}  // namespace detforge
