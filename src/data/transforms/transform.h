#pragma once

#include "detforge/base/random.h"
#include "detforge/data/sample.h"
#include "detforge/registry/registry.h"

namespace detforge {

/// One step of a pipeline. Immutable once built: threads may share it, each with its own sample and `Random`.
class Transform {
 public:
  virtual ~Transform() = default;
  /// Changes the sample. Throws `Error` when the sample lacks what the step needs.
  virtual void apply(Sample& sample, Random& random) const = 0;
};

/// `PIPELINES`
Registry<Transform>& transforms();

/// The transforms of a config's list, each built in `context` with its index: `pipeline[2]`. Throws `Error` at the
/// place of what is wrong.
std::vector<std::shared_ptr<Transform>> build_transforms(const Value& list, const BuildContext& context);

}  // namespace detforge
