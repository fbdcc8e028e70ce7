#pragma once

#include "detforge/base/random.h"
#include "detforge/data/sample.h"
#include "detforge/registry/registry.h"

namespace detforge {

/// What a transform that mixes images may know of the dataset that they come from.
class SamplePool {
 public:
  virtual ~SamplePool() = default;
  virtual std::size_t size() const = 0;
  /// Objects of a sample, before its own pipeline.
  virtual std::size_t objects_of(std::size_t index) const = 0;
};

/// One step of a pipeline. Immutable once built: threads may share it, each with its own sample and `Random`.
class Transform {
 public:
  virtual ~Transform() = default;
  /// Changes the sample. Throws `Error` when the sample lacks what the step needs.
  virtual void apply(Sample& sample, Random& random) const = 0;
  /// The samples that `apply` wants in `mix_results`; most transforms want none. `MultiImageMixDataset` asks.
  virtual std::vector<std::size_t> get_indexes(const SamplePool&, Random&) const { return {}; }
};

/// `PIPELINES`
Registry<Transform>& transforms();

/// The transforms of a config's list, each built in `context` with its index: `pipeline[2]`. Throws `Error` at the
/// place of what is wrong.
std::vector<std::shared_ptr<Transform>> build_transforms(const Value& list, const BuildContext& context);

}  // namespace detforge
