#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "detforge/nn/module.h"

namespace detforge::nn {

/// PyTorch's `Sequential`: layers one after the other, named by number or as given.
class Sequential : public Layer {
 public:
  explicit Sequential(std::string python_name = "Sequential") : Layer(std::move(python_name)) {}

  void append(std::shared_ptr<Layer> layer) { append(std::to_string(layers_.size()), std::move(layer)); }
  void append(const std::string& name, std::shared_ptr<Layer> layer) { layers_.push_back(register_module(name, std::move(layer))); }
  const std::vector<std::shared_ptr<Layer>>& layers() const { return layers_; }

  /// MMDetection's walk goes through classes with an `init_weights`, which PyTorch's containers are not.
  void init_weights(const PretrainedLoader&) override {}

 protected:
  torch::Tensor compute(const torch::Tensor& input) override {
    torch::Tensor output = input;
    for (const auto& layer : layers_) output = layer->forward(output);
    return output;
  }

 private:
  std::vector<std::shared_ptr<Layer>> layers_;
};

/// mmcv's `Sequential`, which prints alike, but whose parts `init_weights` reaches.
class BaseSequential : public Sequential {
 public:
  using Sequential::Sequential;
  void init_weights(const PretrainedLoader& load_pretrained) override { Module::init_weights(load_pretrained); }
};

/// A place of a list that Python leaves empty: it prints as `None` and passes its input on.
class NoLayer : public Layer {
 public:
  NoLayer() : Layer("None") {}
  std::optional<std::string> own_repr() const override { return "None"; }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override { return input; }
};

/// PyTorch's `ModuleList`: modules that its owner calls one by one.
template <class M = Layer>
class ModuleList : public Module {
 public:
  explicit ModuleList(std::string python_name = "ModuleList") : Module(std::move(python_name)) {}

  void append(std::shared_ptr<M> module) { modules_.push_back(register_module(std::to_string(modules_.size()), std::move(module))); }
  M& operator[](std::size_t index) const { return *modules_.at(index); }
  std::size_t size() const { return modules_.size(); }
  auto begin() const { return modules_.begin(); }
  auto end() const { return modules_.end(); }

  /// As `Sequential`'s.
  void init_weights(const PretrainedLoader&) override {}

 private:
  std::vector<std::shared_ptr<M>> modules_;
};

/// PyTorch's `ModuleDict`: modules that its owner calls by name.
template <class M = Layer>
class ModuleDict : public Module {
 public:
  ModuleDict() : Module("ModuleDict") {}

  void append(const std::string& name, std::shared_ptr<M> module) { modules_.emplace(name, register_module(name, std::move(module))); }
  M& operator[](const std::string& name) const { return *modules_.at(name); }

  /// As `Sequential`'s.
  void init_weights(const PretrainedLoader&) override {}

 private:
  std::map<std::string, std::shared_ptr<M>> modules_;
};

/// mmcv's `ModuleList`, which prints alike, but whose parts `init_weights` reaches.
template <class M = Layer>
class BaseModuleList : public ModuleList<M> {
 public:
  using ModuleList<M>::ModuleList;
  void init_weights(const PretrainedLoader& load_pretrained) override { Module::init_weights(load_pretrained); }
};

}  // namespace detforge::nn
