#include <algorithm>
#include <cmath>

#include "detforge/config/limits.h"
#include "detforge/config/python/format_spec.h"
#include "detforge/config/python/object_text.h"
#include "detforge/config/python/text.h"

namespace detforge::python {
namespace {

/// `%` with a tuple takes its elements in order, with a dict by `%(key)s`, with anything else that one value.
class PercentFormatter {
 public:
  PercentFormatter(Runtime& runtime, std::string_view text, Ref arguments) : runtime_(runtime), text_(text), arguments_(arguments) {}

  std::string run() {
    std::string out;
    while (position_ < text_.size()) {
      const char c = text_[position_++];
      if (c != '%') out += c;
      else if (peek() == '%') ++position_, out += '%';
      else conversion(out);
      runtime_.check_string(out.size());
    }
    const auto* tuple = arguments_->get<Tuple>();
    const bool all_used = tuple != nullptr ? used_ == tuple->items.size() : used_ == 1 || arguments_->get<Dict>() != nullptr;
    if (!all_used) raise(ExceptionType::TypeError, "not all arguments of '%' are used by the text");
    return out;
  }

 private:
  char peek() const { return position_ < text_.size() ? text_[position_] : '\0'; }

  Ref next_argument() {
    const auto* tuple = arguments_->get<Tuple>();
    const std::size_t index = used_++;
    if (tuple == nullptr && index == 0) return arguments_;
    if (tuple == nullptr || index >= tuple->items.size()) raise(ExceptionType::TypeError, "too few arguments for the text of '%'");
    return tuple->items[index].value;
  }

  Ref keyed_argument() {
    const std::size_t end = text_.find(')', position_);
    auto* dict = arguments_->get<Dict>();
    if (end == std::string_view::npos) raise(ExceptionType::ValueError, "'%(' has no ')'");
    if (dict == nullptr) raise(ExceptionType::TypeError, "'%(…)' needs a dict on the right of '%'");
    const std::string key(text_.substr(position_ + 1, end - position_ - 1));
    position_ = end + 1;
    const auto* found = dict->table.find(key);
    if (found == nullptr) raise(ExceptionType::KeyError, "the dict on the right of '%' has no key '" + key + "'");
    return found->value.value;
  }

  std::size_t count() {
    std::int64_t value = 0;
    if (peek() == '*') {
      ++position_;
      value = need_integer(next_argument(), "'*' in a format");
    } else {
      while (peek() >= '0' && peek() <= '9' && value < static_cast<std::int64_t>(limits::kStringBytes))
        value = value * 10 + (text_[position_++] - '0');
    }
    if (value < 0 || value > 10000) raise(ExceptionType::ValueError, "a width or precision of this format is too large");
    return static_cast<std::size_t>(value);
  }

  void conversion(std::string& out) {
    Ref value = peek() == '(' ? keyed_argument() : nullptr;
    FormatSpec spec;
    bool left = false, zero = false;
    for (; std::string_view("-+ #0").find(peek()) != std::string_view::npos && peek() != '\0'; ++position_) {
      const char flag = peek();
      if (flag == '-') left = true;
      else if (flag == '0') zero = true;
      else if (flag == '#') spec.alternate = true;
      else if (spec.sign != '+') spec.sign = flag;
    }
    spec.width = count();
    if (peek() == '.') {
      ++position_;
      spec.precision = static_cast<int>(count());
    }
    const char type = peek();
    if (type == '\0') raise(ExceptionType::ValueError, "the text of '%' ends within a format");
    ++position_;
    if (value == nullptr) value = next_argument();
    spec.align = left ? '<' : '>';
    if (zero && !left && type != 's' && type != 'r') {
      spec.align = '=';
      spec.fill = "0";
    }
    out += converted(value, type, spec);
  }

  std::string converted(Ref value, char type, FormatSpec spec) {
    if (type == 's' || type == 'r' || type == 'a') return format_text(type == 's' ? to_text(runtime_, value) : repr(runtime_, value), spec);
    if (type == 'c' && value->get<std::string>() != nullptr) return format_text(*value->get<std::string>(), spec);
    const bool integral = std::string_view("diuxXoc").find(type) != std::string_view::npos;
    if (!integral && std::string_view("eEfFgG").find(type) == std::string_view::npos) {
      raise(ExceptionType::ValueError, std::string("'%") + type + "' is no format");
    }
    const auto number = as_number(value);
    if (!number) raise(ExceptionType::TypeError, std::string("'%") + type + "' needs a number, not " + a_kind(value));
    spec.type = type;
    if (!integral) return format_float(*number, spec);
    if (type == 'i' || type == 'u') spec.type = 'd';
    const auto integer = as_integer(value);
    if (!integer && (spec.type != 'd' || std::abs(*number) >= 9e18 || std::isnan(*number))) {
      raise(ExceptionType::TypeError, std::string("'%") + type + "' needs an int, not a float");
    }
    const std::int64_t whole = integer ? *integer : static_cast<std::int64_t>(*number);
    if (!spec.precision || spec.type == 'c') {
      spec.precision.reset();
      return format_integer(whole, spec);
    }
    // A precision is the least number of digits.
    FormatSpec digits;
    digits.type = spec.type;
    digits.alternate = spec.alternate;
    digits.sign = spec.sign;
    digits.fill = "0";
    digits.align = '=';
    digits.width = static_cast<std::size_t>(*spec.precision) + (whole < 0 || spec.sign != '-' ? 1U : 0U) +
                   (spec.alternate && spec.type != 'd' ? 2U : 0U);
    spec.precision.reset();
    spec.type = '\0';
    return format_text(format_integer(whole, digits), spec);
  }

  Runtime& runtime_;
  std::string_view text_;
  Ref arguments_;
  std::size_t position_ = 0;
  std::size_t used_ = 0;
};

}  // namespace

std::string format_percent(Runtime& runtime, std::string_view text, Ref arguments) {
  return PercentFormatter(runtime, text, arguments).run();
}

}  // namespace detforge::python
