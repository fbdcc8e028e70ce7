#pragma once

#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "detforge/registry/arguments.h"

/// Registries map the names that configs use to components, and build them: `backbones().build(cfg["backbone"])`.
///
/// A component `C` has `C::Options`, `static Arguments<C::Options> arguments()` and a constructor
/// `C(const Options&, const BuildContext&)`; it registers itself in its own file with `DETFORGE_REGISTER`.
/// Registration happens while a library is loaded and has no other effect; afterwards registries are only read.
namespace detforge {

/// Two classes may share a name (MMDetection's and the seed's `CSPDarknet`): the arguments given choose, and where
/// they do not, the standard one is meant.
enum class Precedence { Standard, Alternative };

struct ComponentInfo {
  std::string name;     ///< as configs say it: `FPN`
  std::string python;   ///< where Python has it: `mmdet.models.necks.fpn.FPN`
  std::string meaning;  ///< one line
  Reference since = Reference::V2_8;
  Precedence precedence = Precedence::Standard;
};

/// What does not depend on what a registry builds. Each one appears in `registries()`.
class RegistryBase {
 public:
  struct Entry {
    ComponentInfo info;
    const std::vector<ArgumentInfo>& (*arguments)();
  };

  RegistryBase(const RegistryBase&) = delete;
  RegistryBase& operator=(const RegistryBase&) = delete;

  /// `BACKBONES`
  const std::string& name() const { return name_; }
  /// Sorted by name, the standard class before an alternative of the same name.
  std::vector<const Entry*> entries() const;
  /// All classes of that name; empty when there is none.
  std::vector<const Entry*> find(std::string_view name) const;
  bool contains(std::string_view name) const { return !find(name).empty(); }

 protected:
  explicit RegistryBase(std::string name);
  virtual ~RegistryBase() = default;

  /// The class of that name whose arguments `config` gives. Throws `UnknownComponent` (with the nearest ones) and
  /// `Error` when the arguments mix those of two classes (listing both sets).
  std::size_t choose(std::string_view name, const Value& config, const BuildContext& context) const;
  void add_entry(Entry entry);
  /// The `type` of a component's config; throws `Error` when `config` is no dict or has none.
  const std::string& type_of(const Value& config, const BuildContext& context) const;

  std::vector<Entry> entries_;

 private:
  std::string name_;
};

/// `{'BFP': mmdet.models.necks.bfp.BFP,` one a line, as Python shows a registry's module_dict.
std::ostream& operator<<(std::ostream& out, const RegistryBase& registry);

/// All registries of the libraries that are loaded, sorted by name.
std::vector<const RegistryBase*> registries();

/// A constructor's complaint about one of its arguments; the registry adds the component's name and the place.
class ArgumentError : public Error {
 public:
  ArgumentError(std::string argument, const std::string& wrong) : Error(wrong), argument_(std::move(argument)) {}
  const std::string& argument() const { return argument_; }

 private:
  std::string argument_;
};

/// A `type` that no registered class has.
class UnknownComponent : public Error {
 public:
  UnknownComponent(std::string registry, std::string name, const std::string& message)
      : Error(message), registry_(std::move(registry)), name_(std::move(name)) {}
  const std::string& registry() const { return registry_; }
  const std::string& name() const { return name_; }

 private:
  std::string registry_;
  std::string name_;
};

/// `config` with the keys of `defaults` that it lacks.
Value with_defaults(const Value& config, const Value& defaults);

/// The complaint as an `Error` at the argument's place in `config`.
Error located(const ArgumentError& error, std::string_view component, const Value& config, const BuildContext& context);

template <class Interface>
class Registry : public RegistryBase {
 public:
  using Product = std::shared_ptr<Interface>;

  /// A class got by name; calling it with keyword arguments makes an instance.
  class Class {
   public:
    Class(const Registry& registry, std::string name) : registry_(registry), name_(std::move(name)) {}
    Product operator()(const Value& arguments, const BuildContext& context = {}) const { return registry_.make(name_, arguments, context); }
    const std::string& name() const { return name_; }

   private:
    const Registry& registry_;
    std::string name_;
  };

  explicit Registry(std::string name) : RegistryBase(std::move(name)) {}

  /// Called by `DETFORGE_REGISTER`; the value only makes an initialiser of it.
  template <class C>
  bool add(ComponentInfo info) {
    static const auto table = []() -> const Arguments<typename C::Options>& {
      static const Arguments<typename C::Options> arguments = C::arguments();
      return arguments;
    };
    add_entry({std::move(info), +[]() -> const std::vector<ArgumentInfo>& {
                 static const std::vector<ArgumentInfo> infos = table().infos();
                 return infos;
               }});
    factories_.push_back(+[](const ComponentInfo& chosen, const Value& config, const BuildContext& context) -> Product {
      return std::make_shared<C>(options_of<C>(chosen.name, table(), config, context), context);
    });
    return true;
  }

  /// Throws `UnknownComponent` naming the nearest entries when there is none of that name.
  Class get(std::string_view name) const {
    static_cast<void>(choose(name, Value::dict(), {}));
    return Class(*this, std::string(name));
  }

  /// The component that `config["type"]` names, with `defaults` for the arguments that `config` does not give.
  /// Throws `Error` with the place in the config for everything that is wrong with it.
  Product build(const Value& config, const BuildContext& context = {}, const Value& defaults = {}) const {
    const std::string& type = type_of(config, context);
    return make(type, defaults.is_none() ? config : with_defaults(config, defaults), context);
  }

 private:
  using Factory = Product (*)(const ComponentInfo&, const Value&, const BuildContext&);

  template <class C>
  static typename C::Options options_of(const std::string& name, const Arguments<typename C::Options>& table, const Value& config,
                                        const BuildContext& context) {
    try {
      return options_from(name, table, config, context);
    } catch (Error& error) {
      throw std::move(error).help("detforge registry show " + name + " lists its arguments");
    }
  }

  Product make(std::string_view name, const Value& config, BuildContext context) const {
    const std::size_t chosen = choose(name, config, context);
    const ComponentInfo& info = entries_[chosen].info;
    if (info.since == Reference::V2_27) context.reference = Reference::V2_27;
    try {
      return factories_[chosen](info, config, context);
    } catch (const ArgumentError& error) {
      throw located(error, info.name, config, context);
    }
  }

  std::vector<Factory> factories_;
};

}  // namespace detforge

/// At namespace scope of a component's file: `DETFORGE_REGISTER(necks, FPN, {.name = "FPN", .python = "…", .meaning = "…"});`
#define DETFORGE_REGISTER(registry, Class, ...) \
  [[maybe_unused]] static const bool detforge_registered_##Class = registry().template add<Class>(::detforge::ComponentInfo __VA_ARGS__)
