#include <iostream>
#include <memory>

#include "detforge/cli/command.h"
#include "detforge/cli/usage_error.h"

namespace detforge::cli {
namespace {

std::string options_of(const CLI::App& app) {
  std::string text;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) text += "--" + name + " ";
  }
  return text;
}

/// `config print` → its options and subcommands, for every command down from `app`; `common` are options of every command.
void collect(const CLI::App& app, const std::string& path, const std::string& common,
             std::vector<std::pair<std::string, std::string>>& words) {
  std::string own;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) own += command->get_name() + " ";
  own += options_of(app) + common;
  words.emplace_back(path, own);
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    collect(*command, path + " " + command->get_name(), common, words);
  }
}

/// The words of every command; those of the program itself stand after any command too.
std::vector<std::pair<std::string, std::string>> all_words(const CLI::App& program) {
  std::string common;
  for (const CLI::Option* option : program.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      if (name != "help" && name != "version") common += "--" + name + " ";
    }
  }
  std::vector<std::pair<std::string, std::string>> words = {{"", ""}};
  for (const CLI::App* command : program.get_subcommands([](const CLI::App*) { return true; })) {
    words.front().second += command->get_name() + " ";
    collect(*command, command->get_name(), common, words);
  }
  words.front().second += options_of(program);
  return words;
}

std::string bash_script(const CLI::App& program) {
  const auto words = all_words(program);
  std::string text =
      "_detforge() {\n"
      "  local path=\"\" word i\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    word=${COMP_WORDS[i]}\n"
      "    case \"$path $word\" in\n";
  for (const auto& [path, own] : words) {
    if (!path.empty()) text += "      '" + (path.find(' ') == std::string::npos ? " " + path : path) + "') path='" + path + "' ;;\n";
  }
  text += "    esac\n  done\n  local words=\"\"\n  case \"$path\" in\n";
  for (const auto& [path, own] : words) text += "    '" + path + "') words='" + own + "' ;;\n";
  text +=
      "  esac\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
      "  [ ${#COMPREPLY[@]} -eq 0 ] && COMPREPLY=($(compgen -f -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
      "}\n"
      "complete -o filenames -F _detforge detforge\n";
  return text;
}

std::string zsh_script(const CLI::App& program) { return "autoload -U +X bashcompinit && bashcompinit\n" + bash_script(program); }

std::string fish_script(const CLI::App& program) {
  const auto words = all_words(program);
  std::string text;
  for (const auto& [path, own] : words) {
    std::string condition = path.empty() ? "__fish_use_subcommand" : "";
    std::istringstream parts(path);
    for (std::string part; parts >> part;) condition += (condition.empty() ? "" : "; and ") + ("__fish_seen_subcommand_from " + part);
    text += "complete -c detforge -n '" + condition + "' -a '" + own + "'\n";
  }
  return text;
}

}  // namespace

void add_completion(CLI::App& program, Session& /*session*/) {
  CLI::App& command = *program.add_subcommand("completion", "a script that completes detforge's commands in your shell");
  const auto shell = std::make_shared<std::string>();
  command.add_option("shell", *shell, "bash, zsh or fish")->required()->check(one_of({"bash", "zsh", "fish"}));
  set_example(command, "source <(detforge completion bash)");
  command.callback([shell, &program] {
    std::cout << (*shell == "bash" ? bash_script(program) : *shell == "zsh" ? zsh_script(program) : fish_script(program));
  });
}

}  // namespace detforge::cli
