#pragma once

#include "detforge/config/value.h"

namespace detforge {

/// Whether keys of digits (`'0'`) may name elements of lists, as in `data.train.0.type`.
enum class ListKeys { Refused, Allowed };

/// What `update` says goes into a copy of `base`: dicts into dicts, everything else instead; `_delete_=True` in a
/// dict replaces what the base has. Throws `Error` at the place in `update` where types clash.
Value merge(const Value& update, Value base, ListKeys list_keys = ListKeys::Refused);

}  // namespace detforge
