#pragma once

#include <memory>
#include <string>
#include <vector>

#include "detforge/nn/module.h"

namespace detforge::nn {

/// PyTorch's `Sequential`: layers one after the other, named by number or as given.
class Sequential : public Layer {
 public:
  Sequential() : Layer("Sequential") {}

  void append(std::shared_ptr<Layer> layer) { append(std::to_string(layers_.size()), std::move(layer)); }
  void append(const std::string& name, std::shared_ptr<Layer> layer) { layers_.push_back(register_module(name, std::move(layer))); }
  const std::vector<std::shared_ptr<Layer>>& layers() const { return layers_; }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override {
    torch::Tensor output = input;
    for (const auto& layer : layers_) output = layer->forward(output);
    return output;
  }

 private:
  std::vector<std::shared_ptr<Layer>> layers_;
};

/// PyTorch's `ModuleList`: modules that its owner calls one by one.
template <class M = Layer>
class ModuleList : public Module {
 public:
  ModuleList() : Module("ModuleList") {}

  void append(std::shared_ptr<M> module) { modules_.push_back(register_module(std::to_string(modules_.size()), std::move(module))); }
  M& operator[](std::size_t index) const { return *modules_.at(index); }
  std::size_t size() const { return modules_.size(); }
  auto begin() const { return modules_.begin(); }
  auto end() const { return modules_.end(); }

 private:
  std::vector<std::shared_ptr<M>> modules_;
};

}  // namespace detforge::nn
