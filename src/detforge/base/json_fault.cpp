#include "detforge/base/json_fault.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "detforge/base/text_encoding.h"

namespace detforge {
namespace {

/// Keeps nothing of a document but what is wrong with it.
class FaultFinder : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return true; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& error) override {
    position_ = position;
    text_ = error.what();
    return false;
  }

  std::size_t position() const { return position_; }
  const std::string& text() const { return text_; }

 private:
  std::size_t position_ = 0;
  std::string text_;
};

/// nlohmann's text without its number and place, and without what was last read, which may be half of the file.
std::string reason_in(const std::string& text) {
  const std::size_t place = text.find(": ");
  std::string reason = text.substr(place == std::string::npos ? text.find(' ') + 1 : place + 2);
  const std::size_t read = reason.find("; last read: ");
  if (read == std::string::npos) return reason;
  const std::size_t expected = reason.rfind("; expected ");
  return reason.substr(0, read) + (expected == std::string::npos || expected < read ? "" : reason.substr(expected));
}

}  // namespace

std::optional<JsonFault> find_json_fault(std::string_view text) {
  FaultFinder finder;
  if (nlohmann::json::sax_parse(text, &finder)) return std::nullopt;
  // The position counts the bytes that were read, the wrong one among them.
  const std::string_view before = text.substr(0, std::min(text.size(), std::max<std::size_t>(finder.position(), 1) - 1));
  const std::size_t line_start = before.rfind('\n') + 1;
  const std::string_view rest = text.substr(before.size());
  std::string reason = invisible_character(rest);
  if (!reason.empty()) reason += ", stands outside of a text";
  const std::string_view number = rest.substr(rest.starts_with('-') ? 1 : 0);
  const std::string_view word = number.substr(0, number.find_first_of(",]} \t\r\n"));
  for (const std::string_view none : {"NaN", "Infinity", "nan", "inf"}) {
    if (word == none) reason = std::string(none) + " is no number in JSON";
  }
  if (reason.empty()) reason = reason_in(finder.text());
  if (reason.ends_with("ill-formed UTF-8 byte")) reason += "; the file is in another encoding";
  return JsonFault{static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1, before.size() - line_start + 1,
                   std::move(reason)};
}

}  // namespace detforge
