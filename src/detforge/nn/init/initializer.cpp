#include "detforge/nn/init/initializer.h"

#include <algorithm>

#include "detforge/nn/init/weight_init.h"

namespace detforge::nn {
namespace initializer {

std::vector<Value> as_list(const Value& one_or_many) {
  if (!one_or_many.is_sequence()) return {one_or_many};
  return {one_or_many.elements().begin(), one_or_many.elements().end()};
}

Value without(Value config, const char* key) {
  config.pop(key, {});
  return config;
}

/// `override` fills parts of the module by name, with the initialiser of `init_cfg` where it gives none.
void apply_override(Module& module, const Value& override, const Value& init_cfg) {
  const Value* name = override.find("name");
  if (name == nullptr || !name->is_string()) throw Error("an override needs the 'name' of a part").at(override.location());
  Value config = without(override, "name");
  if (config.empty()) {
    config = init_cfg;
  } else if (!config.contains("type")) {
    throw Error("an override that gives more than 'name' needs a 'type'").at(override.location());
  }
  Module* part = module.part(name->as_string());
  if (part == nullptr) {
    throw Error(module.python_name() + " has no part '" + name->as_string() + "' to override").at(name->location());
  }
  initializers().build(config)->apply(*part, /*everything=*/true);
}

/// `map_location` has no meaning here: weights go where the module's are.
struct PretrainedOptions : Pretrained {
  std::optional<Value> map_location;
};

Pretrained pretrained_from(const Value& config) {
  const Arguments<PretrainedOptions> arguments{arg(&PretrainedOptions::checkpoint, "checkpoint", required, "the file, URL or name"),
                                               arg(&PretrainedOptions::prefix, "prefix", "only the tensors whose names begin with it"),
                                               arg(&PretrainedOptions::map_location, "map_location", "counts for nothing")};
  return options_from("Pretrained", arguments, config, {});
}

void reset_children_first(torch::nn::Module& module) {
  for (const auto& child : module.children()) reset_children_first(*child);
  if (auto* ours = dynamic_cast<Module*>(&module)) ours->reset_parameters();
}

}  // namespace initializer

Registry<Initializer>& initializers() {
  static Registry<Initializer> registry("INITIALIZERS");
  return registry;
}

Arguments<Initializer::Options> Initializer::arguments() {
  return {arg(&Options::bias, "bias", "what biases become"),
          arg(&Options::bias_prob, "bias_prob", "the probability that a sigmoid starts at; replaces bias"),
          arg(&Options::layer, "layer", "classes of the modules to fill")};
}

Initializer::Initializer(const Options& options) : bias_(options.bias_prob ? bias_init_with_prob(*options.bias_prob) : options.bias) {
  if (!options.layer) return;
  const auto* one = std::get_if<std::string>(&*options.layer);
  layers_ = one != nullptr ? std::vector<std::string>{*one} : std::get<1>(*options.layer);
}

void Initializer::apply(Module& root, bool everything) const {
  const auto named = [&](const std::string& name) { return std::find(layers_.begin(), layers_.end(), name) != layers_.end(); };
  const auto visit = [&](Module& module) {
    if (everything || named(module.python_name()) || named(module.python_base())) fill(module);
  };
  root.apply([&](torch::nn::Module& module) {
    if (auto* ours = dynamic_cast<Module*>(&module)) visit(*ours);
  });
}

void initialize(Module& module, const Value& init_cfg, const PretrainedLoader& load_pretrained) {
  for (const Value& config : initializer::as_list(init_cfg)) {
    if (is_pretrained(config)) {
      const Pretrained source = initializer::pretrained_from(config);
      if (load_pretrained) load_pretrained(module, source);
      continue;
    }
    const Value plain = initializer::without(config, "override");
    initializers().build(plain)->apply(module, /*everything=*/false);
    const Value* override = config.find("override");
    if (override == nullptr || override->is_none()) continue;
    for (const Value& one : initializer::as_list(*override)) {
      initializer::apply_override(module, one, initializer::without(plain, "layer"));
    }
  }
}

bool is_pretrained(const Value& init_cfg) {
  const Value* type = init_cfg.is_dict() ? init_cfg.find("type") : nullptr;
  return type != nullptr && type->is_string() && type->as_string() == "Pretrained";
}

void initialize_weights(Module& model, const PretrainedLoader& load_pretrained) {
  const torch::NoGradGuard no_grad;
  initializer::reset_children_first(model);
  model.init_weights(load_pretrained);
}

}  // namespace detforge::nn
