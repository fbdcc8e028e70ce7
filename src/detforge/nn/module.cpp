#include "detforge/nn/module.h"

#include <cctype>
#include <ostream>

#include "detforge/nn/init/initializer.h"

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

Module* Module::part(const std::string& name) {
  const auto children = named_children();
  const auto* child = children.find(name);
  return child != nullptr ? dynamic_cast<Module*>(child->get()) : nullptr;
}

void Module::init_weights(const PretrainedLoader& load_pretrained) {
  if (!init_cfg_.is_none()) initialize(*this, init_cfg_, load_pretrained);
  if (is_pretrained(init_cfg_)) return;
  for (const auto& child : children()) {
    if (auto* ours = dynamic_cast<Module*>(child.get())) ours->init_weights(load_pretrained);
  }
}

void Module::show_init_cfg(const BuildContext& context, const std::optional<Value>& init_cfg) {
  if (!init_cfg || init_cfg->is_none() || init_cfg->empty()) return;
  init_cfg_ = *init_cfg;
  if (context.reference == Reference::V2_27) trailing_text_ = "\ninit_cfg=" + detforge::repr(*init_cfg);
}

std::string Layer::abbreviation() const {
  const std::string& name = python_name();
  std::string snake;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto is_upper = [&](std::size_t at) { return std::isupper(static_cast<unsigned char>(name[at])) != 0; };
    const bool ends_capitals = i + 1 < name.size() && std::islower(static_cast<unsigned char>(name[i + 1])) != 0;
    if (i > 0 && is_upper(i) && (!is_upper(i - 1) || ends_capitals)) snake += '_';
    snake += static_cast<char>(std::tolower(static_cast<unsigned char>(name[i])));
  }
  return snake;
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
