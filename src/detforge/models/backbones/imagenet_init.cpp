#include "detforge/models/backbones/imagenet_init.h"

namespace detforge {

Value imagenet_init_cfg(const std::optional<std::string>& pretrained, const std::optional<Value>& init_cfg) {
  const bool has_init_cfg = init_cfg && !init_cfg->is_none();
  if (pretrained && !pretrained->empty() && has_init_cfg) throw ArgumentError("pretrained", "cannot be given beside 'init_cfg'");
  if (pretrained) return Value::dict({{"type", "Pretrained"}, {"checkpoint", *pretrained}});
  if (has_init_cfg) return *init_cfg;
  return Value::list({Value::dict({{"type", "Kaiming"}, {"layer", "Conv2d"}}),
                      Value::dict({{"type", "Constant"}, {"val", 1}, {"layer", Value::list({"_BatchNorm", "GroupNorm"})}})});
}

}  // namespace detforge
