#include "detforge/models/backbones/official_weights.h"

namespace detforge {

std::optional<std::string> checkpoint_to_begin_with(const std::optional<std::string>& pretrained, const std::optional<Value>& init_cfg) {
  const bool has_init_cfg = init_cfg && !init_cfg->is_none() && !init_cfg->empty();
  if (pretrained && !pretrained->empty() && has_init_cfg) throw ArgumentError("pretrained", "cannot be given beside 'init_cfg'");
  if (!has_init_cfg) return pretrained;
  const Value* checkpoint = init_cfg->is_dict() ? init_cfg->find("checkpoint") : nullptr;
  if (checkpoint == nullptr || !checkpoint->is_string()) throw ArgumentError("init_cfg", "must name a 'checkpoint'");
  return checkpoint->as_string();
}

}  // namespace detforge
