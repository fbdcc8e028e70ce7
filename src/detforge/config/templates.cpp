#include "detforge/config/templates.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>

namespace detforge {
namespace {

constexpr std::string_view kMarker = kBaseVariableMarker;

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || static_cast<unsigned char>(c) >= 0x80; }

/// Reads one template; every `accept` that fails leaves it unusable.
class Reader {
 public:
  Reader(std::string_view text, std::size_t position) : text_(text), position_(position) {}

  bool accept(std::string_view wanted) {
    if (!text_.substr(std::min(position_, text_.size())).starts_with(wanted)) return false;
    position_ += wanted.size();
    return true;
  }
  void blanks() {
    while (position_ < text_.size() && is_blank(text_[position_])) ++position_;
  }
  void quote() {
    if (!accept("'")) accept("\"");
  }
  std::string_view word(bool dots) {
    const std::size_t begin = position_;
    while (position_ < text_.size() && (is_word(text_[position_]) || (dots && text_[position_] == '.'))) ++position_;
    return text_.substr(begin, position_ - begin);
  }
  std::size_t position() const { return position_; }
  bool at_blank_or_end() const { return position_ >= text_.size() || is_blank(text_[position_]); }
  void advance() { ++position_; }

 private:
  std::string_view text_;
  std::size_t position_;
};

struct Replacement {
  std::size_t end;
  std::string text;
};

std::optional<Replacement> predefined(Reader reader, const std::filesystem::path& file) {
  const std::array<std::pair<std::string_view, std::string>, 4> values = {{
      {"fileDirname", file.parent_path().string()},
      {"fileBasename", file.filename().string()},
      {"fileBasenameNoExtension", file.stem().string()},
      {"fileExtname", file.extension().string()},
  }};
  reader.blanks();
  const std::string_view name = reader.word(false);
  const auto* found = std::find_if(values.begin(), values.end(), [&](const auto& entry) { return entry.first == name; });
  reader.blanks();
  if (found == values.end() || !reader.accept("}}")) return std::nullopt;
  return Replacement{reader.position(), found->second};
}

std::optional<Replacement> base_variable(Reader reader) {
  reader.blanks();
  if (!reader.accept("_base_.")) return std::nullopt;
  const std::string path(reader.word(true));
  reader.blanks();
  if (path.empty() || !reader.accept("}}")) return std::nullopt;
  return Replacement{reader.position(), "\"" + std::string(kMarker) + path + std::string(kMarker) + "\""};
}

std::optional<Replacement> environment_variable(Reader reader, const SourceText& text, std::size_t begin) {
  reader.quote();
  reader.blanks();
  if (!reader.accept("$")) return std::nullopt;
  const std::string name(reader.word(false));
  reader.blanks();
  if (name.empty() || !reader.accept(":")) return std::nullopt;
  reader.blanks();
  // The shortest default that a closing follows.
  const std::size_t default_begin = reader.position();
  while (true) {
    Reader closing = reader;
    closing.blanks();
    closing.quote();
    if (closing.accept("}}")) {
      const Span whole{static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(closing.position() - begin)};
      std::string value(text.source()->text, default_begin, reader.position() - default_begin);
      // mmengine looks for the default as a regular expression and so misses one like this.
      if (value.find_first_of("*+?()[]{}|^$\\") != std::string::npos) return std::nullopt;
      if (const char* set = std::getenv(name.c_str()); set != nullptr) value = set;
      if (value.empty()) {
        throw Error("the environment variable '" + name + "' is not set and has no default")
            .at(text.file_range(whole))
            .help("set it, or write {{ $" + name + ":default }}");
      }
      return Replacement{closing.position(), std::move(value)};
    }
    if (reader.at_blank_or_end()) return std::nullopt;
    reader.advance();
  }
}

const Value* look_up(const Value& bases, std::string_view path) {
  const Value* value = &bases;
  while (true) {
    const std::size_t dot = path.find('.');
    value = value->find(path.substr(0, dot));
    if (value == nullptr || dot == std::string_view::npos) return value;
    path.remove_prefix(dot + 1);
  }
}

bool has_marker(const Value& value) {
  if (value.is_string()) return value.as_string().find(kMarker) != std::string::npos;
  return value.kind() == Value::Kind::Tuple && std::any_of(value.elements().begin(), value.elements().end(), has_marker);
}

Error misplaced(const Value& value) {
  return Error("'{{ _base_.… }}' stands for a value as a whole: it is no key and no part of a text")
      .at(value.location())
      .help("with mmengine's rules an expression may say _base_.x");
}

}  // namespace

bool replace_templates(SourceText& text, const std::filesystem::path& file, bool environment) {
  const std::string& original = text.source()->text;
  bool has_base_variables = false;
  std::size_t position = original.find("{{");
  while (position != std::string::npos) {
    const Reader reader(original, position + 2);
    auto replacement = predefined(reader, file);
    if (!replacement && environment) replacement = environment_variable(reader, text, position);
    if (!replacement) {
      replacement = base_variable(reader);
      has_base_variables = has_base_variables || replacement.has_value();
    }
    if (replacement) {
      text.replace({static_cast<std::uint32_t>(position), static_cast<std::uint32_t>(replacement->end - position)}, replacement->text);
    }
    position = original.find("{{", replacement ? replacement->end : position + 1);
  }
  text.finish();
  return has_base_variables;
}

void resolve_base_variables(Value& value, const Value& bases) {
  if (value.is_string() && has_marker(value)) {
    std::string_view path = value.as_string();
    const bool whole = path.starts_with(kMarker) && path.find(kMarker, kMarker.size()) == path.size() - kMarker.size();
    if (!whole) throw misplaced(value);
    path = path.substr(kMarker.size(), path.size() - 2 * kMarker.size());
    const Value* found = look_up(bases, path);
    if (found == nullptr) throw Error("the bases have no '" + std::string(path) + "'").at(value.location());
    const SourceRange location = value.location();
    value = Value(*found);
    value.set_location(location);
  } else if (value.is_dict()) {
    for (auto& [key, item] : value.as_dict()) {
      if (has_marker(key)) throw misplaced(key);
      resolve_base_variables(item, bases);
    }
  } else if (value.is_sequence()) {
    for (Value& element : value.elements()) resolve_base_variables(element, bases);
  } else if (value.kind() == Value::Kind::Set) {
    for (const Value& element : value.elements()) {
      if (has_marker(element)) throw misplaced(element);
    }
  }
}

}  // namespace detforge
