#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <sstream>

#include "detforge/config/limits.h"
#include "detforge/config/python/literals.h"
#include "detforge/config/read.h"

namespace detforge {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// YAML 1.1's plain scalars, by PyYAML's patterns.
class PlainScalar {
 public:
  PlainScalar(const std::string& text, const SourceRange& range) : text_(text), range_(range) {}

  Value resolve() const {
    if (text_.empty() || is_any({"~", "null", "Null", "NULL"})) return nullptr;
    if (is_any({"yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"})) return true;
    if (is_any({"no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"})) return false;
    if (auto number = integer()) return std::move(*number);
    if (auto number = floating()) return std::move(*number);
    if (is_date()) throw Error("'" + text_ + "' is a date in YAML, which a config cannot hold").at(range_).help("put it in quotes");
    return text_;
  }

 private:
  bool is_any(std::initializer_list<std::string_view> words) const { return std::find(words.begin(), words.end(), text_) != words.end(); }

  std::string without_underscores(std::string_view text) const {
    std::string out;
    std::copy_if(text.begin(), text.end(), std::back_inserter(out), [](char c) { return c != '_'; });
    return out;
  }

  std::string_view without_sign() const {
    std::string_view text = text_;
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    return text;
  }

  std::optional<Value> integer() const {
    std::string_view digits = without_sign();
    if (digits.find(':') != std::string_view::npos) return sexagesimal();
    int base = 10;
    if (digits.starts_with("0b")) base = 2;
    else if (digits.starts_with("0x")) base = 16;
    else if (digits.starts_with('0') && digits.size() > 1) base = 8;
    if (base == 2 || base == 16) digits.remove_prefix(2);
    if (digits.empty() || (base == 10 && !is_digit(digits[0]))) return std::nullopt;
    const std::string text = (text_.starts_with('-') ? "-" : "") + without_underscores(digits);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error == std::errc::result_out_of_range && end == text.data() + text.size())
      throw Error("'" + text_ + "' does not fit 64 bits").at(range_);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
  }

  /// `1:30` is 90 in YAML 1.1.
  std::optional<Value> sexagesimal() const {
    const std::string_view digits = without_sign();
    std::int64_t total = 0;
    std::size_t begin = 0;
    for (std::size_t part = 0; begin <= digits.size(); ++part) {
      const std::size_t end = std::min(digits.find(':', begin), digits.size());
      const std::string piece = without_underscores(digits.substr(begin, end - begin));
      std::int64_t value = 0;
      const auto [stop, error] = std::from_chars(piece.data(), piece.data() + piece.size(), value);
      const bool fits = part == 0 ? piece.size() <= 9 && !piece.starts_with('0') : value < 60 && piece.size() <= 2;
      if (error != std::errc() || stop != piece.data() + piece.size() || !is_digit(piece[0]) || !fits || part > 3) return std::nullopt;
      total = total * 60 + value;
      begin = end + 1;
    }
    return text_.starts_with('-') ? -total : total;
  }

  /// A point is needed, and a sign in an exponent: `1e3` is a str.
  std::optional<Value> floating() const {
    const std::string_view text = without_sign();
    const bool negative = text_.starts_with('-');
    if (text == ".inf" || text == ".Inf" || text == ".INF") {
      return negative ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
    }
    if (is_any({".nan", ".NaN", ".NAN"})) return std::numeric_limits<double>::quiet_NaN();
    const std::size_t point = text.find('.');
    if (point == std::string_view::npos || text.find(':') != std::string_view::npos) return std::nullopt;
    const auto digits = [&](std::size_t i) {
      while (i < text.size() && (is_digit(text[i]) || text[i] == '_')) ++i;
      return i;
    };
    if (digits(0) != point || (point > 0 && !is_digit(text[0]))) return std::nullopt;
    std::size_t end = digits(point + 1);
    if (point == 0 && (end == 1 || !is_digit(text[1]) || text.size() != text_.size())) return std::nullopt;
    if (end < text.size()) {
      if ((text[end] != 'e' && text[end] != 'E') || end + 2 >= text.size() || (text[end + 1] != '+' && text[end + 1] != '-'))
        return std::nullopt;
      for (std::size_t i = end + 2; i < text.size(); ++i) {
        if (!is_digit(text[i])) return std::nullopt;
      }
    }
    const double value = python::decimal_float(without_underscores(text));
    return negative ? -value : value;
  }

  /// `2020-01-01`, with or without a time.
  bool is_date() const {
    const std::string_view text = text_;
    std::size_t i = 0;
    const auto digits = [&](std::size_t least, std::size_t most) {
      std::size_t count = 0;
      while (i < text.size() && is_digit(text[i]) && count < most) ++i, ++count;
      return count >= least;
    };
    const auto accept = [&](char c) { return i < text.size() && text[i] == c && ++i > 0; };
    if (!digits(4, 4) || !accept('-')) return false;
    const std::size_t month = i;
    if (!digits(1, 2) || !accept('-') || !digits(1, 2)) return false;
    if (i == text.size()) return i - month == 5;
    if (text[i] != 'T' && text[i] != 't' && text[i] != ' ') return false;
    ++i;
    return digits(1, 2) && accept(':') && digits(2, 2) && accept(':') && digits(2, 2);
  }

  const std::string& text_;
  const SourceRange& range_;
};

/// Remembers where the last document begins.
class DocumentStart : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override { mark_ = mark; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}

  const YAML::Mark& mark() const { return mark_; }

 private:
  YAML::Mark mark_;
};

class YamlReader {
 public:
  explicit YamlReader(const std::shared_ptr<const Source>& source) : source_(source) {}

  Value read() {
    try {
      // Counted by hand: YAML::LoadAll never ends on a text of which a document takes nothing, such as ",".
      std::istringstream stream(source_->text);
      YAML::Parser parser(stream);
      DocumentStart start;
      if (!parser.HandleNextDocument(start)) return {};
      if (parser.HandleNextDocument(start)) throw Error("a config is one YAML document").at(place(start.mark()));
      return convert(YAML::Load(source_->text));
    } catch (const YAML::Exception& error) {
      throw Error("the file is no YAML: " + error.msg).at(place(error.mark)).at(source_->name);
    }
  }

 private:
  SourceRange place(const YAML::Mark& mark) const {
    if (mark.is_null()) return {};
    return {source_, static_cast<std::uint32_t>(mark.line) + 1, static_cast<std::uint32_t>(mark.column) + 1, 1};
  }

  SourceRange place(const YAML::Node& node) const {
    SourceRange range = place(node.Mark());
    if (node.IsScalar() && node.Scalar().find('\n') == std::string::npos) {
      range.length = std::max<std::uint32_t>(static_cast<std::uint32_t>(node.Scalar().size()), 1);
    }
    return range;
  }

  Value convert(const YAML::Node& node) {
    const SourceRange range = place(node);
    // An alias stands for a copy: a file of a few lines can ask for a great many.
    if (++count_ > limits::kValues) throw Error("the config holds more values than is allowed").at(range);
    if (++depth_ > limits::kValueNesting) throw Error("values are nested too deeply").at(range);
    Value value = converted(node, range);
    value.set_location(range);
    --depth_;
    return value;
  }

  Value converted(const YAML::Node& node, const SourceRange& range) {
    const std::string& tag = node.Tag();
    switch (node.Type()) {
      case YAML::NodeType::Sequence: return sequence(node, tag, range);
      case YAML::NodeType::Map: return mapping(node, tag, range);
      case YAML::NodeType::Scalar: return scalar(node, tag, range);
      default: return nullptr;
    }
  }

  [[noreturn]] static void unknown_tag(const std::string& tag, const SourceRange& range) {
    throw Error("the YAML tag '" + tag + "' makes an object, and a config holds data only").at(range);
  }

  static std::string_view core_tag(const std::string& tag) {
    constexpr std::string_view kPrefix = "tag:yaml.org,2002:";
    return std::string_view(tag).starts_with(kPrefix) ? std::string_view(tag).substr(kPrefix.size()) : std::string_view(tag);
  }

  Value scalar(const YAML::Node& node, const std::string& tag, const SourceRange& range) {
    const std::string& text = node.Scalar();
    // yaml-cpp gives "!" to what stands in quotes, "?" to plain scalars.
    if (tag == "!" || core_tag(tag) == "str" || core_tag(tag) == "python/str") return text;
    Value value = PlainScalar(text, range).resolve();
    if (tag == "?" || tag.empty()) return value;
    if (core_tag(tag) == value.type_name()) return value;
    if (core_tag(tag) == "float" && value.is_int()) return value.as_double();
    unknown_tag(tag, range);
  }

  Value sequence(const YAML::Node& node, const std::string& tag, const SourceRange& range) {
    Value::Elements elements;
    for (const YAML::Node& element : node) elements.push_back(convert(element));
    if (tag == "?" || tag.empty() || tag == "!" || core_tag(tag) == "seq" || core_tag(tag) == "python/list")
      return Value::list(std::move(elements));
    if (core_tag(tag) == "python/tuple") return Value::tuple(std::move(elements));
    unknown_tag(tag, range);
  }

  Value mapping(const YAML::Node& node, const std::string& tag, const SourceRange& range) {
    if (tag != "?" && !tag.empty() && tag != "!" && core_tag(tag) != "map" && core_tag(tag) != "python/dict") unknown_tag(tag, range);
    Dict dict;
    // What `<<` brings comes first, and gives way to the mapping's own keys.
    for (const auto& item : node) {
      if (is_merge(item.first)) merge_into(dict, item.second);
    }
    for (const auto& item : node) {
      if (!is_merge(item.first)) dict.set(key(item.first), convert(item.second));
    }
    return dict;
  }

  static bool is_merge(const YAML::Node& key) { return key.IsScalar() && key.Tag() == "?" && key.Scalar() == "<<"; }

  void merge_into(Dict& dict, const YAML::Node& from) {
    const Value source = convert(from);
    const auto add = [&](const Value& one) {
      if (!one.is_dict()) throw Error("'<<' takes a mapping, or a list of mappings").at(place(from));
      for (const auto& [key, value] : one.as_dict()) dict.set(key, value);
    };
    if (source.kind() != Value::Kind::List) return add(source);
    // Of several the first wins.
    for (auto one = source.elements().rbegin(); one != source.elements().rend(); ++one) add(*one);
  }

  Value key(const YAML::Node& node) {
    Value value = convert(node);
    if (value.is_dict() || value.kind() == Value::Kind::List) {
      throw Error("a " + std::string(value.type_name()) + " can be no key").at(place(node));
    }
    return value;
  }

  std::shared_ptr<const Source> source_;
  std::uint32_t depth_ = 0;
  std::size_t count_ = 0;
};

}  // namespace

Value read_yaml(const std::shared_ptr<const Source>& source) { return YamlReader(source).read(); }

}  // namespace detforge
