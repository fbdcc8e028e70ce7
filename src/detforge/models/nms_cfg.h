#pragma once

#include <string>

#include "detforge/kernels/nms.h"
#include "detforge/registry/arguments.h"

namespace detforge {

/// Reads a config's `nms=dict(type='nms' | 'soft_nms' | 'nms_match', …)`; without a type it is NMS. `owner` names it in
/// messages: "the nms of RetinaHead's test_cfg". Throws `Error` at the place in the config for unknown types, unknown keys of
/// the type and ill-typed ones.
kernels::NmsOptions nms_options_from(const ConfigDict& config, const std::string& owner, const BuildContext& context);

}  // namespace detforge
