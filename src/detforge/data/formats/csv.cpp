#include "detforge/data/formats/csv.h"

#include <algorithm>
#include <string_view>

#include "detforge/base/mapped_file.h"
#include "detforge/base/text_encoding.h"

namespace detforge {

namespace {

void split_csv_line(std::string_view line, std::vector<std::string>& fields) {
  fields.assign(1, {});
  bool is_quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') {
      const bool is_doubled = is_quoted && i + 1 < line.size() && line[i + 1] == '"';
      if (is_doubled) fields.back() += line[i++];
      else is_quoted = !is_quoted;
    } else if (line[i] == ',' && !is_quoted) {
      fields.emplace_back();
    } else {
      fields.back() += line[i];
    }
  }
}

}  // namespace

void read_csv(const std::filesystem::path& file, const std::function<void(std::size_t, const std::vector<std::string>&)>& take) {
  const MappedFile mapped(file);
  std::string_view text(reinterpret_cast<const char*>(mapped.bytes().data()), mapped.bytes().size());
  if (const auto encoding = wide_encoding(text)) refuse_encoding(*encoding, file.string());
  text = without_byte_order_mark(text);
  std::vector<std::string> fields;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    split_csv_line(line, fields);
    take(number, fields);
  }
}

}  // namespace detforge
