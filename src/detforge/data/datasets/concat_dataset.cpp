#include "detforge/data/datasets/concat_dataset.h"

#include <algorithm>

#include "detforge/data/datasets/annotated_dataset.h"

namespace detforge {

ConcatDataset::ConcatDataset(const Options& options, const BuildContext& context) : separate_eval_(options.separate_eval) {
  if (!options.datasets.is_sequence() || options.datasets.empty()) throw ArgumentError("datasets", "must be a list of datasets");
  std::size_t end = 0;
  for (std::size_t i = 0; i < options.datasets.size(); ++i) {
    datasets_.push_back(build_dataset(options.datasets[i], context.child("datasets[" + std::to_string(i) + "]")));
    cumulative_sizes_.push_back(end += datasets_.back()->size());
  }
  if (!separate_eval_) {
    for (const auto& dataset : datasets_) {
      const auto* annotated = dynamic_cast<const AnnotatedDataset*>(dataset.get());
      const auto* first = dynamic_cast<const AnnotatedDataset*>(datasets_.front().get());
      if (annotated == nullptr || annotated->rules() == EvaluationRules::Coco) {
        throw ArgumentError("separate_eval", "must be True for datasets in COCO's layout");
      }
      if (annotated->rules() != first->rules()) throw ArgumentError("separate_eval", "must be True for datasets of different types");
    }
  }
  finish();
}

DatasetWrapper::Place ConcatDataset::locate(std::size_t index) const {
  const auto part =
      static_cast<std::size_t>(std::upper_bound(cumulative_sizes_.begin(), cumulative_sizes_.end(), index) - cumulative_sizes_.begin());
  return {*datasets_[part], part == 0 ? index : index - cumulative_sizes_[part - 1]};
}

std::vector<const Dataset*> ConcatDataset::parts() const {
  std::vector<const Dataset*> all;
  for (const auto& dataset : datasets_) all.push_back(dataset.get());
  return all;
}

DETFORGE_REGISTER(datasets, ConcatDataset,
                  {.name = "ConcatDataset",
                   .python = "mmdet.datasets.dataset_wrappers.ConcatDataset",
                   .meaning = "datasets one after the other"});

}  // namespace detforge
