#include "detforge/cli/usage_error.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <string_view>
#include <utility>

namespace detforge::cli {
namespace {

std::vector<const CLI::App*> all_subcommands(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

/// The program and the commands named on the line, outermost first.
std::vector<const CLI::App*> named_commands(const CLI::App& program) {
  std::vector<const CLI::App*> commands = {&program};
  for (auto inner = program.get_subcommands(); !inner.empty(); inner = inner.front()->get_subcommands()) commands.push_back(inner.front());
  return commands;
}

std::string unexpected(const std::string& word, const std::vector<const CLI::App*>& commands) {
  std::vector<std::string> candidates;
  if (word.starts_with('-')) {
    for (const CLI::App* command : commands) {
      for (const CLI::Option* option : command->get_options()) {
        for (const std::string& name : option->get_lnames()) candidates.push_back("--" + name);
      }
    }
    const std::string name = word.substr(0, word.find('='));
    return "there is no option '" + name + "'" + did_you_mean(name, candidates);
  }
  for (const CLI::App* inner : all_subcommands(*commands.back())) candidates.push_back(inner->get_name());
  if (candidates.empty()) return "'" + word + "' is one argument too many";
  return "there is no command '" + word + "'" + did_you_mean(word, candidates);
}

std::string missing(const CLI::App& command, const std::string& full_name) {
  std::vector<std::string> names;
  for (const CLI::App* inner : all_subcommands(command)) names.push_back(inner->get_name());
  if (!names.empty()) return full_name + " wants a command: " + joined(names);
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_required() && option->count() == 0) names.push_back("'" + option->get_name() + "'");
  }
  return full_name + " wants " + joined(names);
}

/// CLI11's text, `--part: 1 required NAME missing` or `--shape: At Most 2 required but received 3`, as a sentence of ours.
std::string reworded(std::string text) {
  if (const auto wants = text.find(": 1 required "); wants != std::string::npos && text.ends_with(" missing")) {
    return text.substr(0, wants) + " wants a value";
  }
  const auto colon = text.find(": ");
  for (const std::size_t start : {std::size_t{0}, colon == std::string::npos ? 0 : colon + 2}) {
    if (start < text.size()) text[start] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[start])));
  }
  for (const auto& [theirs, ours] : {std::pair{"at Most", "at most"}, std::pair{"at Least", "at least"}}) {
    if (const auto at = text.find(theirs); at != std::string::npos) text.replace(at, std::string_view(theirs).size(), ours);
  }
  return text;
}

}  // namespace

Error usage_error(const CLI::App& program, const CLI::ParseError& error) {
  const auto commands = named_commands(program);
  std::string full_name;
  for (const CLI::App* command : commands) full_name += (full_name.empty() ? "" : " ") + command->get_name();

  const bool is_missing = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
  const auto extra = program.remaining(/*recurse=*/true);
  std::string message;
  if (!extra.empty() && (is_missing || dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr)) {
    message = unexpected(extra.front(), commands);
  } else {
    message = is_missing ? missing(*commands.back(), full_name) : reworded(error.what());
  }
  const bool has_commands = !all_subcommands(*commands.back()).empty();
  return Error(message, ErrorKind::Usage).help(full_name + " --help shows " + (has_commands ? "all commands" : "all arguments"));
}

CLI::Validator one_of(std::vector<std::string> names) {
  std::string description = "{";
  for (const std::string& name : names) description += (description.size() == 1 ? "" : ",") + name;
  description += "}";
  return CLI::Validator(
      [names = std::move(names)](std::string& text) {
        if (std::find(names.begin(), names.end(), text) != names.end()) return std::string();
        return "'" + text + "' is none of " + joined(names) + did_you_mean(text, names);
      },
      description);
}

CLI::Validator at_least(std::int64_t minimum) {
  return CLI::Validator(
      [minimum](std::string& text) {
        std::int64_t number = 0;
        const char* const end = text.data() + text.size();
        const auto [rest, problem] = std::from_chars(text.data(), end, number);
        if (problem == std::errc() && rest == end && number >= minimum) return std::string();
        return "'" + text + "' is no whole number of at least " + std::to_string(minimum);
      },
      "");
}

}  // namespace detforge::cli
