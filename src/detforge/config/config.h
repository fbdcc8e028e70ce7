#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "detforge/config/value.h"

/// Config files of MMDetection, read without executing them: Python text (by our own bounded evaluator), JSON, YAML,
/// `_base_` inheritance, `--cfg-options`. Flow: lexer → parser → evaluator → bases merged → Config.
namespace detforge {

/// mmcv 1.x and mmengine answer some rules differently. `Auto`: mmengine's answer where it succeeds, else mmcv's.
enum class Dialect { Auto, Mmcv, Mmengine };

struct LoadOptions {
  Dialect dialect = Dialect::Auto;
  /// Where `mmdet::x` bases are looked up first, before `DETFORGE_CONFIG_PATH` and the ancestor folders with `configs/`.
  std::vector<std::filesystem::path> config_path;
};

/// A merged config: a dict with the file it came from. Value semantics; not thread-safe while written.
class Config {
 public:
  Config() = default;
  explicit Config(Value root, std::string filename = {}, std::string text = {});

  /// `.py`, `.json`, `.yaml` or `.yml`. Throws `Error` with file:line:column and the chain of bases.
  static Config from_file(const std::filesystem::path& path, const LoadOptions& options = {});
  /// A config that is no file; `name` stands in its errors, `extension` (`.py`, …) says what it is.
  static Config from_text(std::string_view text, std::string_view extension, std::string_view name = "<text>",
                          const LoadOptions& options = {});

  /// The path as it was given; empty for a config that is no file.
  const std::string& filename() const { return filename_; }
  /// The texts of the file and its bases, each after a line with its path, as mmcv's `Config.text`.
  const std::string& text() const { return text_; }
  /// Deprecation notes met while loading, for the log.
  const std::vector<std::string>& warnings() const { return warnings_; }
  void add_warning(std::string text) { warnings_.push_back(std::move(text)); }

  Value& root() { return root_; }
  const Value& root() const { return root_; }
  Value& operator[](std::string_view key) { return root_[key]; }
  const Value& operator[](std::string_view key) const { return std::as_const(root_)[key]; }
  bool contains(std::string_view key) const { return root_.contains(key); }
  const Value* find(std::string_view key) const { return root_.find(key); }
  Value pop(std::string_view key) { return root_.pop(key); }
  auto begin() const { return root_.as_dict().begin(); }
  auto end() const { return root_.as_dict().end(); }

  /// mmcv's `merge_from_dict`: keys are dotted paths (`model.backbone.depth`, `data.train.0.type`).
  /// Throws `Error` at the option's place; the config is unchanged then.
  void merge_from_dict(const Value& options, bool allow_list_keys = true);

 private:
  Value root_ = Value::dict();
  std::string filename_;
  std::string text_;
  std::vector<std::string> warnings_;
};

/// `Config (path: configs/yolo/yolov5.py): {…}`, as Python's `print(cfg)`.
std::ostream& operator<<(std::ostream& out, const Config& config);

}  // namespace detforge
