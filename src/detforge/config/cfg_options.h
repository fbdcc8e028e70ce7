#pragma once

#include <span>
#include <string>

#include "detforge/config/value.h"

namespace detforge {

/// `KEY=VALUE` options by the grammar of mmcv's `DictAction`, for `Config::merge_from_dict`: ints, floats, true, false
/// and None are recognised, `a,b`, `[a,b]` and `(a,b)` are lists and tuples and may be nested, the rest is text; spaces
/// vanish. Each value's place is its option, by the name that the command line gives it. Throws `Error` for an option without `=`,
/// unbalanced brackets, and lists that are not told apart (`(1,2),(3,4)` wants brackets around it).
Value parse_cfg_options(std::span<const std::string> options, const std::string& option_name = "--cfg-options");

}  // namespace detforge
