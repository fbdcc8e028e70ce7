#include <algorithm>
#include <charconv>

#include "detforge/config/python/access.h"
#include "detforge/config/python/object_text.h"

namespace detforge::python {
namespace {

/// `"{} {0} {name} {item[key]} {item.attribute} {x!r:>{width}}".format(…)`
class BraceFormatter {
 public:
  BraceFormatter(Runtime& runtime, const Arguments& arguments) : runtime_(runtime), arguments_(arguments) {}

  std::string run(std::string_view text, bool nested) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      const bool doubled = text.substr(i + 1, 1) == std::string_view(&c, 1);
      if (c != '{' && c != '}') {
        out += c;
      } else if (doubled) {
        out += c;
        ++i;
      } else if (c == '}') {
        raise(ExceptionType::ValueError, "'}' stands alone in the text of format(); double it");
      } else {
        const std::size_t end = closing(text, i);
        out += field(text.substr(i + 1, end - i - 1), nested);
        i = end;
      }
      runtime_.check_string(out.size());
    }
    return out;
  }

 private:
  static std::size_t closing(std::string_view text, std::size_t open) {
    std::size_t depth = 0;
    for (std::size_t i = open; i < text.size(); ++i) {
      if (text[i] == '{') ++depth;
      else if (text[i] == '}' && --depth == 0) return i;
    }
    raise(ExceptionType::ValueError, "'{' has no '}' in the text of format()");
  }

  std::string field(std::string_view content, bool nested) {
    if (nested && content.find('{') != std::string_view::npos)
      raise(ExceptionType::ValueError, "the fields of format() are nested too deeply");
    const std::size_t name_end = std::min(content.find_first_of("!:"), content.size());
    std::string_view rest = content.substr(name_end);
    Ref value = named(content.substr(0, name_end));
    if (rest.starts_with('!')) {
      const char conversion = rest.size() > 1 ? rest[1] : '\0';
      if (conversion != 'r' && conversion != 's' && conversion != 'a') raise(ExceptionType::ValueError, "after '!' stands 'r', 's' or 'a'");
      value = runtime_.string(conversion == 's' ? to_text(runtime_, value) : repr(runtime_, value));
      rest.remove_prefix(2);
      if (!rest.empty() && rest[0] != ':') raise(ExceptionType::ValueError, "after a conversion stands ':' or '}'");
    }
    if (rest.starts_with(':')) rest.remove_prefix(1);
    return format_object(runtime_, value, rest.find('{') == std::string_view::npos ? std::string(rest) : run(rest, true));
  }

  Ref named(std::string_view path) {
    const std::size_t first_end = std::min(path.find_first_of(".["), path.size());
    Ref value = argument(path.substr(0, first_end));
    path.remove_prefix(first_end);
    while (!path.empty()) {
      runtime_.work(1);
      if (path[0] == '.') {
        const std::size_t end = std::min(path.find_first_of(".[", 1), path.size());
        value = get_attribute(runtime_, value, path.substr(1, end - 1));
        path.remove_prefix(end);
        continue;
      }
      const std::size_t end = path.find(']');
      if (path[0] != '[' || end == std::string_view::npos) raise(ExceptionType::ValueError, "'[' has no ']' in the text of format()");
      const std::string_view key = path.substr(1, end - 1);
      const auto index = number(key);
      value = get_item(runtime_, value, index ? runtime_.integer(*index) : runtime_.string(std::string(key)));
      path.remove_prefix(end + 1);
    }
    return value;
  }

  static std::optional<std::int64_t> number(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() && value >= 0 ? std::optional(value) : std::nullopt;
  }

  Ref argument(std::string_view name) {
    const auto index = name.empty() ? std::optional(next_++) : number(name);
    if (index) {
      if (static_cast<std::size_t>(*index) >= arguments_.positional.size()) {
        raise(ExceptionType::IndexError, "format() has no argument " + std::to_string(*index) + " for its text");
      }
      return arguments_.positional[static_cast<std::size_t>(*index)].value;
    }
    const auto& keywords = arguments_.keywords;
    const auto found = std::find_if(keywords.begin(), keywords.end(), [&](const Keyword& keyword) { return keyword.name == name; });
    if (found == keywords.end()) raise(ExceptionType::KeyError, "format() has no argument '" + std::string(name) + "' for its text");
    return found->value.value;
  }

  Runtime& runtime_;
  const Arguments& arguments_;
  std::int64_t next_ = 0;
};

}  // namespace

std::string format_braces(Runtime& runtime, std::string_view text, const Arguments& arguments) {
  return BraceFormatter(runtime, arguments).run(text, false);
}

}  // namespace detforge::python
