#include "detforge/registry/docs.h"

namespace detforge {
namespace {

/// What would end a cell of a table, escaped.
std::string cell(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '|') escaped += '\\';
    escaped += c == '\n' ? ' ' : c;
  }
  return escaped;
}

std::string code(const std::string& text) { return "`" + cell(text) + "`"; }

std::string row(const ArgumentInfo& argument, Reference component_since) {
  std::string meaning = argument.meaning;
  if (!argument.registry.empty()) meaning += " (" + argument.registry + ")";
  if (argument.since == Reference::V2_27 && component_since == Reference::V2_8) meaning += "; since v2.27";
  const std::string default_value = argument.is_required ? cell(default_text(argument)) : code(default_text(argument));
  return "| " + code(argument.name) + " | " + code(argument.type) + " | " + default_value + " | " + cell(meaning) + " |\n";
}

std::string section(const RegistryBase::Entry& entry) {
  std::string text = "\n### " + entry.info.name + "\n\n`" + entry.info.python + "`: " + entry.info.meaning;
  if (entry.info.since == Reference::V2_27) text += "; since MMDetection 2.27";
  text += ".\n";
  if (entry.arguments().empty()) return text + "\nNo arguments.\n";
  text += "\n| argument | type | default | meaning |\n|---|---|---|---|\n";
  for (const ArgumentInfo& argument : entry.arguments()) text += row(argument, entry.info.since);
  return text;
}

}  // namespace

std::string default_text(const ArgumentInfo& argument) {
  std::string text = argument.is_required ? "required" : repr(argument.default_value);
  if (argument.default_in_v2_27) text += " (v2.27: " + repr(*argument.default_in_v2_27) + ")";
  return text;
}

std::string component_docs(std::span<const RegistryBase* const> registries) {
  std::string text =
      "# Components\n\nWhat a config can name, with the arguments of each. Written by `detforge registry docs` from the argument tables: "
      "change those, not this file.\n";
  for (const RegistryBase* registry : registries) {
    const auto entries = registry->entries();
    if (entries.empty()) continue;
    text += "\n## " + registry->name() + "\n";
    for (const RegistryBase::Entry* entry : entries) text += section(*entry);
  }
  return text;
}

}  // namespace detforge
