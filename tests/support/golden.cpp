#include "tests/support/golden.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdlib>
#include <functional>
#include <map>
#include <sstream>
#include <stdexcept>

#include "tests/support/golden_run.h"
#include "tests/support/paths.h"

namespace detforge::golden {
namespace {

std::vector<std::function<void()>>& makers() {
  static std::vector<std::function<void()>> all;
  return all;
}

std::map<std::string, int>& skips() {
  static std::map<std::string, int> counts;
  return counts;
}

std::filesystem::path folder(const char* variable, const std::filesystem::path& fallback) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0' ? std::filesystem::path(value) : fallback;
}

class Case : public testing::Test {
 public:
  explicit Case(std::function<void()> body) : body_(std::move(body)) {}
  void TestBody() override { body_(); }

 private:
  std::function<void()> body_;
};

}  // namespace

std::filesystem::path golden_default_dir() { return source_dir() / "../shared/golden"; }
std::filesystem::path golden_dir() { return folder("DETFORGE_GOLDEN", golden_default_dir()); }
std::filesystem::path data_dir() { return folder("DETFORGE_DATA", source_dir() / "../shared/data"); }

std::optional<std::filesystem::path> zoo_dir() {
  const auto path = folder("DETFORGE_ZOO", "");
  return path.empty() ? std::nullopt : std::optional(path);
}

std::string read_text(const std::filesystem::path& path) {
  // gzread hands plain files through unchanged.
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) throw std::runtime_error("cannot read " + path.string());
  std::string text;
  char buffer[1 << 16];
  int size = 0;
  while ((size = gzread(file, buffer, sizeof buffer)) > 0) text.append(buffer, static_cast<std::size_t>(size));
  gzclose(file);
  if (size < 0) throw std::runtime_error("cannot unpack " + path.string());
  return text;
}

Json read_json(const std::filesystem::path& path) { return Json::parse(read_text(path)); }

std::vector<Json> read_json_lines(const std::filesystem::path& path) {
  std::vector<Json> records;
  if (!std::filesystem::exists(path)) return records;
  std::istringstream lines(read_text(path));
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) records.push_back(Json::parse(line));
  }
  return records;
}

Value decode_value(const Json& json) {
  const auto elements = [](const Json& array) {
    Value::Elements all;
    for (const Json& element : array) all.push_back(decode_value(element));
    return all;
  };
  switch (json.type()) {
    case Json::value_t::null: return nullptr;
    case Json::value_t::boolean: return json.get<bool>();
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned: return json.get<std::int64_t>();
    case Json::value_t::number_float: return json.get<double>();
    case Json::value_t::string: return json.get<std::string>();
    case Json::value_t::array: return Value::list(elements(json));
    default: break;
  }
  if (json.size() == 1) {
    const std::string key = json.begin().key();
    const Json& content = json.begin().value();
    if (key == "__tuple__") return Value::tuple(elements(content));
    if (key == "__set__") return Value::set(elements(content));
    if (key == "__float__") return std::stod(content.get<std::string>());
    if (key == "__bytes__") {
      std::string data;
      for (const Json& byte : content) data += static_cast<char>(byte.get<int>());
      return Value::bytes(data);
    }
    if (key == "__items__") {
      Dict dict;
      for (const Json& item : content) dict.set(decode_value(item[0]), decode_value(item[1]));
      return dict;
    }
  }
  Dict dict;
  for (const auto& [key, item] : json.items()) dict.set(key, decode_value(item));
  return dict;
}

void add_case(const std::string& suite, const std::string& name, std::function<void()> body) {
  static std::map<std::string, int> used;
  std::string clean = name;
  for (char& c : clean) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  const int count = ++used[suite + "." + clean];
  if (count > 1) clean += "_" + std::to_string(count);
  testing::RegisterTest(suite.c_str(), clean.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                        [body = std::move(body)]() -> testing::Test* { return new Case(body); });
}

SuiteMaker::SuiteMaker(std::function<void()> make) { makers().push_back(std::move(make)); }

void skip_unregistered(const std::string& component) {
  ++skips()[component];
  GTEST_SKIP() << component << " is not registered";
}

void make_cases() {
  for (const auto& make : makers()) make();
}

std::string skipped_summary() {
  std::ostringstream out;
  for (const auto& [component, count] : skips()) out << "  not registered: " << component << " (" << count << " cases)\n";
  return out.str();
}

}  // namespace detforge::golden
