#pragma once

#include <functional>
#include <string>
#include <string_view>

/// What code around a model puts before the names of its tensors: DistributedDataParallel `module.`, torch.compile `_orig_mod.`,
/// Lightning and others `model.`, `detector.` or `net.`.
namespace detforge {

/// The name without such prefixes, any chain of them, but for those that `keeps` says are the model's own names.
std::string without_wrapper_prefixes(std::string_view name, const std::function<bool(std::string_view prefix)>& keeps);

}  // namespace detforge
