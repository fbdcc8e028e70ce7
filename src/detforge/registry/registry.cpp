#include "detforge/registry/registry.h"

#include <algorithm>
#include <ostream>

namespace detforge {
namespace {

std::vector<const RegistryBase*>& all_registries() {
  static std::vector<const RegistryBase*> all;
  return all;
}

bool has_argument(const RegistryBase::Entry& entry, const std::string& name) {
  const auto& arguments = entry.arguments();
  return std::any_of(arguments.begin(), arguments.end(), [&](const ArgumentInfo& info) { return info.name == name; });
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "'" : ", '") + name + "'";
  return text;
}

/// The keys of `config` that `entry` knows and `other` does not.
std::vector<std::string> own_keys(const Value& config, const RegistryBase::Entry& entry, const RegistryBase::Entry& other) {
  std::vector<std::string> keys;
  for (const std::string& key : config.as_dict().string_keys()) {
    if (has_argument(entry, key) && !has_argument(other, key)) keys.push_back(key);
  }
  return keys;
}

std::vector<std::string> argument_names(const RegistryBase::Entry& entry) {
  std::vector<std::string> names;
  for (const ArgumentInfo& info : entry.arguments()) names.push_back(info.name);
  return names;
}

Error with_path(Error error, const BuildContext& context) { return context.path.empty() ? error : std::move(error.note(context.path)); }

}  // namespace

RegistryBase::RegistryBase(std::string name) : name_(std::move(name)) { all_registries().push_back(this); }

void RegistryBase::add_entry(Entry entry) { entries_.push_back(std::move(entry)); }

std::vector<const RegistryBase::Entry*> RegistryBase::entries() const {
  std::vector<const Entry*> sorted;
  for (const Entry& entry : entries_) sorted.push_back(&entry);
  std::sort(sorted.begin(), sorted.end(), [](const Entry* a, const Entry* b) {
    return std::tie(a->info.name, a->info.precedence, a->info.python) < std::tie(b->info.name, b->info.precedence, b->info.python);
  });
  return sorted;
}

std::vector<const RegistryBase::Entry*> RegistryBase::find(std::string_view name) const {
  std::vector<const Entry*> found = entries();
  std::erase_if(found, [&](const Entry* entry) { return entry->info.name != name; });
  return found;
}

std::size_t RegistryBase::choose(std::string_view name, const Value& config, const BuildContext& context) const {
  const auto candidates = find(name);
  if (candidates.empty()) {
    std::vector<std::string> names;
    for (const Entry& entry : entries_) names.push_back(entry.info.name);
    const Value* type = config.find("type");
    UnknownComponent error(name_, std::string(name),
                           "there is no '" + std::string(name) + "' in the registry " + name_ + did_you_mean(name, names));
    if (type != nullptr) error.at(type->location());
    if (!context.path.empty()) error.note(context.path);
    error.help("detforge registry list " + name_ + " shows its entries");
    throw error;
  }
  const auto position = [&](const Entry* entry) { return static_cast<std::size_t>(entry - entries_.data()); };
  if (candidates.size() == 1) return position(candidates.front());

  const Entry& standard = *candidates[0];
  const Entry& alternative = *candidates[1];
  const auto of_standard = own_keys(config, standard, alternative);
  const auto of_alternative = own_keys(config, alternative, standard);
  if (of_standard.empty() || of_alternative.empty()) return position(of_alternative.empty() ? &standard : &alternative);
  Error error("there are two classes '" + std::string(name) + "', and the arguments mix them: " + joined(of_standard) + " of one, " +
              joined(of_alternative) + " of the other");
  throw with_path(std::move(error.at(config.location())), context)
      .help(standard.info.python + " takes " + joined(argument_names(standard)))
      .help(alternative.info.python + " takes " + joined(argument_names(alternative)));
}

const std::string& RegistryBase::type_of(const Value& config, const BuildContext& context) const {
  const auto fail = [&](std::string wrong, const SourceRange& place) {
    return with_path(std::move(Error(std::move(wrong)).at(place)), context)
        .help("detforge registry list " + name_ + " shows what there is");
  };
  if (!config.is_dict()) throw fail("a component of " + name_ + " is a dict with a 'type', got " + repr(config), config.location());
  const Value* type = config.find("type");
  if (type == nullptr) throw fail("a component of " + name_ + " needs the key 'type'", config.location());
  if (!type->is_string()) throw fail("'type' is a name of " + name_ + ", got " + repr(*type), type->location());
  return type->as_string();
}

std::ostream& operator<<(std::ostream& out, const RegistryBase& registry) {
  out << '{';
  const char* separator = "";
  for (const RegistryBase::Entry* entry : registry.entries()) {
    out << separator << '\'' << entry->info.name << "': " << entry->info.python;
    separator = ",\n ";
  }
  return out << '}';
}

std::vector<const RegistryBase*> registries() {
  auto sorted = all_registries();
  std::sort(sorted.begin(), sorted.end(), [](const RegistryBase* a, const RegistryBase* b) { return a->name() < b->name(); });
  return sorted;
}

Value with_defaults(const Value& config, const Value& defaults) {
  Value merged = config;
  for (const auto& [key, value] : defaults.as_dict()) {
    if (!merged.as_dict().contains(key)) merged.as_dict().set(key, value);
  }
  return merged;
}

Error located(const ArgumentError& error, std::string_view component, const Value& config, const BuildContext& context) {
  std::vector<Diagnostic> findings = error.diagnostics();
  Diagnostic& first = findings.front();
  const Value* value = config.find(error.argument());
  first.message = "argument '" + error.argument() + "' of " + std::string(component) + ": " + first.message;
  if (!first.range) first.range = value != nullptr && value->location() ? value->location() : config.location();
  return with_path(Error(std::move(findings)), context).help("detforge registry show " + std::string(component) + " lists its arguments");
}

}  // namespace detforge
