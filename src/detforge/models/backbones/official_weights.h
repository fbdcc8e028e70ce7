#pragma once

#include <optional>
#include <string>

#include "detforge/registry/registry.h"

namespace detforge {

/// The checkpoint that transformers' `pretrained` or `init_cfg` names, whatever else the latter says; none: they begin from scratch.
/// Throws `ArgumentError` when both are given, or an init_cfg without a `checkpoint`.
std::optional<std::string> checkpoint_to_begin_with(const std::optional<std::string>& pretrained, const std::optional<Value>& init_cfg);

}  // namespace detforge
