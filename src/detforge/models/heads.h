#pragma once

#include <memory>
#include <string>

#include "detforge/nn/module.h"
#include "detforge/registry/registry.h"

namespace detforge {

/// Dense heads, RoI heads, and their box, mask and semantic heads share one registry in MMDetection: `HEADS`.
Registry<nn::Module>& heads();

/// The head that `config` describes, which must be a `Kind`: `build_head<DenseHead>(config, context, "dense head")`.
/// Throws `Error` with the place in the config.
template <class Kind>
std::shared_ptr<Kind> build_head(const Value& config, const BuildContext& context, const std::string& kind) {
  auto head = std::dynamic_pointer_cast<Kind>(heads().build(config, context));
  if (!head) throw Error(config["type"].as_string() + " is no " + kind).at(config["type"].location()).note(context.path);
  return head;
}

}  // namespace detforge
