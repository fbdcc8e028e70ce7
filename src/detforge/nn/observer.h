#pragma once

#include <torch/torch.h>

#include <span>
#include <utility>
#include <vector>

/// Watching a forward pass module by module: what `summary` counts with.
namespace detforge::nn {

class Module;

/// Told of every module's forward on the thread that it watches, children between their parent's two calls.
class ForwardObserver {
 public:
  virtual ~ForwardObserver() = default;
  virtual void enter(const Module& module) = 0;
  /// Whether it has to be told of each layer: one that is not lets layers be computed together.
  virtual bool sees_layers() const { return true; }
  virtual void leave(const Module& module, std::span<const torch::Tensor> inputs, std::span<const torch::Tensor> outputs) = 0;
};

/// The observer of this thread; null when nobody watches.
ForwardObserver* current_observer();

/// Makes `observer` watch this thread while it lives.
class ObserverGuard {
 public:
  explicit ObserverGuard(ForwardObserver& observer);
  ObserverGuard(const ObserverGuard&) = delete;
  ObserverGuard& operator=(const ObserverGuard&) = delete;
  ~ObserverGuard();

 private:
  ForwardObserver* previous_;
};

/// The tensors of a module's result, levels and kinds of output one after the other.
inline void append_tensors(const torch::Tensor& tensor, std::vector<torch::Tensor>& all) { all.push_back(tensor); }
template <class T>
void append_tensors(const std::vector<T>& parts, std::vector<torch::Tensor>& all) {
  for (const T& part : parts) append_tensors(part, all);
}

/// Runs `compute` for `module`, telling the observer of this thread if there is one.
template <class Compute>
auto observed(const Module& module, std::span<const torch::Tensor> inputs, Compute&& compute) {
  ForwardObserver* observer = current_observer();
  if (observer == nullptr) return std::forward<Compute>(compute)();
  observer->enter(module);
  auto result = std::forward<Compute>(compute)();
  std::vector<torch::Tensor> outputs;
  append_tensors(result, outputs);
  observer->leave(module, inputs, outputs);
  return result;
}

}  // namespace detforge::nn
