#pragma once

#include <optional>
#include <string>

#include "detforge/models/backbones/backbone.h"

namespace detforge {

/// The backbone that `config` describes, with the weights that its detector's `pretrained` says training starts from; none where
/// that is empty. Throws `Error` with the place in the config, also where the backbone has an `init_cfg` of its own.
std::shared_ptr<Backbone> build_pretrained_backbone(const Value& config, const std::optional<std::string>& pretrained,
                                                    const BuildContext& context);

}  // namespace detforge
