#include <algorithm>
#include <functional>

#include "detforge/config/limits.h"
#include "detforge/config/python/builtins.h"
#include "detforge/config/python/iterate.h"
#include "detforge/config/python/object_text.h"
#include "detforge/config/python/text.h"

namespace detforge::python {
namespace {

const std::string& text_of(Ref self) { return *self->get<std::string>(); }

const std::string& string_argument(const Arguments& arguments, std::size_t index) {
  return need_string(arguments.at(index), "an argument of " + std::string(arguments.function) + "()");
}

Ref lower_text(Runtime& runtime, Ref self, Arguments& arguments) {
  arguments.expect(0, 0);
  return runtime.string(lower(text_of(self)));
}

Ref upper_text(Runtime& runtime, Ref self, Arguments& arguments) {
  arguments.expect(0, 0);
  return runtime.string(upper(text_of(self)));
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// `capitalize` changes the first letter of the text, `title` that of every word.
std::string capitalized(const std::string& text, bool every_word) {
  std::string out = lower(text);
  bool word_begins = true;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (word_begins && (every_word || i == 0)) out[i] = upper(out.substr(i, 1))[0];
    word_begins = !is_letter(out[i]);
  }
  return out;
}

Ref capitalize(Runtime& runtime, Ref self, Arguments& arguments) {
  arguments.expect(0, 0);
  return runtime.string(capitalized(text_of(self), false));
}

Ref title(Runtime& runtime, Ref self, Arguments& arguments) {
  arguments.expect(0, 0);
  return runtime.string(capitalized(text_of(self), true));
}

Ref swapcase(Runtime& runtime, Ref self, Arguments& arguments) {
  arguments.expect(0, 0);
  std::string text = text_of(self);
  for (char& c : text) {
    if (is_letter(c) && static_cast<unsigned char>(c) < 0x80) c = static_cast<char>(c ^ 0x20);
  }
  return runtime.string(std::move(text));
}

Ref stripped(Runtime& runtime, Ref self, Arguments& arguments, bool left, bool right) {
  arguments.expect(0, 1);
  arguments.no_keywords();
  const bool any = !arguments.positional.empty() && !arguments.at(0)->is_none();
  const std::string characters = any ? string_argument(arguments, 0) : "";
  if (any && characters.empty()) return self;
  return runtime.string(std::string(strip(text_of(self), characters, left, right)));
}
Ref strip_both(Runtime& runtime, Ref self, Arguments& arguments) { return stripped(runtime, self, arguments, true, true); }
Ref strip_left(Runtime& runtime, Ref self, Arguments& arguments) { return stripped(runtime, self, arguments, true, false); }
Ref strip_right(Runtime& runtime, Ref self, Arguments& arguments) { return stripped(runtime, self, arguments, false, true); }

std::vector<std::string> split_blanks(std::string_view text, std::int64_t most) {
  std::vector<std::string> parts;
  text = strip(text, "", true, false);
  while (!text.empty()) {
    const auto* end = std::find_if(text.begin(), text.end(), is_space);
    if (most >= 0 && static_cast<std::int64_t>(parts.size()) == most) {
      parts.emplace_back(text);
      break;
    }
    const auto length = static_cast<std::size_t>(end - text.begin());
    parts.emplace_back(text.substr(0, length));
    text = strip(text.substr(length), "", true, false);
  }
  return parts;
}

std::vector<std::string> split_at(std::string_view text, std::string_view separator, std::int64_t most, bool from_right) {
  std::vector<std::string> parts;
  while (most < 0 || static_cast<std::int64_t>(parts.size()) < most) {
    const std::size_t found = from_right ? text.rfind(separator) : text.find(separator);
    if (found == std::string_view::npos) break;
    parts.emplace_back(from_right ? text.substr(found + separator.size()) : text.substr(0, found));
    text = from_right ? text.substr(0, found) : text.substr(found + separator.size());
  }
  parts.emplace_back(text);
  if (from_right) std::reverse(parts.begin(), parts.end());
  return parts;
}

Ref string_list(Runtime& runtime, const std::vector<std::string>& parts) {
  std::vector<Slot> items;
  for (const auto& part : parts) items.push_back({runtime.string(part), {}});
  return runtime.list(std::move(items));
}

Ref split_text(Runtime& runtime, Ref self, Arguments& arguments, bool from_right) {
  arguments.expect(0, 2);
  const Ref separator = arguments.take(0, "sep");
  const Ref maximum = arguments.take(1, "maxsplit");
  arguments.no_keywords();
  const std::int64_t most = maximum == nullptr ? -1 : need_integer(maximum, "maxsplit");
  if (separator != nullptr && !separator->is_none()) {
    const std::string& text = need_string(separator, "a separator");
    if (text.empty()) raise(ExceptionType::ValueError, "the separator is empty");
    return string_list(runtime, split_at(text_of(self), text, most, from_right));
  }
  if (from_right && most >= 0) raise(ExceptionType::ValueError, "rsplit() with a maxsplit needs a separator here");
  return string_list(runtime, split_blanks(text_of(self), most));
}
Ref split(Runtime& runtime, Ref self, Arguments& arguments) { return split_text(runtime, self, arguments, false); }
Ref rsplit(Runtime& runtime, Ref self, Arguments& arguments) { return split_text(runtime, self, arguments, true); }

Ref splitlines(Runtime& runtime, Ref self, Arguments& arguments) {
  arguments.expect(0, 0);
  std::vector<std::string> lines;
  std::string_view text = text_of(self);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
    lines.emplace_back(text.substr(0, end));
    const bool two = text.substr(end, 2) == "\r\n";
    text.remove_prefix(std::min(text.size(), end + (two ? 2 : 1)));
  }
  return string_list(runtime, lines);
}

Ref partitioned(Runtime& runtime, Ref self, Arguments& arguments, bool from_right) {
  arguments.expect(1, 1);
  arguments.no_keywords();
  const std::string& text = text_of(self);
  const std::string& separator = string_argument(arguments, 0);
  if (separator.empty()) raise(ExceptionType::ValueError, "the separator is empty");
  const std::size_t found = from_right ? text.rfind(separator) : text.find(separator);
  const auto piece = [&](std::string part) { return runtime.string(std::move(part)); };
  if (found == std::string::npos) {
    return from_right ? runtime.tuple_of({piece(""), piece(""), self}) : runtime.tuple_of({self, piece(""), piece("")});
  }
  return runtime.tuple_of({piece(text.substr(0, found)), piece(separator), piece(text.substr(found + separator.size()))});
}
Ref partition(Runtime& runtime, Ref self, Arguments& arguments) { return partitioned(runtime, self, arguments, false); }
Ref rpartition(Runtime& runtime, Ref self, Arguments& arguments) { return partitioned(runtime, self, arguments, true); }

Ref join_texts(Runtime& runtime, Ref self, Arguments& arguments) {
  arguments.expect(1, 1);
  arguments.no_keywords();
  std::string out;
  bool first = true;
  for (const Slot& item : collect(runtime, arguments.at(0))) {
    if (!first) out += text_of(self);
    first = false;
    out += need_string(item.value, "an element of join()");
    runtime.check_string(out.size());
  }
  return runtime.string(std::move(out));
}

Ref replace(Runtime& runtime, Ref self, Arguments& arguments) {
  arguments.expect(2, 3);
  arguments.no_keywords();
  const std::string& text = text_of(self);
  const std::string& from = string_argument(arguments, 0);
  const std::string& to = string_argument(arguments, 1);
  std::int64_t count = arguments.positional.size() > 2 ? need_integer(arguments.at(2), "a count") : -1;
  std::string out;
  std::size_t position = 0;
  for (; count != 0; --count) {
    const std::size_t found = text.find(from, position);
    if (found == std::string::npos) break;
    out += text.substr(position, found - position) + to;
    runtime.check_string(out.size());
    position = found + from.size();
    if (!from.empty()) continue;
    // Between all characters, and after the last.
    if (position >= text.size()) return runtime.string(std::move(out));
    const std::size_t length = code_point_length(text, position);
    out += text.substr(position, length);
    position += length;
  }
  return runtime.string(out + text.substr(position));
}

/// A text, or a tuple of which one fits.
Ref fits(Runtime& runtime, Arguments& arguments, const std::function<bool(const std::string&)>& matches) {
  arguments.expect(1, 1);
  arguments.no_keywords();
  const auto* tuple = arguments.at(0)->get<Tuple>();
  if (tuple == nullptr) return runtime.boolean(matches(string_argument(arguments, 0)));
  return runtime.boolean(std::any_of(tuple->items.begin(), tuple->items.end(),
                                     [&](const Slot& item) { return matches(need_string(item.value, "an element of the tuple")); }));
}

Ref startswith(Runtime& runtime, Ref self, Arguments& arguments) {
  return fits(runtime, arguments, [&](const std::string& prefix) { return text_of(self).starts_with(prefix); });
}

Ref endswith(Runtime& runtime, Ref self, Arguments& arguments) {
  return fits(runtime, arguments, [&](const std::string& suffix) { return text_of(self).ends_with(suffix); });
}

Ref removeprefix(Runtime& runtime, Ref self, Arguments& arguments) {
  arguments.expect(1, 1);
  arguments.no_keywords();
  const std::string& prefix = string_argument(arguments, 0);
  return text_of(self).starts_with(prefix) ? runtime.string(text_of(self).substr(prefix.size())) : self;
}

Ref removesuffix(Runtime& runtime, Ref self, Arguments& arguments) {
  arguments.expect(1, 1);
  arguments.no_keywords();
  const std::string& suffix = string_argument(arguments, 0);
  const std::string& text = text_of(self);
  return text.ends_with(suffix) ? runtime.string(text.substr(0, text.size() - suffix.size())) : self;
}

std::int64_t position_of(Ref self, Arguments& arguments, bool from_right) {
  arguments.expect(1, 1);
  arguments.no_keywords();
  const std::string& text = text_of(self);
  const std::size_t found = from_right ? text.rfind(string_argument(arguments, 0)) : text.find(string_argument(arguments, 0));
  return found == std::string::npos ? -1 : static_cast<std::int64_t>(code_points(std::string_view(text).substr(0, found)));
}

Ref find(Runtime& runtime, Ref self, Arguments& arguments) { return runtime.integer(position_of(self, arguments, false)); }
Ref rfind(Runtime& runtime, Ref self, Arguments& arguments) { return runtime.integer(position_of(self, arguments, true)); }

Ref index(Runtime& runtime, Ref self, Arguments& arguments) {
  const std::int64_t found = position_of(self, arguments, false);
  if (found < 0) raise(ExceptionType::ValueError, "'" + string_argument(arguments, 0) + "' is not in '" + text_of(self) + "'");
  return runtime.integer(found);
}

Ref count(Runtime& runtime, Ref self, Arguments& arguments) {
  arguments.expect(1, 1);
  arguments.no_keywords();
  const std::string& text = text_of(self);
  const std::string& part = string_argument(arguments, 0);
  if (part.empty()) return runtime.integer(static_cast<std::int64_t>(code_points(text)) + 1);
  std::int64_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++found;
  return runtime.integer(found);
}

Ref justified(Runtime& runtime, Ref self, Arguments& arguments, char align) {
  arguments.expect(1, 2);
  arguments.no_keywords();
  const std::int64_t width = need_integer(arguments.at(0), "a width");
  const std::string fill = arguments.positional.size() > 1 ? string_argument(arguments, 1) : " ";
  if (code_points(fill) != 1) raise(ExceptionType::TypeError, "the fill is one character");
  const auto size = static_cast<std::int64_t>(code_points(text_of(self)));
  if (width <= size) return self;
  const auto missing = static_cast<std::size_t>(width - size);
  runtime.check_string(missing);
  // Python puts the odd one left where the width is odd too.
  const std::size_t left = align == '<' ? 0 : align == '>' ? missing : missing / 2 + (missing & static_cast<std::size_t>(width) & 1U);
  std::string out;
  for (std::size_t i = 0; i < left; ++i) out += fill;
  out += text_of(self);
  for (std::size_t i = left; i < missing; ++i) out += fill;
  return runtime.string(std::move(out));
}
Ref ljust(Runtime& runtime, Ref self, Arguments& arguments) { return justified(runtime, self, arguments, '<'); }
Ref rjust(Runtime& runtime, Ref self, Arguments& arguments) { return justified(runtime, self, arguments, '>'); }
Ref center(Runtime& runtime, Ref self, Arguments& arguments) { return justified(runtime, self, arguments, '^'); }

Ref zfill(Runtime& runtime, Ref self, Arguments& arguments) {
  arguments.expect(1, 1);
  arguments.no_keywords();
  const std::string& text = text_of(self);
  const std::int64_t missing = need_integer(arguments.at(0), "a width") - static_cast<std::int64_t>(code_points(text));
  if (missing <= 0) return self;
  runtime.check_string(static_cast<std::size_t>(missing));
  const std::size_t sign = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
  return runtime.string(text.substr(0, sign) + std::string(static_cast<std::size_t>(missing), '0') + text.substr(sign));
}

Ref every(Runtime& runtime, Ref self, Arguments& arguments, bool (*test)(char)) {
  arguments.expect(0, 0);
  const std::string& text = text_of(self);
  return runtime.boolean(!text.empty() && std::all_of(text.begin(), text.end(), test));
}
Ref isdigit(Runtime& runtime, Ref self, Arguments& arguments) { return every(runtime, self, arguments, is_digit); }
Ref isalpha(Runtime& runtime, Ref self, Arguments& arguments) { return every(runtime, self, arguments, is_letter); }
Ref isspace(Runtime& runtime, Ref self, Arguments& arguments) { return every(runtime, self, arguments, is_space); }
Ref isalnum(Runtime& runtime, Ref self, Arguments& arguments) {
  return every(runtime, self, arguments, [](char c) { return is_letter(c) || is_digit(c); });
}

Ref isidentifier(Runtime& runtime, Ref self, Arguments& arguments) {
  arguments.expect(0, 0);
  const std::string& text = text_of(self);
  const auto allowed = [](char c) { return is_letter(c) || is_digit(c) || c == '_'; };
  return runtime.boolean(!text.empty() && !is_digit(text[0]) && std::all_of(text.begin(), text.end(), allowed));
}

Ref islower(Runtime& runtime, Ref self, Arguments& arguments) {
  arguments.expect(0, 0);
  return runtime.boolean(lower(text_of(self)) == text_of(self) && upper(text_of(self)) != text_of(self));
}

Ref isupper(Runtime& runtime, Ref self, Arguments& arguments) {
  arguments.expect(0, 0);
  return runtime.boolean(upper(text_of(self)) == text_of(self) && lower(text_of(self)) != text_of(self));
}

Ref format(Runtime& runtime, Ref self, Arguments& arguments) { return runtime.string(format_braces(runtime, text_of(self), arguments)); }

constexpr Method kMethods[] = {
    {"capitalize", capitalize},
    {"center", center},
    {"count", count},
    {"endswith", endswith},
    {"find", find},
    {"format", format},
    {"index", index},
    {"isalnum", isalnum},
    {"isalpha", isalpha},
    {"isdigit", isdigit},
    {"isidentifier", isidentifier},
    {"islower", islower},
    {"isspace", isspace},
    {"isupper", isupper},
    {"join", join_texts},
    {"ljust", ljust},
    {"lower", lower_text},
    {"lstrip", strip_left},
    {"partition", partition},
    {"removeprefix", removeprefix},
    {"removesuffix", removesuffix},
    {"replace", replace},
    {"rfind", rfind},
    {"rjust", rjust},
    {"rpartition", rpartition},
    {"rsplit", rsplit},
    {"rstrip", strip_right},
    {"split", split},
    {"splitlines", splitlines},
    {"startswith", startswith},
    {"strip", strip_both},
    {"swapcase", swapcase},
    {"title", title},
    {"upper", upper_text},
    {"zfill", zfill},
};

}  // namespace

std::span<const Method> string_methods() { return kMethods; }

}  // namespace detforge::python
