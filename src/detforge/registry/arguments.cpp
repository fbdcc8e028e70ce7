#include "detforge/registry/arguments.h"

#include <algorithm>

namespace detforge {
namespace {

std::vector<std::string> names_of(const std::vector<ArgumentInfo>& infos) {
  std::vector<std::string> names;
  for (const ArgumentInfo& info : infos) names.push_back(info.name);
  return names;
}

Diagnostic unknown_argument(std::string_view component, const std::vector<ArgumentInfo>& infos, const Value& key, const Value& value) {
  Diagnostic diagnostic;
  const std::string name = key.is_string() ? key.as_string() : repr(key);
  diagnostic.message = std::string(component) + " has no argument '" + name + "'" + did_you_mean(name, names_of(infos));
  diagnostic.range = key.location() ? key.location() : value.location();
  return diagnostic;
}

Diagnostic missing_argument(std::string_view component, const ArgumentInfo& info, const Value& config) {
  Diagnostic diagnostic;
  diagnostic.message = std::string(component) + " needs the argument '" + info.name + "' (" + info.type + "): " + info.meaning;
  diagnostic.range = config.location();
  return diagnostic;
}

/// An error of the value itself, told as one of the argument.
void append_refused(std::vector<Diagnostic>& findings, std::string_view component, const ArgumentInfo& info, const Value& value,
                    const Error& error) {
  for (Diagnostic diagnostic : error.diagnostics()) {
    diagnostic.message = "argument '" + info.name + "' of " + std::string(component) + ": " + diagnostic.message;
    if (!diagnostic.range) diagnostic.range = value.location();
    findings.push_back(std::move(diagnostic));
  }
}

}  // namespace

void assign_arguments(std::string_view component, const std::vector<ArgumentInfo>& infos, const Value& config, const BuildContext& context,
                      const std::function<void(std::size_t argument, const Value& value)>& assign) {
  std::vector<Diagnostic> findings;
  std::vector<bool> given(infos.size(), false);
  for (const auto& [key, value] : config.as_dict()) {
    if (key.is_string() && key.as_string() == "type") continue;
    const auto found = std::find_if(infos.begin(), infos.end(), [&](const ArgumentInfo& info) { return python_equal(key, info.name); });
    if (found == infos.end()) {
      findings.push_back(unknown_argument(component, infos, key, value));
      continue;
    }
    const auto index = static_cast<std::size_t>(found - infos.begin());
    given[index] = true;
    try {
      assign(index, value);
    } catch (const Error& error) {
      append_refused(findings, component, *found, value, error);
    }
  }
  for (std::size_t i = 0; i < infos.size(); ++i) {
    // What has a default in v2.27 is required in v2.8 only.
    const bool has_default = !infos[i].is_required || (context.reference == Reference::V2_27 && infos[i].default_in_v2_27);
    if (!has_default && !given[i]) findings.push_back(missing_argument(component, infos[i], config));
  }
  if (findings.empty()) return;
  Error error(std::move(findings));
  if (!context.path.empty()) error.note(context.path);
  throw error;
}

}  // namespace detforge
