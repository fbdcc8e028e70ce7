#include "detforge/models/backbones/backbone.h"

#include <algorithm>

#include "detforge/models/backbones/pretrained_backbone.h"

namespace detforge {

Registry<Backbone>& backbones() {
  static Registry<Backbone> registry("BACKBONES");
  return registry;
}

void Backbone::check(const torch::Tensor& image) const {
  if (image.dim() != 4) {
    throw Error(python_name() + " takes images [N, C, H, W], got a tensor of " + std::to_string(image.dim()) + " dimensions");
  }
  const std::int64_t expected = in_channels_.value_or(3);
  if (image.size(1) != expected) {
    throw Error(python_name() + " takes images of " + std::to_string(expected) + " channels" + (in_channels_ ? " ('in_channels')" : "") +
                ", got " + std::to_string(image.size(1)));
  }
}

std::shared_ptr<Backbone> build_backbone(const Value& config, const BuildContext& context) { return backbones().build(config, context); }

std::shared_ptr<Backbone> build_pretrained_backbone(const Value& config, const std::optional<std::string>& pretrained,
                                                    const BuildContext& context) {
  if (!pretrained || pretrained->empty()) return build_backbone(config, context);
  const Value* type = config.find("type");
  const auto entries = type != nullptr && type->is_string() ? backbones().find(type->as_string()) : decltype(backbones().find(""))();
  const bool takes_it = std::any_of(entries.begin(), entries.end(), [](const RegistryBase::Entry* entry) {
    const auto& arguments = entry->arguments();
    return std::any_of(arguments.begin(), arguments.end(), [](const ArgumentInfo& argument) { return argument.name == "pretrained"; });
  });
  if (takes_it) {
    Value with_weights = config;
    with_weights["pretrained"] = *pretrained;
    return build_backbone(with_weights, context);
  }
  // In 2.8 the weights are an argument of every backbone's init_weights.
  auto backbone = build_backbone(config, context);
  backbone->show_init_cfg(context, Value::dict({{"type", "Pretrained"}, {"checkpoint", *pretrained}}));
  return backbone;
}

}  // namespace detforge
