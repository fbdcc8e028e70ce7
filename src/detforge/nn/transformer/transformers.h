#pragma once

#include <memory>
#include <string>

#include "detforge/nn/module.h"
#include "detforge/registry/registry.h"

namespace detforge::nn {

/// MMDetection's `TRANSFORMER`: what a head has between its features and its predictions; each head asks for its own kind.
Registry<Module>& transformers();

/// The transformer that `config` describes, which must be a `Kind`. Throws `Error` with the place in the config.
template <class Kind>
std::shared_ptr<Kind> build_transformer(const Value& config, const BuildContext& context, const std::string& kind) {
  auto transformer = std::dynamic_pointer_cast<Kind>(transformers().build(config, context));
  if (!transformer) throw Error(config["type"].as_string() + " is no " + kind).at(config["type"].location()).note(context.path);
  return transformer;
}

}  // namespace detforge::nn
