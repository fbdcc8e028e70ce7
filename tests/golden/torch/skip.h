#pragma once

#include <functional>

#include "detforge/registry/registry.h"
#include "tests/support/golden.h"

namespace detforge::golden {

/// `body`, or a skipped case that names the component which is not registered yet.
inline std::function<void()> unless_unregistered(std::function<void()> body) {
  return [body = std::move(body)] {
    try {
      body();
    } catch (const UnknownComponent& error) {
      skip_unregistered(error.registry() + "." + error.name());
    }
  };
}

}  // namespace detforge::golden
