#include "detforge/data/datasets/class_balanced_dataset.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <unordered_map>

namespace detforge {

ClassBalancedDataset::ClassBalancedDataset(const Options& options, const BuildContext& context)
    : dataset_(build_dataset(options.dataset, context.child("dataset"))) {
  const std::size_t images = dataset_->size();
  std::vector<std::set<RecordId>> categories(images);
  std::unordered_map<RecordId, std::size_t> images_with;
  for (std::size_t i = 0; i < images; ++i) {
    const std::vector<RecordId> ids = dataset_->category_ids(i);
    categories[i].insert(ids.begin(), ids.end());
    if (ids.empty() && !options.filter_empty_gt) categories[i].insert(static_cast<std::int64_t>(dataset_->classes().size()));
    for (const RecordId& id : categories[i]) ++images_with[id];
  }
  for (std::size_t i = 0; i < images; ++i) {
    double factor = 1;
    for (const RecordId& id : categories[i]) {
      const double share = static_cast<double>(images_with[id]) / static_cast<double>(images);
      factor = std::max(factor, std::sqrt(options.oversample_thr / share));
    }
    repeat_factors_.push_back(factor);
    repeat_indices_.insert(repeat_indices_.end(), static_cast<std::size_t>(std::ceil(factor)), i);
  }
  finish();
}

DETFORGE_REGISTER(datasets, ClassBalancedDataset,
                  {.name = "ClassBalancedDataset",
                   .python = "mmdet.datasets.dataset_wrappers.ClassBalancedDataset",
                   .meaning = "repeats images with rare categories"});

}  // namespace detforge
