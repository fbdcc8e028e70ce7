#include "detforge/apps/check_job.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <set>

#include "detforge/apps/dataset_checks.h"
#include "detforge/apps/weights.h"
#include "detforge/data/datasets/annotated_dataset.h"
#include "detforge/data/datasets/dataset_config.h"
#include "detforge/eval/dataset_evaluation.h"
#include "detforge/nn/load_state_dict.h"

namespace detforge {
namespace {

namespace fs = std::filesystem;

/// Looks at one thing after the other and collects what is wrong.
class Check {
 public:
  Check(const Config& config, Reference reference, std::string checkpoint)
      : config_(config), reference_(reference), checkpoint_(std::move(checkpoint)) {}

  CheckReport run() {
    attempt([&] { model_ = build_model(config_, reference_); });
    for (const char* split : {"train", "val", "test"}) check_dataset(split);
    check_classes();
    check_files();
    if (!checkpoint_.empty()) attempt([&] { check_checkpoint(); });
    return {std::move(findings_), std::move(notes_)};
  }

 private:
  template <class Work>
  void attempt(Work&& work) {
    try {
      work();
    } catch (const Error& error) {
      findings_.insert(findings_.end(), error.diagnostics().begin(), error.diagnostics().end());
    }
  }

  void find(Error error) { findings_.insert(findings_.end(), error.diagnostics().begin(), error.diagnostics().end()); }

  const Value* at(std::initializer_list<const char*> path) const {
    const Value* value = &config_.root();
    for (const char* key : path) value = value == nullptr ? nullptr : value->find(key);
    return value == nullptr || value->is_none() ? nullptr : value;
  }

  void check_dataset(const char* split) {
    const Value* value = at({"data", split});
    if (value == nullptr) return;
    const std::string path = std::string("data.") + split;
    const std::vector<Diagnostic> missing = missing_dataset_paths(*value, path);
    findings_.insert(findings_.end(), missing.begin(), missing.end());
    const bool trains = std::string(split) == "train";
    attempt([&] {
      try {
        Value config = *value;
        static_cast<void>(take_samples_per_gpu(config));
        datasets_.emplace_back(path, build_dataset(config, {reference_, path}, trains ? Value() : Value::dict({{"test_mode", true}})));
      } catch (Error& error) {
        // Files that can not be read are those that were found missing.
        if (!missing.empty() && !error.diagnostics().front().range) return;
        const auto& notes = error.diagnostics().front().notes;
        throw std::find(notes.begin(), notes.end(), path) == notes.end() ? std::move(error.note(path)) : std::move(error);
      }
    });
    if (datasets_.empty() || datasets_.back().first != path) return;
    const Dataset& dataset = *datasets_.back().second;
    check_records(dataset, path, *value);
    const auto find_here = [&](std::optional<Error> error) {
      if (error) find(std::move(error->at(value->location()).note(path)));
    };
    find_here(find_duplicate_classes(dataset));
    find_here(find_missing_categories(dataset));
    if (dataset.size() == 0) {
      find(Error("the dataset has no images that can be used").at(value->location()).note(path));
    } else if (missing.empty()) {
      const std::vector<std::size_t> present = present_images(dataset, path, *value);
      find_here(find_wrong_sizes(dataset, present));
      attempt([&] { check_samples(dataset, present, path); });
    }
  }

  /// Wrong records are findings, odd ones are told.
  void check_records(const Dataset& dataset, const std::string& path, const Value& place) {
    const AnnotationFindings& records = dataset.findings();
    if (records.skipped() > 0) {
      find(Error("of the annotations " + without_last_newline(records.text()))
               .at(place.location())
               .note(path)
               .help("mend them: train and test go on without them"));
    } else if (!records.empty()) {
      notes_.push_back("note: " + path + "\n" + records.text());
    }
  }

  /// The indices whose images are there; the others are a finding.
  std::vector<std::size_t> present_images(const Dataset& dataset, const std::string& path, const Value& place) {
    std::vector<std::size_t> present;
    std::set<std::string> missing;
    for (std::size_t i = 0; i < dataset.size(); ++i) {
      const DatasetPlace image = place_of(dataset, i);
      const fs::path file = fs::path(image.dataset->img_prefix()) / image.dataset->image(image.index).filename;
      if (fs::exists(file)) {
        present.push_back(i);
      } else {
        missing.insert(file.string());
      }
    }
    if (missing.empty()) return present;
    Error error(fmt::format("{} image{} not there{}", missing.size(), missing.size() == 1 ? " is" : "s are",
                            missing.size() > AnnotationFindings::listed ? fmt::format(", the first {}", AnnotationFindings::listed) : ""));
    std::size_t listed = 0;
    for (const std::string& file : missing) {
      if (listed++ < AnnotationFindings::listed) error.note(file);
    }
    find(std::move(error.at(place.location()).note(path).help("'img_prefix' is the folder before the names of the annotations")));
    return present;
  }

  /// The first, the middle and the last one, as far as they differ.
  static void check_samples(const Dataset& dataset, const std::vector<std::size_t>& present, const std::string& path) {
    if (present.empty()) return;
    for (const std::size_t index : std::set<std::size_t>{present.front(), present[present.size() / 2], present.back()}) {
      NumpyRandom random(0);
      try {
        static_cast<void>(dataset.get(index, random));
      } catch (Error& error) {
        throw std::move(error.note(fmt::format("sample {} of {}", index, path)));
      }
    }
  }

  void check_classes() {
    if (datasets_.empty()) return;
    const auto& [first, dataset] = datasets_.front();
    for (const auto& [path, other] : datasets_) {
      if (other->classes() != dataset->classes()) {
        find(Error(fmt::format("{} and {} have different classes", first, path))
                 .at(at({"data"})->location())
                 .help("give both the same 'classes'"));
      }
    }
    if (dataset->classes().empty()) return;
    const auto classes = static_cast<std::int64_t>(dataset->classes().size());
    Value model = config_["model"];
    each_num_classes(model, "model", [&](Value& value, const std::string& place) {
      if (value.as_int() == classes) return;
      find(Error(fmt::format("the head has {} classes, the dataset {}", value.as_int(), classes))
               .at(value.location())
               .note(place)
               .help(fmt::format("set {}={}, or the dataset's 'classes'", place, classes)));
    });
  }

  /// Visits each head's `num_classes`, but for those that segment pixels, with its path.
  static void each_num_classes(Value& config, const std::string& path, const std::function<void(Value&, const std::string&)>& visit) {
    static const std::set<std::string> others = {"semantic_head", "panoptic_head", "panoptic_fusion_head",
                                                 "backbone",      "neck",          "teacher_config"};
    for (std::size_t i = 0; config.is_sequence() && i < config.size(); ++i) {
      each_num_classes(config.elements()[i], fmt::format("{}.{}", path, i), visit);
    }
    if (!config.is_dict()) return;
    std::vector<std::string> keys;
    for (const auto& [key, value] : config.as_dict()) {
      if (key.is_string() && !others.contains(key.as_string())) keys.push_back(key.as_string());
    }
    for (const std::string& key : keys) {
      Value& value = *config.find(key);
      if (key != "num_classes") {
        each_num_classes(value, path + "." + key, visit);
      } else if (value.is_int()) {
        visit(value, path + "." + key);
      }
    }
  }

  void check_files() {
    for (const char* key : {"load_from", "resume_from"}) {
      const Value* value = at({key});
      if (value == nullptr || !value->is_string() || value->as_string().find("://") != std::string::npos) continue;
      if (!fs::exists(value->as_string())) {
        find(Error("there is no file '" + value->as_string() + "'")
                 .at(value->location())
                 .note(key)
                 .help(std::string("--cfg-options ") + key + "=None begins without it"));
      }
    }
  }

  void check_checkpoint() {
    const Checkpoint checkpoint = Checkpoint::read(checkpoint_);
    const std::vector<std::string> classes = checkpoint.classes();
    if (!datasets_.empty() && !classes.empty() && classes != datasets_.back().second->classes()) {
      const std::size_t wanted = datasets_.back().second->classes().size();
      find(Error(classes.size() == wanted
                     ? std::string("the checkpoint's classes have other names, or another order, than the dataset's")
                     : fmt::format("the checkpoint was trained for {} classes, the dataset has {}", classes.size(), wanted))
               .at(checkpoint_)
               .help("the dataset's 'classes' says which"));
    }
    if (model_ == nullptr) return;
    const nn::LoadReport report = nn::load_state_dict(*model_, checkpoint, false);
    if (report.empty() || check_classes_of(checkpoint, report)) return;
    find(Error("the checkpoint does not fit the model in everything\n" + without_last_newline(report.text()))
             .at(checkpoint_)
             .help("detforge checkpoint show lists what is inside, detforge build prints the model"));
  }

  /// Whether all that does not fit is the number of classes: then the model with the checkpoint's number takes every tensor.
  bool check_classes_of(const Checkpoint& checkpoint, const nn::LoadReport& report) {
    std::vector<std::pair<SourceRange, std::pair<std::string, std::int64_t>>> heads;
    Config config = config_;
    each_num_classes(config["model"], "model", [&](Value& value, const std::string& place) {
      heads.push_back({value.location(), {place, value.as_int()}});
    });
    if (heads.empty() || !report.missing.empty() || !report.unexpected.empty()) return false;
    for (const std::int64_t classes : possible_classes(report)) {
      each_num_classes(config["model"], "model", [&](Value& value, const std::string&) { value = classes; });
      if (!nn::load_state_dict(*build_model(config, reference_), checkpoint, false).empty()) continue;
      for (const auto& [location, head] : heads) {
        if (head.second == classes) continue;
        find(Error(fmt::format("the head has {} classes, the checkpoint's {}", head.second, classes))
                 .at(location)
                 .note(head.first)
                 .note(checkpoint_)
                 .help(fmt::format("set {}={} to detect with it; training begins its last layers anew", head.first, classes)));
      }
      return true;
    }
    return false;
  }

  /// Numbers of classes that could give every layer its outputs: so many, or one or five more, for each of up to nine anchors.
  static std::set<std::int64_t> possible_classes(const nn::LoadReport& report) {
    std::set<std::int64_t> possible;
    for (const nn::LoadReport::Mismatch& layer : report.mismatched) {
      std::set<std::int64_t> here;
      for (std::int64_t anchors = 1; anchors <= 9 && !layer.in_checkpoint.empty(); ++anchors) {
        if (layer.in_checkpoint[0] % anchors != 0) continue;
        for (const std::int64_t more : {0, 1, 5}) {
          const std::int64_t classes = layer.in_checkpoint[0] / anchors - more;
          if (classes > 0 && (&layer == &report.mismatched.front() || possible.contains(classes))) here.insert(classes);
        }
      }
      possible = here;
    }
    return possible;
  }

  static std::string without_last_newline(std::string text) {
    if (text.ends_with('\n')) text.pop_back();
    return text;
  }

  const Config& config_;
  Reference reference_;
  std::string checkpoint_;
  std::vector<Diagnostic> findings_;
  std::vector<std::string> notes_;
  std::shared_ptr<Detector> model_;
  std::vector<std::pair<std::string, std::shared_ptr<Dataset>>> datasets_;
};

}  // namespace

CheckReport check_job(const Config& config, Reference reference, const std::string& checkpoint) {
  return Check(config, reference, checkpoint).run();
}

}  // namespace detforge
