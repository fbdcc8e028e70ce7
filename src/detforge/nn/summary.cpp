#include "detforge/nn/summary.h"

#include <unordered_map>
#include <unordered_set>

namespace detforge::nn {
namespace {

/// Adds up what each module does while it is watched.
class CostObserver : public ForwardObserver {
 public:
  explicit CostObserver(std::unordered_map<const torch::nn::Module*, ModuleCost*> costs) : costs_(std::move(costs)) {}

  void enter(const Module& module) override { open_.push_back(cost_of(module)); }

  void leave(const Module& module, std::span<const torch::Tensor> inputs, std::span<const torch::Tensor> outputs) override {
    if (ModuleCost* cost = open_.back(); cost != nullptr) {
      ++cost->calls;
      cost->output_shapes.clear();
      for (const torch::Tensor& output : outputs) cost->output_shapes.push_back(output.sizes().vec());
    }
    const std::int64_t multiply_adds = module.multiply_adds(inputs, outputs);
    const std::int64_t bytes = module.children().empty() ? total_bytes(outputs) : 0;
    for (ModuleCost* cost : open_) {
      if (cost == nullptr) continue;
      cost->multiply_adds += multiply_adds;
      cost->activation_bytes += bytes;
    }
    open_.pop_back();
  }

 private:
  ModuleCost* cost_of(const Module& module) const {
    const auto found = costs_.find(&module);
    return found == costs_.end() ? nullptr : found->second;
  }

  static std::int64_t total_bytes(std::span<const torch::Tensor> tensors) {
    std::int64_t bytes = 0;
    for (const torch::Tensor& tensor : tensors) bytes += tensor.numel() * static_cast<std::int64_t>(tensor.element_size());
    return bytes;
  }

  std::unordered_map<const torch::nn::Module*, ModuleCost*> costs_;
  std::vector<ModuleCost*> open_;
};

struct Walk {
  std::vector<ModuleCost> costs;
  std::vector<const torch::nn::Module*> modules;

  void visit(const torch::nn::Module& module, const std::string& name, int depth) {
    const auto* own = dynamic_cast<const Module*>(&module);
    ModuleCost cost;
    cost.name = name;
    cost.type = own != nullptr ? own->python_name() : module.name();
    cost.depth = depth;
    std::unordered_set<const void*> counted;
    for (const torch::Tensor& parameter : module.parameters()) {
      if (!counted.insert(parameter.unsafeGetTensorImpl()).second) continue;
      cost.parameters += parameter.numel();
      if (parameter.requires_grad()) cost.trainable += parameter.numel();
    }
    costs.push_back(std::move(cost));
    modules.push_back(&module);
    for (const auto& child : module.named_children()) {
      visit(*child.value(), name.empty() ? child.key() : name + "." + child.key(), depth + 1);
    }
  }
};

}  // namespace

std::vector<ModuleCost> summarize(Module& model, const std::function<void()>& forward) {
  Walk walk;
  walk.visit(model, "", 0);
  std::unordered_map<const torch::nn::Module*, ModuleCost*> costs;
  for (std::size_t i = 0; i < walk.modules.size(); ++i) costs.emplace(walk.modules[i], &walk.costs[i]);

  const bool training = model.is_training();
  model.eval();
  {
    const torch::NoGradGuard no_grad;
    CostObserver observer(std::move(costs));
    const ObserverGuard watching(observer);
    forward();
  }
  model.train(training);
  return std::move(walk.costs);
}

}  // namespace detforge::nn
