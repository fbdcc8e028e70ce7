#include "detforge/nn/module.h"

#include <ostream>

namespace detforge::nn {
namespace {

void append_state(const torch::nn::Module& module, const std::string& prefix, std::vector<NamedTensor>& state) {
  for (const auto& item : module.named_parameters(/*recurse=*/false)) {
    if (item.value().defined()) state.push_back({prefix + item.key(), item.value(), true});
  }
  const auto* own = dynamic_cast<const Module*>(&module);
  for (const auto& item : module.named_buffers(/*recurse=*/false)) {
    const bool transient = own != nullptr && own->is_transient(item.key());
    if (item.value().defined() && !transient) state.push_back({prefix + item.key(), item.value(), false});
  }
  for (const auto& item : module.named_children()) append_state(*item.value(), prefix + item.key() + ".", state);
}

/// `text` with every line but the first moved right by two blanks.
std::string indented(const std::string& text) {
  std::string out;
  for (const char c : text) {
    out += c;
    if (c == '\n') out += "  ";
  }
  return out;
}

}  // namespace

Module::Module(std::string python_name) : torch::nn::Module(python_name), python_name_(std::move(python_name)) {}

std::int64_t Module::multiply_adds(std::span<const torch::Tensor>, std::span<const torch::Tensor>) const { return 0; }

void Module::show_init_cfg(const BuildContext& context, const std::optional<Value>& init_cfg) {
  if (context.reference != Reference::V2_27 || !init_cfg || init_cfg->is_none() || init_cfg->empty()) return;
  trailing_text_ = "\ninit_cfg=" + detforge::repr(*init_cfg);
}

torch::Tensor& Module::register_transient_buffer(std::string name, torch::Tensor tensor) {
  transient_buffers_.insert(name);
  return register_buffer(std::move(name), std::move(tensor));
}

std::vector<NamedTensor> state_dict(const torch::nn::Module& module) {
  std::vector<NamedTensor> state;
  append_state(module, "", state);
  return state;
}

std::string repr(const torch::nn::Module& module) {
  const auto* own = dynamic_cast<const Module*>(&module);
  if (own != nullptr) {
    if (const auto text = own->own_repr()) return *text;
  }
  const std::string extra = own != nullptr ? own->extra_repr() : std::string();
  std::string children;
  for (const auto& item : module.named_children()) {
    children += "\n  (" + item.key() + "): " + indented(repr(*item.value()));
  }
  std::string text = (own != nullptr ? own->python_name() : module.name()) + "(";
  if (children.empty()) {
    const bool many_lines = extra.find('\n') != std::string::npos;
    text += many_lines ? "\n  " + indented(extra) + "\n" : extra;
  } else {
    if (!extra.empty()) text += "\n  " + indented(extra);
    text += children + "\n";
  }
  text += ")";
  return own != nullptr ? text + own->trailing_text() : text;
}

std::ostream& operator<<(std::ostream& out, const Module& module) { return out << repr(module); }

}  // namespace detforge::nn
