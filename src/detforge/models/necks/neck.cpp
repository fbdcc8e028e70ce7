#include "detforge/models/necks/neck.h"

namespace detforge {

Registry<Neck>& necks() {
  static Registry<Neck> registry("NECKS");
  return registry;
}

/// PyTorch's `Sequential` of necks.
class NeckSequence : public Neck {
 public:
  NeckSequence(const std::vector<ConfigDict>& configs, const BuildContext& context) : Neck("Sequential") {
    for (std::size_t i = 0; i < configs.size(); ++i) {
      const std::string name = std::to_string(i);
      necks_.push_back(register_module(name, necks().build(configs[i], context.child(name))));
    }
  }

 protected:
  nn::Features compute(const nn::Features& features) override {
    nn::Features mixed = features;
    for (const auto& neck : necks_) mixed = neck->forward(mixed);
    return mixed;
  }

 private:
  std::vector<std::shared_ptr<Neck>> necks_;
};

std::shared_ptr<Neck> build_neck(const Value& config, const BuildContext& context) {
  if (config.is_sequence()) return build_neck(Conversion<NeckConfig>::from(config), context);
  return necks().build(config, context);
}

std::shared_ptr<Neck> build_neck(const NeckConfig& config, const BuildContext& context) {
  if (const auto* one = std::get_if<ConfigDict>(&config)) return necks().build(*one, context);
  return std::make_shared<NeckSequence>(std::get<std::vector<ConfigDict>>(config), context);
}

}  // namespace detforge
