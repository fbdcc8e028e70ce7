#pragma once

#include "detforge/nn/module.h"
#include "tests/support/golden.h"

namespace detforge::golden {

/// The layer of a record of `_layers.json.gz`, by the builder that its `kind` names. Throws for a kind or an argument that is not known
/// here.
std::shared_ptr<nn::Layer> layer_of_record(const Json& record, const BuildContext& context);

}  // namespace detforge::golden
