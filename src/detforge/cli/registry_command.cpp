#include <iostream>
#include <memory>

#include "detforge/cli/command.h"
#include "detforge/registry/docs.h"
#include "detforge/registry/registry.h"

namespace detforge::cli {
namespace {

const RegistryBase& find_registry(const std::string& name) {
  std::vector<std::string> names;
  for (const RegistryBase* registry : registries()) {
    if (registry->name() == name) return *registry;
    names.push_back(registry->name());
  }
  throw Error("there is no registry '" + name + "'" + did_you_mean(name, names)).help("detforge registry list shows them");
}

void list_registries() {
  for (const RegistryBase* registry : registries()) std::cout << registry->name() << "  " << registry->entries().size() << '\n';
}

void show_entry(const RegistryBase& registry, const RegistryBase::Entry& entry) {
  std::cout << entry.info.name << "  " << registry.name() << "  " << entry.info.python << '\n' << "  " << entry.info.meaning << '\n';
  if (entry.info.since == Reference::V2_27) std::cout << "  since MMDetection 2.27\n";
  for (const ArgumentInfo& argument : entry.arguments()) {
    std::cout << "\n  " << argument.name << ": " << argument.type << " = " << default_text(argument) << "\n      " << argument.meaning;
    if (!argument.registry.empty()) std::cout << " [" << argument.registry << ']';
    if (argument.since == Reference::V2_27 && entry.info.since == Reference::V2_8) std::cout << " (since v2.27)";
    std::cout << '\n';
  }
}

void show_component(const std::string& name) {
  std::vector<std::string> names;
  const char* separator = "";
  for (const RegistryBase* registry : registries()) {
    for (const RegistryBase::Entry* entry : registry->entries()) {
      names.push_back(entry->info.name);
      if (entry->info.name != name) continue;
      std::cout << separator;
      show_entry(*registry, *entry);
      separator = "\n";
    }
  }
  if (*separator == '\0') {
    throw Error("there is no component '" + name + "'" + did_you_mean(name, names)).help("detforge registry list NAME shows a registry's");
  }
}

}  // namespace

void add_registry(CLI::App& program, Session& session) {
  CLI::App& registry = *program.add_subcommand("registry", "the components that configs can name");
  registry.require_subcommand(1);
  registry.fallthrough();

  CLI::App& list = *registry.add_subcommand("list", "the registries, or the components of one");
  const auto name = std::make_shared<std::string>();
  list.add_option("name", *name, "a registry: BACKBONES")->type_name("NAME");
  set_example(list, "detforge registry list BACKBONES");
  list.callback([=, &session] {
    static_cast<void>(torch_actions(session));
    if (name->empty()) {
      list_registries();
    } else {
      std::cout << find_registry(*name) << '\n';
    }
  });

  CLI::App& show = *registry.add_subcommand("show", "a component's arguments: type, default, meaning");
  const auto component = std::make_shared<std::string>();
  show.add_option("component", *component, "a component: YOLOXHead")->required()->type_name("COMPONENT");
  set_example(show, "detforge registry show CSPDarknet");
  show.callback([=, &session] {
    static_cast<void>(torch_actions(session));
    show_component(*component);
  });

  CLI::App& docs = *registry.add_subcommand("docs", "a reference of all components, or of one registry's, as Markdown");
  const auto documented = std::make_shared<std::string>();
  docs.add_option("name", *documented, "a registry: BACKBONES")->type_name("NAME");
  set_example(docs, "detforge registry docs > docs/components.md");
  docs.callback([=, &session] {
    static_cast<void>(torch_actions(session));
    std::cout << component_docs(documented->empty() ? registries() : std::vector{&find_registry(*documented)});
  });
}

}  // namespace detforge::cli
