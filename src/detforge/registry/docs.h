#pragma once

#include <span>
#include <string>

#include "detforge/registry/registry.h"

namespace detforge {

/// `required`, or the default as Python shows it: `1`, `None (v2.27: 'BN')`, `required (v2.27: 5)`.
std::string default_text(const ArgumentInfo& argument);

/// A reference of the components as Markdown: for each registry its components in the order of `registry list`, for
/// each component a table of its arguments. docs/components.md is the one of all registries.
std::string component_docs(std::span<const RegistryBase* const> registries);

}  // namespace detforge
